-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_source
SELECT source_id, count(*) AS n_rows
FROM source_health
WHERE night = $night::DATE
GROUP BY source_id
HAVING count(*) > 1;

-- error: bins_add_up
SELECT source_id, n_seen, n_loaded, n_duplicate, n_rejected, n_failed, n_pending
FROM source_health
WHERE night = $night::DATE
    AND n_seen <> n_loaded + n_duplicate + n_rejected + n_failed + n_pending;

-- error: wire_share_is_between_0_and_1
SELECT source_id, wire_share
FROM source_health
WHERE night = $night::DATE AND wire_share NOT BETWEEN 0 AND 1;

-- error: status_is_known
SELECT source_id, status
FROM source_health
WHERE night = $night::DATE
    AND status NOT IN ('ok', 'failed', 'no_coverage', 'not_collected');

-- warn: a_source_that_is_not_ok_says_why
SELECT source_id, status
FROM source_health
WHERE night = $night::DATE AND status <> 'ok' AND reason IS NULL;

-- warn: source_with_entries_has_articles
SELECT source_id, n_seen
FROM source_health
WHERE night = $night::DATE AND status = 'ok' AND n_seen > 0 AND n_loaded + n_duplicate = 0;
