-- languages: in which languages the night was written, and which cannot be tagged yet.
-- Grain: language, and one row with lang NULL where it is not known (of one night).
SELECT
    $night::DATE AS night,
    lang,
    count(*) AS n_articles,
    count(DISTINCT text_id) AS n_texts,
    count(DISTINCT source_id) AS n_publishers,
    count(*) FILTER (WHERE NOT is_tagged) AS n_untagged
FROM carried
WHERE night = $night::DATE
GROUP BY lang
ORDER BY n_articles DESC, lang NULLS LAST
