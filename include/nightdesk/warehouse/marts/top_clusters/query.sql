-- top_clusters: the texts that most sources ran, with who wrote them and who copied.
-- Grain: cluster with an article in the night, the first 200 (of one night).
-- The whole cluster is shown, its articles of neighbouring nights too; n_tonight says
-- how many are of this one. A title or address is NULL when its article is not loaded.
WITH touched AS (
    SELECT cluster_id, count(DISTINCT article_id) AS n_tonight
    FROM cluster_member
    WHERE night = $night::DATE
    GROUP BY cluster_id
),

carried AS (
    SELECT
        member.cluster_id,
        member.article_id,
        article.source_id,
        coalesce(source.name, article.source_id) AS source_name,
        article.title,
        article.url,
        article.published_at,
        member.article_id = member.cluster_id AS is_canonical
    FROM touched
    JOIN cluster_member AS member ON member.cluster_id = touched.cluster_id
    LEFT JOIN article
        ON article.night = member.night AND article.article_id = member.article_id
    LEFT JOIN source ON source.source_id = article.source_id
),

copied AS (
    SELECT
        cluster_id,
        list(
            struct_pack(
                article_id := article_id,
                source_id := source_id,
                source_name := source_name,
                title := title,
                url := url,
                published_at := published_at
            )
            ORDER BY published_at NULLS LAST, source_id, article_id
        ) AS copies
    FROM carried
    WHERE NOT is_canonical
    GROUP BY cluster_id
),

summed AS (
    SELECT
        cluster_id,
        any_value(title) FILTER (WHERE is_canonical) AS title,
        any_value(source_id) FILTER (WHERE is_canonical) AS source_id,
        any_value(source_name) FILTER (WHERE is_canonical) AS source_name,
        any_value(url) FILTER (WHERE is_canonical) AS url,
        count(DISTINCT article_id) AS n_articles,
        count(DISTINCT source_id) AS n_sources,
        min(published_at) AS first_published_at
    FROM carried
    GROUP BY cluster_id
)

SELECT
    $night::DATE AS night,
    row_number() OVER (
        ORDER BY summed.n_sources DESC, summed.n_articles DESC, summed.cluster_id
    ) AS rank,
    summed.cluster_id,
    summed.title,
    summed.source_id,
    summed.source_name,
    summed.url,
    summed.n_articles,
    summed.n_sources,
    touched.n_tonight,
    summed.first_published_at,
    copied.copies
FROM summed
JOIN touched ON touched.cluster_id = summed.cluster_id
LEFT JOIN copied ON copied.cluster_id = summed.cluster_id
ORDER BY rank
LIMIT 200
