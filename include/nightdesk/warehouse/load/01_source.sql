INSERT INTO source BY NAME
SELECT id AS source_id, name, kind, url AS feed_url, country, lang, tags, is_enabled
FROM in_source
