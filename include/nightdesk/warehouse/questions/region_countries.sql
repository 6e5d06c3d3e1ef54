-- From where a region is written about in a night: countries of publishers.
SELECT
    coalesce(source.country, '') AS country,
    coalesce(any_value(region.name), source.country, 'not stated') AS name,
    count(DISTINCT listed.source_id) AS n_publishers,
    count(*) AS n_articles,
    count(DISTINCT listed.text_id) AS n_texts
FROM found(
    $night::DATE, $night::DATE, NULL, NULL, $region, $role, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL
) AS listed
LEFT JOIN source ON source.source_id = listed.source_id
LEFT JOIN region ON region.region_id = 'iso:' || source.country
GROUP BY source.country
ORDER BY n_articles DESC, country
LIMIT $limit
