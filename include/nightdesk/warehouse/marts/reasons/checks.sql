-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_bin_and_reason
SELECT bin, reason, count(*) AS n_rows
FROM reasons
WHERE night = $night::DATE
GROUP BY bin, reason
HAVING count(*) > 1;

-- error: bin_is_known
SELECT bin, reason
FROM reasons
WHERE night = $night::DATE AND bin NOT IN ('failed', 'rejected', 'pending', 'duplicate');

-- warn: every_entry_says_why
SELECT bin, n_entries
FROM reasons
WHERE night = $night::DATE AND reason = 'not stated';
