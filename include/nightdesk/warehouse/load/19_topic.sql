INSERT INTO topic BY NAME
SELECT id AS topic_id, name FROM in_topic
