-- severity: error
-- An article is in a night once, and in one night only.
SELECT article_id, count(*) AS n
FROM article
WHERE article_id IN (SELECT article_id FROM article WHERE night = $night)
GROUP BY article_id
HAVING count(*) > 1
