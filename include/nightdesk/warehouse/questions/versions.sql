-- The versions of an article in order of capture, with what each changed; not of a text
-- that is held back.
SELECT
    version.n,
    version.kind,
    version.is_new_headline,
    version.title,
    version.n_words,
    version.captured_at,
    version.text_hash,
    CASE WHEN article.held_back IS NULL THEN version.edits END AS edits
FROM article_version AS version
JOIN article ON article.night = $night AND article.article_id = version.article_id
WHERE version.night = $night AND version.article_id = $article
ORDER BY version.n
