-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_language
SELECT lang, count(*) AS n_rows
FROM languages
WHERE night = $night::DATE
GROUP BY lang
HAVING count(*) > 1;

-- error: parts_are_not_more_than_articles
SELECT lang, n_articles, n_texts, n_publishers, n_untagged
FROM languages
WHERE night = $night::DATE
    AND greatest(n_texts, n_publishers, n_untagged) > n_articles;

-- warn: language_can_be_tagged
SELECT lang, n_untagged
FROM languages
WHERE night = $night::DATE AND n_untagged > 0;
