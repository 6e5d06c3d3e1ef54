-- The text of an article; no row where it has none or it is held back.
SELECT text
FROM article_text
WHERE night = $night AND article_id = $article
