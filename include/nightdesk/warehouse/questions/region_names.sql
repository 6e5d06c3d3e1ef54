-- Who and what is named in the articles of a region, by the number of different texts.
WITH told AS (
    SELECT article_id, text_id
    FROM found(
        $night::DATE, $night::DATE, NULL, NULL, $region, $role, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL
    )
)

SELECT
    named.entity_id,
    any_value(day.name) AS name,
    any_value(day.type) AS type,
    count(*) AS n_articles,
    count(DISTINCT told.text_id) AS n_texts
FROM told
JOIN article_entity AS named
    ON named.night = $night AND named.article_id = told.article_id
JOIN entities_by_day AS day ON day.night = $night AND day.entity_id = named.entity_id
WHERE day.type <> 'LOC'
GROUP BY named.entity_id
ORDER BY n_texts DESC, n_articles DESC, named.entity_id
LIMIT $limit
