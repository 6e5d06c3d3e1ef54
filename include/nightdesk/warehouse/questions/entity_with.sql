-- Who and what is named in the same articles, by the number of different texts.
WITH told AS (
    SELECT night, article_id
    FROM article_entity
    WHERE night BETWEEN $first AND $last AND entity_id = $entity
),

beside AS (
    SELECT other.night, other.article_id, other.entity_id, other.type
    FROM told
    JOIN article_entity AS other
        ON other.night BETWEEN $first AND $last
        AND other.night = told.night
        AND other.article_id = told.article_id
    WHERE other.entity_id <> $entity
),

counted AS (
    SELECT
        beside.entity_id,
        min(beside.type) AS type,
        count(*) AS n_articles,
        count(DISTINCT listed.text_id) AS n_texts
    FROM beside
    JOIN article_list AS listed
        ON listed.night BETWEEN $first AND $last
        AND listed.night = beside.night
        AND listed.article_id = beside.article_id
    GROUP BY beside.entity_id
    ORDER BY n_texts DESC, n_articles DESC, beside.entity_id
    LIMIT $limit
)

SELECT
    counted.entity_id,
    coalesce(min(named.name), counted.entity_id) AS name,
    any_value(counted.type) AS type,
    any_value(counted.n_articles) AS n_articles,
    any_value(counted.n_texts) AS n_texts
FROM counted
LEFT JOIN entities_by_day AS named
    ON named.night BETWEEN $first AND $last AND named.entity_id = counted.entity_id
GROUP BY counted.entity_id
ORDER BY n_texts DESC, n_articles DESC, counted.entity_id
