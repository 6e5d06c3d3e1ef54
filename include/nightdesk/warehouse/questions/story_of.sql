-- The story that an article belongs to, or else the cluster; no row: neither.
SELECT story_id, 1 AS place
FROM story_member
WHERE night = $night AND article_id = $article
UNION ALL
SELECT cluster_id, 2
FROM cluster_member
WHERE night = $night AND article_id = $article
ORDER BY place
LIMIT 1
