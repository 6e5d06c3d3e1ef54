-- coverage_by_night: the night in one row: who was watched, what was seen, what it became.
-- Grain: night. A night of which nothing is known is a row of zeros, never no row.
WITH watched AS (
    SELECT
        count(*) AS n_sources,
        count(*) FILTER (WHERE status = 'ok') AS n_sources_ok,
        count(*) FILTER (WHERE status = 'failed') AS n_sources_failed,
        count(*) FILTER (WHERE status = 'no_coverage') AS n_sources_no_coverage,
        count(*) FILTER (WHERE status = 'not_collected') AS n_sources_not_collected,
        coalesce(sum(n_seen), 0)::BIGINT AS n_seen,
        coalesce(sum(n_loaded), 0)::BIGINT AS n_loaded,
        coalesce(sum(n_duplicate), 0)::BIGINT AS n_duplicate,
        coalesce(sum(n_rejected), 0)::BIGINT AS n_rejected,
        coalesce(sum(n_failed), 0)::BIGINT AS n_failed,
        coalesce(sum(n_pending), 0)::BIGINT AS n_pending
    FROM coverage
    WHERE night = $night::DATE
),

written AS (
    SELECT
        count(*) AS n_articles,
        count(DISTINCT text_id) AS n_texts,
        count(DISTINCT origin_id) AS n_independent,
        coalesce(sum(n_repeats), 0)::BIGINT AS n_repeats,
        count(*) FILTER (WHERE NOT is_tagged) AS n_untagged
    FROM carried
    WHERE night = $night::DATE
),

captured AS (
    SELECT max(captured_at) AS cut_off_at
    FROM article
    WHERE night = $night::DATE
)

SELECT $night::DATE AS night, watched.*, written.*, captured.*
FROM watched
CROSS JOIN written
CROSS JOIN captured
ORDER BY night
