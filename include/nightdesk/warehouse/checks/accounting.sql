-- severity: error
-- seen = loaded + duplicate + rejected + failed + pending, per source.
SELECT source_id, n_seen, n_loaded, n_duplicate, n_rejected, n_failed, n_pending
FROM coverage
WHERE night = $night
    AND n_seen <> n_loaded + n_duplicate + n_rejected + n_failed + n_pending
