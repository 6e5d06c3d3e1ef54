-- articles_by_region: how much of the night is about, mentions or happens in each region.
-- Grain: region x role (of one night). Regions without an article have no row.
-- A region holds what was tagged with it and, for the role, what was tagged with one of
-- its countries; so a desk added to regions.yaml counts without a new load.
-- n_sources counts who wrote: a copy counts for the origin of its text.
WITH country_of AS (
    SELECT region_id, unnest(countries) AS country
    FROM region
),

tagged_with AS (
    SELECT article_id, region_id, role, is_focus
    FROM article_region
    WHERE night = $night::DATE
    UNION ALL
    SELECT tag.article_id, country_of.region_id, tag.role, tag.is_focus
    FROM article_region AS tag
    JOIN country_of ON tag.region_id = 'iso:' || country_of.country
    WHERE tag.night = $night::DATE
),

tagged AS (
    SELECT article_id, region_id, role, bool_or(is_focus) AS is_focus
    FROM tagged_with
    GROUP BY article_id, region_id, role
),

total AS (
    SELECT count(*) FILTER (WHERE is_tagged) AS n_tagged
    FROM carried
    WHERE night = $night::DATE
)

SELECT
    $night::DATE AS night,
    tagged.region_id,
    coalesce(any_value(region.name), tagged.region_id) AS name,
    any_value(region.scheme) AS scheme,
    any_value(region.parent_id) AS parent_id,
    tagged.role,
    count(*) AS n_articles,
    count(*) FILTER (WHERE tagged.is_focus) AS n_focus,
    count(DISTINCT carried.text_id) AS n_texts,
    count(DISTINCT carried.origin_id) AS n_sources,
    count(*) FILTER (WHERE carried.is_tagged)
    / nullif(any_value(total.n_tagged), 0) AS share
FROM tagged
JOIN carried
    ON carried.night = $night::DATE AND carried.article_id = tagged.article_id
CROSS JOIN total
LEFT JOIN region ON region.region_id = tagged.region_id
GROUP BY tagged.region_id, tagged.role
ORDER BY tagged.role, n_articles DESC, tagged.region_id
