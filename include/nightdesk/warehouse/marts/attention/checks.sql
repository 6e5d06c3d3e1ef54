-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_item
SELECT kind, item_id, count(*) AS n_rows
FROM attention
WHERE night = $night::DATE
GROUP BY kind, item_id
HAVING count(*) > 1;

-- error: sources_texts_and_articles_are_ordered
SELECT kind, item_id, n_articles, n_texts, n_sources
FROM attention
WHERE night = $night::DATE
    AND NOT (n_sources BETWEEN 1 AND n_texts AND n_texts <= n_articles);

-- error: shares_are_between_0_and_1
SELECT kind, item_id, share_articles, share_texts, share_sources
FROM attention
WHERE night = $night::DATE
    AND NOT (
        share_articles BETWEEN 0 AND 1
        AND share_texts BETWEEN 0 AND 1
        AND share_sources BETWEEN 0 AND 1
    );
