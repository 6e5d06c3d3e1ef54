-- The ids of the sources that are watched now.
SELECT source_id
FROM source
WHERE is_enabled AND inactive_since IS NULL
ORDER BY source_id
