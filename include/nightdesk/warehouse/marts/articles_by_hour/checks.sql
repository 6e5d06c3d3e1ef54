-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_hour
SELECT hour, count(*) AS n_rows
FROM articles_by_hour
WHERE night = $night::DATE
GROUP BY hour
HAVING count(*) > 1;

-- error: hour_is_of_a_day
SELECT hour, n_articles
FROM articles_by_hour
WHERE night = $night::DATE AND hour NOT BETWEEN 0 AND 23;

-- error: texts_are_not_more_than_articles
SELECT hour, n_articles, n_texts
FROM articles_by_hour
WHERE night = $night::DATE AND n_texts NOT BETWEEN 1 AND n_articles;

-- warn: most_articles_state_an_hour
SELECT
    sum(n_articles) AS n_articles,
    sum(n_articles) FILTER (WHERE hour IS NULL) AS n_without
FROM articles_by_hour
WHERE night = $night::DATE
HAVING 2 * sum(n_articles) FILTER (WHERE hour IS NULL) > sum(n_articles);
