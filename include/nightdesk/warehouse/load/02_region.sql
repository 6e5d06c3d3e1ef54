INSERT INTO region BY NAME
SELECT id AS region_id, name, scheme, countries, parent_id, timezone
FROM in_region
