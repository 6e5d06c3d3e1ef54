-- reasons: why entries of the night were not loaded.
-- Grain: bin x reason (of one night). `loaded` has no reason and no row.
WITH unloaded AS (
    SELECT night, bin, coalesce(reason, 'not stated') AS reason, source_id
    FROM entry
    WHERE night = $night::DATE AND bin <> 'loaded'
)

SELECT
    night,
    bin,
    reason,
    count(*) AS n_entries,
    count(DISTINCT source_id) AS n_sources
FROM unloaded
GROUP BY night, bin, reason
ORDER BY
    CASE bin WHEN 'failed' THEN 1 WHEN 'rejected' THEN 2 WHEN 'pending' THEN 3 ELSE 4 END,
    n_entries DESC,
    reason
