-- story_timeline: how each story of the night went: who told it, copied it, changed it.
-- Grain: event of a story of the mart top_stories (of one night), in order of time. An
-- article is an event at its time of publication, and each later version of it one at
-- the time of its capture. Events of other nights are shown too.
WITH member AS (
    SELECT story.story_id, told.night, told.article_id
    FROM top_stories AS story
    JOIN story_member AS told ON told.story_id = story.story_id
    WHERE story.night = $night::DATE
    UNION
    SELECT story.story_id, copy.night, copy.article_id
    FROM top_stories AS story
    JOIN cluster_member AS copy ON copy.cluster_id = story.story_id
    WHERE story.night = $night::DATE
),

told AS (
    SELECT
        member.story_id,
        article.published_at AS event_at,
        CASE
            WHEN article.article_id = member.story_id THEN 'first'
            WHEN origin.role = 'edit' THEN 'edit'
            WHEN copy.article_id IS NOT NULL AND NOT copy.is_canonical THEN 'copy'
            ELSE 'report'
        END AS event,
        article.article_id,
        article.night AS article_night,
        article.source_id,
        coalesce(origin.origin_id, article.source_id) AS origin_id,
        coalesce(copy.cluster_id, article.article_id) AS text_id,
        article.title,
        article.url
    FROM member
    JOIN article
        ON article.night = member.night AND article.article_id = member.article_id
    LEFT JOIN cluster_member AS copy
        ON copy.night = member.night AND copy.article_id = member.article_id
    LEFT JOIN article_origin AS origin
        ON origin.night = member.night AND origin.article_id = member.article_id
),

changed AS (
    SELECT
        told.* REPLACE (
            version.captured_at AS event_at,
            version.kind AS event,
            version.title AS title
        )
    FROM told
    JOIN article_version AS version
        ON version.night = told.article_night AND version.article_id = told.article_id
    WHERE version.n > 1 AND version.kind <> 'other_page'
),

events AS (
    SELECT * FROM told
    UNION ALL
    SELECT * FROM changed
)

SELECT
    $night::DATE AS night,
    events.story_id,
    row_number() OVER (
        PARTITION BY events.story_id
        ORDER BY events.event_at NULLS LAST, events.event <> 'first', events.article_id,
            events.event
    ) AS place,
    events.event_at,
    events.event,
    events.article_id,
    events.article_night,
    events.source_id,
    coalesce(source.name, events.source_id) AS source_name,
    events.origin_id,
    events.text_id,
    events.title,
    events.url
FROM events
LEFT JOIN source ON source.source_id = events.source_id
ORDER BY events.story_id, place
