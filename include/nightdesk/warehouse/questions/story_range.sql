-- Which nights a story reaches, asked by its id and the night of its first article.
-- A text with copies that nobody else reported is a story too, under its cluster's id.
SELECT 'story' AS kind, first_night, last_night
FROM story
WHERE night = $night AND story_id = $story
UNION ALL
SELECT 'cluster' AS kind, first_night, last_night
FROM cluster
WHERE night = $night AND cluster_id = $story
ORDER BY kind DESC
LIMIT 1
