-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_desk_and_day
SELECT region_id, day, count(*) AS n_rows
FROM desk_days
WHERE night = $night::DATE
GROUP BY region_id, day
HAVING count(*) > 1;

-- error: day_is_near_the_night
SELECT region_id, day
FROM desk_days
WHERE night = $night::DATE AND day NOT BETWEEN night - 1 AND night + 1;

-- error: status_is_known
SELECT region_id, day, status
FROM desk_days
WHERE night = $night::DATE AND status NOT IN ('whole', 'partial', 'provisional');

-- error: sources_texts_and_articles_are_ordered
SELECT region_id, day, n_articles, n_texts, n_sources
FROM desk_days
WHERE night = $night::DATE AND NOT (n_sources <= n_texts AND n_texts <= n_articles);
