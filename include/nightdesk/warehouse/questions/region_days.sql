-- A region in each published night of a range; without a row of its own: zeros.
SELECT
    head.night,
    coalesce(found.n_articles, 0) AS n_articles,
    coalesce(found.n_texts, 0) AS n_texts,
    coalesce(found.n_sources, 0) AS n_sources,
    CASE
        WHEN head.n_articles > head.n_untagged THEN coalesce(found.share, 0)
    END AS share
FROM coverage_by_night AS head
LEFT JOIN articles_by_region AS found
    ON found.night = head.night AND found.region_id = $region AND found.role = $role
WHERE head.night BETWEEN $first AND $last
ORDER BY head.night
