-- What people decided of one article, as the published build took it.
SELECT kind, surface, nth, value, who, decided_at, why, problem
FROM correction
WHERE night = $night AND article_id = $article
UNION ALL BY NAME
SELECT kind, who, decided_at, why
FROM decision
WHERE list_contains(articles, $article)
