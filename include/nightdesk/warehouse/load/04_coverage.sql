-- A row for every source that was watched on the night, that somebody looked at for it
-- or that has entries in it; its counts come from its entries.
INSERT INTO coverage BY NAME
WITH bins AS (
    SELECT
        source_id,
        count(*) AS n_seen,
        count(*) FILTER (WHERE bin = 'loaded') AS n_loaded,
        count(*) FILTER (WHERE bin = 'duplicate') AS n_duplicate,
        count(*) FILTER (WHERE bin = 'rejected') AS n_rejected,
        count(*) FILTER (WHERE bin = 'failed') AS n_failed,
        count(*) FILTER (WHERE bin = 'pending') AS n_pending
    FROM in_entry
    GROUP BY source_id
),

watched AS (
    SELECT source_id FROM in_watched
    UNION
    SELECT source_id FROM in_coverage
    UNION
    SELECT source_id FROM bins
)

SELECT
    $night AS night,
    w.source_id,
    coalesce(c.status, 'not_collected') AS status,
    c.reason,
    c.via,
    coalesce(b.n_seen, 0) AS n_seen,
    coalesce(b.n_loaded, 0) AS n_loaded,
    coalesce(b.n_duplicate, 0) AS n_duplicate,
    coalesce(b.n_rejected, 0) AS n_rejected,
    coalesce(b.n_failed, 0) AS n_failed,
    coalesce(b.n_pending, 0) AS n_pending
FROM watched AS w
LEFT JOIN in_coverage AS c USING (source_id)
LEFT JOIN bins AS b USING (source_id)
