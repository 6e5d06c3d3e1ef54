-- entities_by_day: who and what was in the news of the night.
-- Grain: entity (of one night). Ranked by who wrote, then by texts: copies do not lift.
WITH named AS (
    SELECT entity_id, min(name) AS name, min(type) AS type
    FROM entity
    WHERE night = $night::DATE
    GROUP BY entity_id
)

SELECT
    $night::DATE AS night,
    found.entity_id,
    coalesce(any_value(named.name), found.entity_id) AS name,
    coalesce(any_value(named.type), min(found.type)) AS type,
    count(DISTINCT found.article_id) AS n_articles,
    count(DISTINCT carried.text_id) AS n_texts,
    count(DISTINCT carried.origin_id) AS n_sources,
    sum(found.n_mentions)::BIGINT AS n_mentions,
    count(DISTINCT found.article_id) FILTER (WHERE found.is_in_title) AS n_in_title
FROM article_entity AS found
JOIN carried ON carried.night = found.night AND carried.article_id = found.article_id
LEFT JOIN named ON named.entity_id = found.entity_id
WHERE found.night = $night::DATE
GROUP BY found.entity_id
ORDER BY n_sources DESC, n_texts DESC, n_articles DESC, n_mentions DESC, found.entity_id
