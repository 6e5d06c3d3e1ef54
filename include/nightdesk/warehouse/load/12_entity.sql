INSERT INTO entity BY NAME
SELECT
    $night AS night,
    m.entity_id,
    arg_max(coalesce(m.name, m.surface), (length(coalesce(m.name, m.surface)),
        coalesce(m.name, m.surface))) AS name,
    min(m.type) AS type
FROM (SELECT unnest(mentions) AS m FROM in_tags)
WHERE m.entity_id IS NOT NULL AND m.type IN ('PER', 'ORG', 'LOC')
GROUP BY m.entity_id
