-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_article
SELECT article_id, count(*) AS n_rows
FROM article_list
WHERE night = $night::DATE
GROUP BY article_id
HAVING count(*) > 1;

-- warn: article_has_a_title
SELECT article_id, url
FROM article_list
WHERE night = $night::DATE AND title IS NULL;
