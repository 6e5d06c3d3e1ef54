-- What was tagged in an article, in reading order, with the names of the entities. Of a
-- text that is held back nothing is shown, no word of it either.
WITH named AS (
    SELECT entity_id, min(name) AS name
    FROM entity
    WHERE night = $night
    GROUP BY entity_id
)

SELECT
    mention.field,
    mention.start_offset,
    mention.end_offset,
    mention.surface,
    mention.type,
    mention.entity_id,
    named.name,
    mention.country,
    mention.place_id,
    mention.via,
    mention.rule,
    mention.score
FROM mention
JOIN article ON article.night = $night AND article.article_id = mention.article_id
LEFT JOIN named ON named.entity_id = mention.entity_id
WHERE mention.night = $night AND mention.article_id = $article
    AND (article.held_back IS NULL OR mention.field = 'title')
ORDER BY mention.field = 'text', mention.start_offset, mention.end_offset DESC
