-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_item_and_article
SELECT kind, item_id, article_id, count(*) AS n_rows
FROM attended
WHERE night = $night::DATE
GROUP BY kind, item_id, article_id
HAVING count(*) > 1;

-- error: kind_is_known
SELECT kind, item_id
FROM attended
WHERE night = $night::DATE AND kind NOT IN ('all', 'region', 'entity');
