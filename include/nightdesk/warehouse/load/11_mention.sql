INSERT INTO mention BY NAME
SELECT
    $night AS night,
    article_id,
    m.field,
    m.start AS start_offset,
    m."end" AS end_offset,
    m.surface,
    m.type,
    m.entity_id,
    m.country,
    m.place_id,
    m.via,
    m.rule,
    m.score,
    m.role,
    m.weight,
    m.counts_for
FROM (SELECT article_id, unnest(mentions) AS m FROM in_tags)
