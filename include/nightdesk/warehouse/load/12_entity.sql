-- An entity bears the name that its id is made of, also where others were merged into
-- it; else the longest one.
INSERT INTO entity BY NAME
SELECT
    $night AS night,
    entity_id,
    arg_max(name, (
        ends_with(entity_id,
            ':' || regexp_replace(strip_accents(lower(name)), '[^a-z0-9]+', '-', 'g')),
        length(name),
        name)) AS name,
    min(type) AS type
FROM (
    SELECT m.entity_id, m.type, coalesce(m.name, m.surface) AS name
    FROM (SELECT unnest(mentions) AS m FROM in_tags)
    WHERE m.entity_id IS NOT NULL AND m.type IN ('PER', 'ORG', 'LOC')
)
GROUP BY entity_id
