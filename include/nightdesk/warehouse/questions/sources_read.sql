-- The sources that were read in these nights and had articles of any kind.
SELECT
    source_id,
    any_value(name) AS name,
    any_value(country) AS country,
    sum(n_articles)::BIGINT AS n_articles
FROM source_health
WHERE night BETWEEN $first AND $last AND status = 'ok'
GROUP BY source_id
ORDER BY n_articles DESC, source_id
