-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_source
SELECT source_id, count(*) AS n_rows
FROM own_reporting
WHERE night = $night::DATE
GROUP BY source_id
HAVING count(*) > 1;

-- error: parts_add_up
SELECT source_id, n_articles, n_own, n_edited, n_copied
FROM own_reporting
WHERE night = $night::DATE AND n_articles <> n_own + n_edited + n_copied;

-- error: texts_are_not_more_than_articles
SELECT source_id, n_articles, n_texts
FROM own_reporting
WHERE night = $night::DATE AND NOT n_texts BETWEEN 1 AND n_articles;

-- error: own_share_is_between_0_and_1
SELECT source_id, own_share
FROM own_reporting
WHERE night = $night::DATE AND own_share NOT BETWEEN 0 AND 1;
