-- A desk in the days of its own time zone, each as the last night knows it.
SELECT
    day,
    arg_max(night, night) AS night,
    arg_max(timezone, night) AS timezone,
    arg_max(status, night) AS status,
    arg_max(n_articles, night) AS n_articles,
    arg_max(n_texts, night) AS n_texts,
    arg_max(n_sources, night) AS n_sources
FROM desk_days
WHERE night BETWEEN $first AND $last AND region_id = $region
GROUP BY day
ORDER BY day
