-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_entity
SELECT entity_id, count(*) AS n_rows
FROM entities_by_day
WHERE night = $night::DATE
GROUP BY entity_id
HAVING count(*) > 1;

-- error: sources_texts_and_articles_are_ordered
SELECT entity_id, n_articles, n_texts, n_sources, n_in_title
FROM entities_by_day
WHERE night = $night::DATE
    AND NOT (n_sources BETWEEN 1 AND n_texts AND n_texts <= n_articles AND n_in_title <= n_articles);

-- error: type_is_known
SELECT entity_id, type
FROM entities_by_day
WHERE night = $night::DATE AND type NOT IN ('PER', 'ORG', 'LOC');

-- warn: each_article_has_a_mention
SELECT entity_id, n_articles, n_mentions
FROM entities_by_day
WHERE night = $night::DATE AND n_mentions < n_articles;
