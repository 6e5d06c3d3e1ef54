-- The stories of a night, those of most independent sources first.
SELECT
    rank, story_id, title, source_id, source_name, url, n_articles, n_texts, n_sources,
    n_tonight, first_published_at, count(*) OVER () AS n_all
FROM top_stories
WHERE night = $night
ORDER BY rank
LIMIT $limit OFFSET $offset
