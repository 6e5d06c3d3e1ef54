-- own_reporting: how much of what each source published it wrote itself.
-- Grain: source with an article in the night (of one night).
-- Own: nobody else is named or was there first. Edited: another's text with text of its
-- own, copied: another's text as it is.
WITH made AS (
    SELECT
        carried.source_id,
        carried.text_id,
        carried.origin_id = carried.source_id AS is_own,
        coalesce(origin.role = 'edit', false) AS is_edited
    FROM carried
    LEFT JOIN article_origin AS origin
        ON origin.night = carried.night AND origin.article_id = carried.article_id
    WHERE carried.night = $night::DATE
)

SELECT
    $night::DATE AS night,
    made.source_id,
    coalesce(any_value(source.name), made.source_id) AS name,
    any_value(source.country) AS country,
    count(*) AS n_articles,
    count(DISTINCT made.text_id) AS n_texts,
    count(*) FILTER (WHERE made.is_own) AS n_own,
    count(*) FILTER (WHERE NOT made.is_own AND made.is_edited) AS n_edited,
    count(*) FILTER (WHERE NOT made.is_own AND NOT made.is_edited) AS n_copied,
    count(*) FILTER (WHERE made.is_own) / count(*) AS own_share
FROM made
LEFT JOIN source ON source.source_id = made.source_id
GROUP BY made.source_id
ORDER BY n_own DESC, n_articles DESC, made.source_id
