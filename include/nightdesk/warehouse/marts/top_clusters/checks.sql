-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_cluster
SELECT cluster_id, count(*) AS n_rows
FROM top_clusters
WHERE night = $night::DATE
GROUP BY cluster_id
HAVING count(*) > 1;

-- error: a_cluster_has_two_articles_or_more
SELECT cluster_id, n_articles, n_tonight
FROM top_clusters
WHERE night = $night::DATE AND NOT (n_articles >= 2 AND n_tonight BETWEEN 1 AND n_articles);

-- error: all_but_the_canonical_are_copies
SELECT cluster_id, n_articles, len(copies) AS n_copies
FROM top_clusters
WHERE night = $night::DATE AND coalesce(len(copies), 0) <> n_articles - 1;

-- error: canonical_article_is_loaded
SELECT cluster_id, title
FROM top_clusters
WHERE night = $night::DATE AND url IS NULL;
