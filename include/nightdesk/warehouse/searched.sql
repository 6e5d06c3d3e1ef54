-- What the search index takes of a night; its rows come in the order of article_id, and
-- their texts from the part of article_text, which is in the same order.
WITH named AS (
    SELECT
        m.article_id,
        m.type,
        unnest(
            [m.surface, e.name, CASE WHEN m.entity_id LIKE 'Q%' THEN m.entity_id END]
        ) AS name
    FROM read_parquet($mention, hive_partitioning = false) AS m
    JOIN read_parquet($article, hive_partitioning = false) AS a USING (article_id)
    LEFT JOIN read_parquet($entity, hive_partitioning = false) AS e
        ON e.entity_id = m.entity_id
    WHERE a.held_back IS NULL OR m.field = 'title'
),

names AS (
    SELECT
        article_id,
        list_sort(list(DISTINCT name) FILTER (type = 'PER')) AS persons,
        list_sort(list(DISTINCT name) FILTER (type = 'ORG')) AS orgs,
        list_sort(list(DISTINCT name) FILTER (type IN ('LOC', 'DEMONYM'))) AS places
    FROM named
    WHERE name IS NOT NULL
    GROUP BY article_id
),

about AS (
    SELECT article_id, list_sort(list(region_id)) AS regions
    FROM read_parquet($article_region, hive_partitioning = false)
    WHERE role = 'about'
    GROUP BY article_id
)

SELECT
    a.night,
    a.article_id,
    coalesce(s.story_id, c.cluster_id, a.article_id) AS story_id,
    a.source_id,
    a.url,
    a.title,
    a.lang,
    a.published_at,
    a.held_back,
    names.persons,
    names.orgs,
    names.places,
    about.regions
FROM read_parquet($article, hive_partitioning = false) AS a
LEFT JOIN names USING (article_id)
LEFT JOIN about USING (article_id)
LEFT JOIN read_parquet($cluster_member, hive_partitioning = false) AS c
    ON c.article_id = a.article_id
LEFT JOIN read_parquet($story_member, hive_partitioning = false) AS s
    ON s.article_id = a.article_id
ORDER BY a.article_id
