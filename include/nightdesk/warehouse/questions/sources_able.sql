-- The sources that were read in these nights and publish in one of some languages there.
-- One that had nothing of its own, as a section whose articles another feed has, is none.
SELECT
    health.source_id,
    any_value(health.name) AS name,
    any_value(health.country) AS country,
    sum(health.n_articles)::BIGINT AS n_articles
FROM source_health AS health
WHERE health.night BETWEEN $first AND $last
    AND health.status = 'ok'
    AND health.source_id IN (
        SELECT source_id
        FROM article_list
        WHERE night BETWEEN $first AND $last AND lang IN (SELECT unnest($langs))
    )
GROUP BY health.source_id
ORDER BY n_articles DESC, health.source_id
