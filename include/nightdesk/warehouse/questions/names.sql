-- Who and what was in the news of a night, by independent sources.
SELECT *, count(*) OVER () AS n_all
FROM entities_by_day
WHERE night = $night AND type = $type
ORDER BY n_sources DESC, n_texts DESC, n_articles DESC, n_mentions DESC, entity_id
LIMIT $limit OFFSET $offset
