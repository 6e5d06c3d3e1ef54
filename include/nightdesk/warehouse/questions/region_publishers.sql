-- Who published about a region in a night, and how much of it is their own.
SELECT
    listed.source_id,
    any_value(listed.source_name) AS name,
    any_value(source.country) AS country,
    count(*) AS n_articles,
    count(DISTINCT listed.text_id) AS n_texts,
    count(*) FILTER (WHERE listed.origin_id = listed.source_id) AS n_own
FROM found(
    $night::DATE, $night::DATE, NULL, NULL, $region, $role, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL
) AS listed
LEFT JOIN source ON source.source_id = listed.source_id
GROUP BY listed.source_id
ORDER BY n_articles DESC, listed.source_id
LIMIT $limit
