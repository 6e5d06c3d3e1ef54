-- The paragraphs that were dropped from an article as repeats.
SELECT
    dropped, kept, CASE WHEN article.held_back IS NULL THEN repeat.text END AS text
FROM paragraph_repeat AS repeat
JOIN article ON article.night = $night AND article.article_id = repeat.article_id
WHERE repeat.night = $night AND repeat.article_id = $article
ORDER BY dropped
