-- severity: warn
-- A publication day far from the night that owns the article is worth a look.
SELECT article_id, published_on
FROM article
WHERE night = $night AND abs(date_diff('day', published_on, night)) > 3
