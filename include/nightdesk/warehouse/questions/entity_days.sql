-- An entity in each published night of a range; without a row of its own: zeros.
SELECT
    head.night,
    coalesce(found.n_articles, 0) AS n_articles,
    coalesce(found.n_texts, 0) AS n_texts,
    coalesce(found.n_sources, 0) AS n_sources,
    coalesce(found.n_in_title, 0) AS n_in_title,
    coalesce(found.n_articles, 0) / nullif(head.n_articles, 0) AS share
FROM coverage_by_night AS head
LEFT JOIN entities_by_day AS found
    ON found.night = head.night AND found.entity_id = $entity
WHERE head.night BETWEEN $first AND $last
ORDER BY head.night
