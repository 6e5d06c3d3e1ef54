INSERT INTO article_entity BY NAME
SELECT
    $night AS night,
    article_id,
    m.entity_id,
    min(m.type) AS type,
    count(*) AS n_mentions,
    coalesce(min(m.start) FILTER (WHERE m.field = 'text'), -1) AS first_offset,
    bool_or(m.field = 'title') AS is_in_title
FROM (SELECT article_id, unnest(mentions) AS m FROM in_tags)
WHERE m.entity_id IS NOT NULL AND m.type IN ('PER', 'ORG', 'LOC')
GROUP BY article_id, m.entity_id
