-- The coverage of these nights, by night and source.
SELECT night, source_id, name, status, reason, n_pending
FROM source_health
WHERE night BETWEEN $first AND $last
ORDER BY night, source_id
