-- severity: error
-- Every entry in the bin `loaded` has its article with text, and the other way round.
SELECT coalesce(e.article_id, a.article_id) AS article_id
FROM (SELECT article_id FROM entry WHERE night = $night AND bin = 'loaded') AS e
FULL JOIN (
    SELECT article_id
    FROM article JOIN article_text USING (night, article_id)
    WHERE night = $night
) AS a USING (article_id)
WHERE e.article_id IS NULL OR a.article_id IS NULL
