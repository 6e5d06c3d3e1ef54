-- severity: warn
-- Parts of a whole lie between 0 and 1, counts are not negative.
SELECT 'article' AS of_table, article_id, 'confidence' AS what, confidence AS value
FROM article
WHERE night = $night AND confidence NOT BETWEEN 0 AND 1
UNION ALL
SELECT 'article', article_id, 'n_words', n_words
FROM article
WHERE night = $night AND least(n_words, n_paragraphs, n_repeats) < 0
UNION ALL
SELECT 'mention', article_id, 'score', score
FROM mention
WHERE night = $night AND score NOT BETWEEN 0 AND 1
UNION ALL
SELECT 'article_region', article_id, 'share', share
FROM article_region
WHERE night = $night AND share NOT BETWEEN 0 AND 1.000001
UNION ALL
SELECT 'article_origin', article_id, 'own_share', own_share
FROM article_origin
WHERE night = $night AND own_share NOT BETWEEN 0 AND 1
UNION ALL
SELECT 'article_entity', article_id, 'n_mentions', n_mentions
FROM article_entity
WHERE night = $night AND n_mentions < 1
UNION ALL
SELECT 'fetch_log', NULL, 'duration_ms', duration_ms
FROM fetch_log
WHERE night = $night AND least(duration_ms, bytes_wire, bytes_decoded) < 0
ORDER BY ALL
