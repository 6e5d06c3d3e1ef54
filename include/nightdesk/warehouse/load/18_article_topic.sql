INSERT INTO article_topic BY NAME
SELECT $night AS night, article_id, t.topic AS topic_id, t.score, t.hits AS terms
FROM (SELECT article_id, unnest(topics) AS t FROM in_tags)
