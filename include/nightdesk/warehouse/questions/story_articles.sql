-- The articles of a story in order of publication, each with the text that it carries.
WITH told AS (
    SELECT night, article_id
    FROM story_member
    WHERE night BETWEEN $first AND $last AND story_id = $story
    UNION
    SELECT night, article_id
    FROM cluster_member
    WHERE night BETWEEN $first AND $last AND cluster_id = $story
    UNION
    SELECT night, article_id
    FROM article_list
    WHERE night BETWEEN $first AND $last AND article_id = $story
),

versions AS (
    SELECT night, article_id, count(*) AS n_versions
    FROM article_version
    WHERE night BETWEEN $first AND $last
    GROUP BY night, article_id
)

SELECT
    listed.night,
    listed.article_id,
    listed.title,
    listed.url,
    listed.source_id,
    listed.source_name,
    listed.lang,
    listed.published_at,
    listed.published_precision,
    listed.text_id,
    listed.n_words,
    coalesce(origin.origin_id, listed.source_id) AS origin_id,
    coalesce(origin.origin_name, writer.name, origin.origin_id, listed.source_name)
        AS origin_name,
    coalesce(origin.role, 'origin') AS role,
    origin.via,
    origin.evidence,
    origin.own_share,
    coalesce(versions.n_versions, 1) AS n_versions
FROM told
JOIN article_list AS listed
    ON listed.night BETWEEN $first AND $last
    AND listed.night = told.night
    AND listed.article_id = told.article_id
LEFT JOIN article_origin AS origin
    ON origin.night BETWEEN $first AND $last
    AND origin.night = told.night
    AND origin.article_id = told.article_id
LEFT JOIN source AS writer
    ON writer.source_id = coalesce(origin.origin_id, listed.source_id)
LEFT JOIN versions
    ON versions.night = told.night AND versions.article_id = told.article_id
ORDER BY listed.published_at NULLS LAST, listed.article_id
LIMIT $limit
