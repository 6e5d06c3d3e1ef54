-- How a source did night by night.
SELECT health.*, own.n_own, own.n_edited, own.n_copied
FROM source_health AS health
LEFT JOIN own_reporting AS own
    ON own.night = health.night AND own.source_id = health.source_id
WHERE health.source_id = $source AND health.night BETWEEN $first AND $last
ORDER BY health.night DESC
