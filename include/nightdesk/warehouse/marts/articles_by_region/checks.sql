-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_region_and_role
SELECT region_id, role, count(*) AS n_rows
FROM articles_by_region
WHERE night = $night::DATE
GROUP BY region_id, role
HAVING count(*) > 1;

-- error: sources_texts_and_articles_are_ordered
SELECT region_id, role, n_articles, n_focus, n_texts, n_sources
FROM articles_by_region
WHERE night = $night::DATE
    AND NOT (n_sources BETWEEN 1 AND n_texts AND n_texts <= n_articles AND n_focus <= n_articles);

-- error: share_is_between_0_and_1
SELECT region_id, role, share
FROM articles_by_region
WHERE night = $night::DATE AND share NOT BETWEEN 0 AND 1;

-- warn: region_is_known
SELECT region_id, n_articles
FROM articles_by_region
WHERE night = $night::DATE AND scheme IS NULL;
