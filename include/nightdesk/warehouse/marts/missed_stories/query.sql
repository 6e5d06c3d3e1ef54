-- missed_stories: which sources did not cover what most others did.
-- Grain: story x source (of one night). Of the first ten stories of the mart top_stories
-- those that count as big: of 3 independent sources or more, and run by half or more
-- of the sources that write its languages tonight. Named are the rest of those: a source
-- that could not be read, or writes another language, has missed nothing. A copy covers,
-- and so does a report of another night.
WITH big AS (
    SELECT rank, story_id, title, n_sources
    FROM top_stories
    WHERE night = $night::DATE AND rank <= 10 AND n_sources >= 3
),

ran AS (
    SELECT DISTINCT big.story_id, article.source_id, article.lang
    FROM big
    JOIN story_member AS member ON member.story_id = big.story_id
    JOIN article
        ON article.night = member.night AND article.article_id = member.article_id
),

awake AS (
    SELECT source_id, lang, count(*) AS n_articles
    FROM article
    WHERE night = $night::DATE
    GROUP BY source_id, lang
),

able AS (
    SELECT ran.story_id, awake.source_id, sum(awake.n_articles)::BIGINT AS n_articles
    FROM (SELECT DISTINCT story_id, lang FROM ran) AS ran
    JOIN awake ON awake.lang = ran.lang
    GROUP BY ran.story_id, awake.source_id
),

compared AS (
    SELECT
        able.*,
        (able.story_id, able.source_id) IN (SELECT (story_id, source_id) FROM ran)
        AS is_covered,
        count(*) OVER (PARTITION BY able.story_id) AS n_able
    FROM able
),

counted AS (
    SELECT *, count(*) FILTER (WHERE is_covered) OVER (PARTITION BY story_id) AS n_covered
    FROM compared
)

SELECT
    $night::DATE AS night,
    big.rank,
    big.story_id,
    big.title,
    counted.source_id,
    coalesce(source.name, counted.source_id) AS source_name,
    big.n_sources,
    counted.n_covered,
    counted.n_able,
    counted.n_articles
FROM counted
JOIN big ON big.story_id = counted.story_id
LEFT JOIN source ON source.source_id = counted.source_id
WHERE NOT counted.is_covered AND 2 * counted.n_covered >= counted.n_able
ORDER BY big.rank, counted.n_articles DESC, counted.source_id
