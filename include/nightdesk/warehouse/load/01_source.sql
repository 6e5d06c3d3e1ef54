-- Every source that was ever watched; those that are not any more say since when.
INSERT INTO source BY NAME
SELECT s.id AS source_id, s.name, s.kind, s.url AS feed_url, s.country, s.lang, s.tags,
    s.is_enabled, e.since AS inactive_since, s.was
FROM in_source AS s
LEFT JOIN in_ended AS e ON e.source_id = s.id AND NOT s.is_enabled
