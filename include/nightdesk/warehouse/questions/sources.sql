-- How each source did in a night, those that failed first.
SELECT
    health.*,
    own.n_own,
    own.own_share,
    source.kind,
    source.feed_url,
    source.is_enabled AND source.inactive_since IS NULL AS is_watched
FROM source_health AS health
LEFT JOIN own_reporting AS own
    ON own.night = health.night AND own.source_id = health.source_id
LEFT JOIN source ON source.source_id = health.source_id
WHERE health.night = $night
ORDER BY
    CASE health.status
        WHEN 'failed' THEN 1
        WHEN 'no_coverage' THEN 2
        WHEN 'not_collected' THEN 3
        ELSE 4
    END,
    health.n_loaded DESC,
    health.source_id
