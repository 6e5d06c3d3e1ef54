INSERT INTO region BY NAME
SELECT id AS region_id, name, scheme, countries, parent_id
FROM in_region
