INSERT INTO correction BY NAME
WITH missed AS (
    SELECT article_id, u.surface, u.nth, u.cause
    FROM (SELECT article_id, unnest(unmet) AS u FROM in_tags)
)

SELECT
    $night AS night,
    c.article_id,
    c.kind,
    c.surface,
    c.nth,
    c.value,
    c.who,
    c.at AS decided_at,
    c.why,
    m.cause AS problem
FROM in_correction AS c
LEFT JOIN missed AS m
    ON m.article_id = c.article_id
    AND m.surface = c.surface
    AND m.nth IS NOT DISTINCT FROM c.nth
