-- Which nights the copies of a text reach, asked by its id and its night.
SELECT first_night AS first, last_night AS last
FROM cluster
WHERE night = $night AND cluster_id = $cluster
