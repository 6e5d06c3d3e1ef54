-- The night that owns an article; no row where it is not published.
SELECT night FROM article_list WHERE article_id = $article LIMIT 1
