-- desk_days: what desks got in days of their own time zone, as far as the night knows.
-- Grain: desk x local day (of one night): the last day that was over there when the
-- night ended, and the day that had begun. A desk without a time zone has no row.
-- A local day lies in two nights; an article that states a day only counts on that day.
WITH desk AS (
    SELECT
        region_id,
        name,
        timezone AS zone,
        countries,
        timezone(timezone, timezone('UTC', ($night::DATE + 1)::TIMESTAMP)) AS ends_at
    FROM region
    WHERE scheme = 'desk' AND timezone IS NOT NULL
),

local_day AS (
    SELECT region_id, name, zone, ends_at::DATE - 1 AS day, true AS is_over FROM desk
    UNION ALL
    SELECT region_id, name, zone, ends_at::DATE, false
    FROM desk
    WHERE ends_at > ends_at::DATE
),

spanned AS (
    SELECT
        *,
        NOT is_over
        OR timezone('UTC', timezone(zone, day::TIMESTAMP))::DATE >= $night::DATE
        OR EXISTS (SELECT 1 FROM coverage WHERE coverage.night = $night::DATE - 1)
            AS is_known
    FROM local_day
),

country_of AS (
    SELECT region_id, zone, 'iso:' || unnest(countries) AS country FROM desk
    UNION ALL
    SELECT region_id, zone, region_id FROM desk
),

about AS (
    SELECT DISTINCT country_of.region_id, country_of.zone, tag.night, tag.article_id
    FROM article_region AS tag
    JOIN country_of ON country_of.country = tag.region_id
    WHERE tag.night BETWEEN $night::DATE - 1 AND $night::DATE AND tag.role = 'about'
),

placed AS (
    SELECT
        about.region_id,
        carried.article_id,
        carried.text_id,
        carried.origin_id,
        CASE
            WHEN article.published_precision = 'second'
                THEN timezone(about.zone, article.published_at)::DATE
            ELSE coalesce(article.published_on, article.night)
        END AS day
    FROM about
    JOIN article
        ON article.night = about.night AND article.article_id = about.article_id
    JOIN carried
        ON carried.night = about.night AND carried.article_id = about.article_id
    WHERE carried.night BETWEEN $night::DATE - 1 AND $night::DATE
)

SELECT
    $night::DATE AS night,
    spanned.region_id,
    any_value(spanned.name) AS name,
    any_value(spanned.zone) AS timezone,
    spanned.day,
    CASE
        WHEN NOT any_value(spanned.is_over) THEN 'provisional'
        WHEN any_value(spanned.is_known) THEN 'whole'
        ELSE 'partial'
    END AS status,
    count(placed.article_id) AS n_articles,
    count(DISTINCT placed.text_id) AS n_texts,
    count(DISTINCT placed.origin_id) AS n_sources
FROM spanned
LEFT JOIN placed
    ON placed.region_id = spanned.region_id AND placed.day = spanned.day
WHERE EXISTS (SELECT 1 FROM coverage WHERE coverage.night = $night::DATE)
GROUP BY spanned.region_id, spanned.day
ORDER BY spanned.region_id, spanned.day
