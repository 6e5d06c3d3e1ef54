INSERT INTO paragraph_repeat BY NAME
SELECT $night AS night, article_id, r.dropped, r.kept, r.text
FROM (SELECT article_id, unnest(repeats) AS r FROM in_article)
