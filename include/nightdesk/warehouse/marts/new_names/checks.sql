-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_entity
SELECT entity_id, count(*) AS n_rows
FROM new_names
WHERE night = $night::DATE
GROUP BY entity_id
HAVING count(*) > 1;

-- error: somebody_named_it
SELECT entity_id, n_articles, n_texts, n_sources
FROM new_names
WHERE night = $night::DATE
    AND NOT (n_sources BETWEEN 1 AND n_texts AND n_texts <= n_articles);
