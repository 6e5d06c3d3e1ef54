-- A region and the one that it lies in.
SELECT region.*, parent.name AS parent_name
FROM region
LEFT JOIN region AS parent ON parent.region_id = region.parent_id
WHERE region.region_id = $region
