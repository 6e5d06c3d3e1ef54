INSERT INTO fingerprint BY NAME
SELECT $night AS night, article_id, unnest(hashes) AS hash
FROM in_fingerprint
