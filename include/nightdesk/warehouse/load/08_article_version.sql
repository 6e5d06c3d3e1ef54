INSERT INTO article_version BY NAME
SELECT
    $night AS night,
    article_id,
    n,
    text_hash,
    page_digest,
    title,
    n_words,
    captured_at,
    kind,
    is_new_headline,
    edits
FROM in_version
