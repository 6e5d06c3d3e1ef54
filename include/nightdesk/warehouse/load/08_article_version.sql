INSERT INTO article_version BY NAME
SELECT
    $night AS night,
    article_id,
    text_hash,
    arg_min(page_digest, (captured_at, page_digest)) AS page_digest,
    arg_min(title, (captured_at, page_digest)) AS title,
    arg_min(n_words, (captured_at, page_digest)) AS n_words,
    min(captured_at) AS captured_at
FROM in_version
GROUP BY article_id, text_hash
