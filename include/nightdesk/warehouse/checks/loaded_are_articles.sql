-- severity: error
-- Entries in the bin `loaded` and articles are the same set; so are their texts, but for
-- those that are held back.
WITH loaded AS (
    SELECT article_id, 1 AS part FROM entry WHERE night = $night AND bin = 'loaded'
    UNION ALL
    SELECT article_id, 2 FROM article WHERE night = $night
    UNION ALL
    SELECT article_id, 3 FROM article_text WHERE night = $night
    UNION ALL
    SELECT article_id, 3 FROM article WHERE night = $night AND held_back IS NOT NULL
)

SELECT article_id, list(part ORDER BY part) AS parts
FROM loaded
GROUP BY article_id
HAVING parts <> [1, 2, 3]
