-- top_stories: what was reported by most independent sources, in however many words.
-- Grain: story with an article in the night, of two articles or more, the first 200 (of
-- one night). A text and its copies that nobody else reported is an item too: of one
-- source, and so are copies that come too late for the story of their text. The whole
-- story is shown, its articles of other nights too; for those the tables are read and
-- not `carried`, which is for one night.
WITH tonight AS (
    SELECT story_id, count(*) AS n_tonight
    FROM carried
    WHERE night = $night::DATE
    GROUP BY story_id
),

told AS (
    SELECT tonight.story_id, member.night, member.article_id
    FROM tonight
    JOIN story_member AS member ON member.story_id = tonight.story_id
    WHERE tonight.story_id IN (
        SELECT story_id FROM story_member WHERE night = $night::DATE
    )
    UNION ALL
    SELECT tonight.story_id, member.night, member.article_id
    FROM tonight
    JOIN cluster_member AS member ON member.cluster_id = tonight.story_id
    WHERE tonight.story_id NOT IN (
        SELECT story_id FROM story_member WHERE night = $night::DATE
    )
),

reported AS (
    SELECT
        told.story_id,
        coalesce(copy.cluster_id, told.article_id) AS text_id,
        coalesce(origin.origin_id, article.source_id) AS origin_id,
        article.article_id,
        article.source_id,
        coalesce(source.name, article.source_id) AS source_name,
        article.title,
        article.url,
        article.published_at
    FROM told
    JOIN article ON article.night = told.night AND article.article_id = told.article_id
    LEFT JOIN cluster_member AS copy
        ON copy.night = told.night AND copy.article_id = told.article_id
    LEFT JOIN article_origin AS origin
        ON origin.night = told.night AND origin.article_id = told.article_id
    LEFT JOIN source ON source.source_id = article.source_id
),

texts AS (
    SELECT
        story_id,
        text_id,
        any_value(origin_id) AS origin_id,
        count(*) AS n_articles,
        arg_min(
            struct_pack(article_id, source_id, source_name, title, url, published_at),
            (article_id <> text_id, published_at IS NULL, published_at, article_id)
        ) AS head
    FROM reported
    GROUP BY story_id, text_id
),

summed AS (
    SELECT
        story_id,
        sum(n_articles)::BIGINT AS n_articles,
        count(*) AS n_texts,
        count(DISTINCT origin_id) AS n_sources,
        min(head.published_at) AS first_published_at,
        arg_min(head, (text_id <> story_id, text_id)) AS head,
        list(
            struct_pack(
                article_id := head.article_id,
                source_id := head.source_id,
                source_name := head.source_name,
                origin_id := origin_id,
                title := head.title,
                url := head.url,
                published_at := head.published_at,
                n_articles := n_articles
            )
            ORDER BY head.published_at NULLS LAST, text_id
        ) AS reports
    FROM texts
    GROUP BY story_id
    HAVING sum(n_articles) > 1
)

SELECT
    $night::DATE AS night,
    row_number() OVER (
        ORDER BY summed.n_sources DESC, summed.n_texts DESC, summed.n_articles DESC,
            summed.story_id
    ) AS rank,
    summed.story_id,
    summed.head.title AS title,
    summed.head.source_id AS source_id,
    summed.head.source_name AS source_name,
    summed.head.url AS url,
    summed.n_articles,
    summed.n_texts,
    summed.n_sources,
    tonight.n_tonight,
    summed.first_published_at,
    summed.reports
FROM summed
JOIN tonight ON tonight.story_id = summed.story_id
ORDER BY rank
LIMIT 200
