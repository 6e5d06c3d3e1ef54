-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_item
SELECT kind, item_id, count(*) AS n_rows
FROM unusual
WHERE night = $night::DATE
GROUP BY kind, item_id
HAVING count(*) > 1;

-- error: verdict_is_known
SELECT kind, item_id, verdict
FROM unusual
WHERE night = $night::DATE AND verdict NOT IN ('rise', 'drop', 'usual', 'too_few_nights');

-- error: probabilities_are_some
SELECT kind, item_id, p, q
FROM unusual
WHERE night = $night::DATE AND NOT (p BETWEEN 0 AND 1 AND q BETWEEN p AND 1);

-- error: a_rise_has_its_stories
SELECT kind, item_id, n_compared
FROM unusual
WHERE night = $night::DATE AND verdict = 'rise' AND stories IS NULL;
