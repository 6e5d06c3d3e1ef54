-- What a region is to the articles of a night.
SELECT region_id, role, n_articles, n_texts, n_sources, share
FROM articles_by_region
WHERE night = $night AND region_id = $region
ORDER BY n_articles DESC, role
