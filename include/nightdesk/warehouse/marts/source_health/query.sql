-- source_health: how each source did in the night, those that failed first.
-- Grain: source with a coverage row (of one night).
-- wire_share: how much of what it published carries a text that another source had.
WITH written AS (
    SELECT
        source_id,
        count(*) AS n_articles,
        count(*) FILTER (WHERE origin_id <> source_id) / count(*) AS wire_share,
        median(n_words) AS median_words
    FROM carried
    WHERE night = $night::DATE
    GROUP BY source_id
)

SELECT
    coverage.night,
    coverage.source_id,
    coalesce(source.name, coverage.source_id) AS name,
    source.country,
    coverage.status,
    coverage.reason,
    coverage.via,
    coverage.n_seen,
    coverage.n_loaded,
    coverage.n_duplicate,
    coverage.n_rejected,
    coverage.n_failed,
    coverage.n_pending,
    coalesce(written.n_articles, 0) AS n_articles,
    written.wire_share,
    written.median_words
FROM coverage
LEFT JOIN source ON source.source_id = coverage.source_id
LEFT JOIN written ON written.source_id = coverage.source_id
WHERE coverage.night = $night::DATE
ORDER BY
    CASE coverage.status
        WHEN 'failed' THEN 1
        WHEN 'no_coverage' THEN 2
        WHEN 'not_collected' THEN 3
        ELSE 4
    END,
    coverage.n_loaded DESC,
    coverage.source_id
