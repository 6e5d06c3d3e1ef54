INSERT INTO article_text BY NAME
SELECT $night AS night, article_id, text
FROM in_article
WHERE held_back IS NULL
