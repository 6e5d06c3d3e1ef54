-- attention: how much of the night goes to each region and each entity, in three units.
-- Grain: kind x item (of one night), and one row `all`, the whole that shares are of.
WITH total AS (
    SELECT
        count(*) AS n_articles,
        count(DISTINCT text_id) AS n_texts,
        count(DISTINCT origin_id) AS n_sources
    FROM attended
    WHERE night = $night::DATE AND kind = 'all'
)

SELECT
    $night::DATE AS night,
    attended.kind,
    attended.item_id,
    min(attended.name) AS name,
    min(attended.type) AS type,
    count(*) AS n_articles,
    count(DISTINCT attended.text_id) AS n_texts,
    count(DISTINCT attended.origin_id) AS n_sources,
    count(*) / any_value(total.n_articles) AS share_articles,
    count(DISTINCT attended.text_id) / any_value(total.n_texts) AS share_texts,
    count(DISTINCT attended.origin_id) / any_value(total.n_sources) AS share_sources
FROM attended
CROSS JOIN total
WHERE attended.night = $night::DATE
GROUP BY attended.kind, attended.item_id
ORDER BY attended.kind, n_sources DESC, n_texts DESC, n_articles DESC, attended.item_id
