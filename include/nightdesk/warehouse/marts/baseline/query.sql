-- baseline: which nights and sources the night can be compared with.
-- Grain: night. A night before that was not built, or that another tagger read, is left
-- out; a source counts if it has a text tonight and in half of the nights that are left.
-- So neither an outage nor a source that came or went looks like news.
WITH built AS (
    SELECT night, source_id, text_id, tag_version
    FROM attended
    WHERE kind = 'all' AND night BETWEEN $night::DATE - 28 AND $night::DATE
),

tagger AS (
    SELECT tag_version
    FROM built
    WHERE night = $night::DATE
    GROUP BY tag_version
    ORDER BY count(*) DESC, tag_version
    LIMIT 1
),

alike AS (
    SELECT built.night, built.source_id
    FROM built
    JOIN tagger ON tagger.tag_version = built.tag_version
    GROUP BY ALL
),

nights AS (
    SELECT
        count(DISTINCT night) FILTER (WHERE night >= $night::DATE - 7) AS n_nights_7,
        count(DISTINCT night) AS n_nights_28
    FROM alike
    WHERE night < $night::DATE
),

known AS (
    SELECT
        alike.source_id,
        bool_or(alike.night = $night::DATE) AS is_tonight,
        2 * count(*) FILTER (WHERE alike.night < $night::DATE)
        >= greatest(any_value(nights.n_nights_28), 1) AS is_usual
    FROM alike
    CROSS JOIN nights
    GROUP BY alike.source_id
)

SELECT
    $night::DATE AS night,
    nights.n_nights_7,
    nights.n_nights_28,
    (
        SELECT count(DISTINCT night)
        FROM built
        WHERE night < $night::DATE AND night NOT IN (SELECT night FROM alike)
    ) AS n_nights_other_tagger,
    (SELECT tag_version FROM tagger) AS tag_version,
    coalesce((
        SELECT list(source_id ORDER BY source_id)
        FROM known
        WHERE is_tonight AND is_usual
    ), []) AS sources,
    coalesce((
        SELECT list(source_id ORDER BY source_id)
        FROM known
        WHERE is_tonight AND NOT is_usual
    ), []) AS new_sources,
    coalesce((
        SELECT list(source_id ORDER BY source_id)
        FROM known
        WHERE is_usual AND NOT is_tonight
    ), []) AS absent_sources
FROM nights
ORDER BY night
