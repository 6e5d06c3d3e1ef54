-- new_names: who is named tonight and was not in the 90 nights before.
-- Grain: entity (of one night). n_nights says how many of the 90 were built: on a first
-- night everybody is new. Ids that people merged are one.
WITH known AS (
    SELECT DISTINCT coalesce(alias.entity_id, entity.entity_id) AS entity_id
    FROM entity
    LEFT JOIN entity_alias AS alias ON alias.old_id = entity.entity_id
    WHERE entity.night BETWEEN $night::DATE - 90 AND $night::DATE - 1
),

built AS (
    SELECT count(DISTINCT night) AS n_nights
    FROM coverage
    WHERE night BETWEEN $night::DATE - 90 AND $night::DATE - 1
),

first AS (
    SELECT
        attended.item_id,
        arg_min(
            struct_pack(article_id := article.article_id, title := article.title,
                url := article.url, source_id := article.source_id),
            (article.published_at IS NULL, article.published_at, article.article_id)
        ) AS head
    FROM attended
    JOIN article
        ON article.night = attended.night AND article.article_id = attended.article_id
    WHERE attended.night = $night::DATE AND attended.kind = 'entity'
    GROUP BY attended.item_id
)

SELECT
    attention.night,
    attention.item_id AS entity_id,
    attention.name,
    attention.type,
    attention.n_articles,
    attention.n_texts,
    attention.n_sources,
    built.n_nights,
    first.head.article_id AS article_id,
    first.head.title AS title,
    first.head.url AS url,
    first.head.source_id AS source_id
FROM attention
JOIN first ON first.item_id = attention.item_id
CROSS JOIN built
WHERE attention.night = $night::DATE
    AND attention.kind = 'entity'
    AND attention.item_id NOT IN (SELECT entity_id FROM known)
ORDER BY attention.n_sources DESC, attention.n_texts DESC, attention.n_articles DESC,
    attention.item_id
