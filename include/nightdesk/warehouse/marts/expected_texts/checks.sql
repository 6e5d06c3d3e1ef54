-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_window_and_item
SELECT days, kind, item_id, count(*) AS n_rows
FROM expected_texts
WHERE night = $night::DATE
GROUP BY days, kind, item_id
HAVING count(*) > 1;

-- error: something_is_always_expected
SELECT days, kind, item_id, expected, burst
FROM expected_texts
WHERE night = $night::DATE AND NOT (expected > 0 AND burst >= 0);
