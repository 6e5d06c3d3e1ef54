-- The regions of one scheme and role in a night, the most articles first.
SELECT *, count(*) OVER () AS n_all
FROM articles_by_region
WHERE night = $night AND role = $role AND scheme = $scheme
ORDER BY n_articles DESC, n_texts DESC, region_id
LIMIT $limit OFFSET $offset
