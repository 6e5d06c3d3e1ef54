INSERT INTO fetch_log BY NAME
SELECT $night AS night, source_id, purpose, url, final_url, outcome, status, started_at,
    duration_ms, bytes_wire, bytes_decoded, digest, error
FROM in_attempt
