-- severity: error
-- A distinct entry is counted once, with a reason wherever it was not loaded.
SELECT source_id, url, count(*) AS n, any_value(bin) AS bin
FROM entry
WHERE night = $night
GROUP BY source_id, url
HAVING count(*) > 1 OR bool_or(bin <> 'loaded' AND reason IS NULL) OR bool_or(bin IS NULL)
