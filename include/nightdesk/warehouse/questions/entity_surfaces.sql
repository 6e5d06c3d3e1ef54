-- How an entity was written in these nights.
SELECT surface, count(*) AS n_mentions, count(DISTINCT article_id) AS n_articles,
    arg_max(rule, score) AS rule
FROM mention
WHERE night BETWEEN $first AND $last AND entity_id = $entity
GROUP BY surface
ORDER BY n_mentions DESC, surface
LIMIT $limit
