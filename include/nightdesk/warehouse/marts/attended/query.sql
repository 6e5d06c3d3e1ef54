-- attended: the rows behind every count of attention.
-- Grain: kind x item x article (of one night): each tagged article under each region it is
-- about, each entity it names, and once under `all`. Ids that people merged since are the
-- new ones. A region holds what was tagged with it or with one of its countries.
WITH counted AS (
    SELECT carried.*, article.tag_version
    FROM carried
    JOIN article
        ON article.night = carried.night AND article.article_id = carried.article_id
    WHERE carried.night = $night::DATE AND carried.is_tagged
),

country_of AS (
    SELECT region_id, unnest(countries) AS country
    FROM region
),

about AS (
    SELECT article_id, region_id
    FROM article_region
    WHERE night = $night::DATE AND role = 'about'
    UNION
    SELECT tag.article_id, country_of.region_id
    FROM article_region AS tag
    JOIN country_of ON tag.region_id = 'iso:' || country_of.country
    WHERE tag.night = $night::DATE AND tag.role = 'about'
),

named AS (
    SELECT
        found.article_id,
        coalesce(alias.entity_id, found.entity_id) AS entity_id,
        min(found.type) AS type
    FROM article_entity AS found
    LEFT JOIN entity_alias AS alias ON alias.old_id = found.entity_id
    WHERE found.night = $night::DATE
    GROUP BY ALL
),

name_of AS (
    SELECT
        coalesce(alias.entity_id, entity.entity_id) AS entity_id,
        arg_min(entity.name, (alias.old_id IS NOT NULL, entity.name)) AS name
    FROM entity
    LEFT JOIN entity_alias AS alias ON alias.old_id = entity.entity_id
    WHERE entity.night = $night::DATE
    GROUP BY ALL
),

item AS (
    SELECT article_id, 'all' AS kind, 'all' AS item_id, 'all' AS name, NULL AS type
    FROM counted
    UNION ALL
    SELECT
        about.article_id, 'region', about.region_id,
        coalesce(region.name, about.region_id), region.scheme
    FROM about
    LEFT JOIN region ON region.region_id = about.region_id
    UNION ALL
    SELECT
        named.article_id, 'entity', named.entity_id,
        coalesce(name_of.name, named.entity_id), named.type
    FROM named
    LEFT JOIN name_of ON name_of.entity_id = named.entity_id
)

SELECT
    $night::DATE AS night,
    item.kind,
    item.item_id,
    item.name,
    item.type,
    counted.article_id,
    counted.source_id,
    counted.text_id,
    counted.origin_id,
    counted.story_id,
    counted.tag_version
FROM item
JOIN counted ON counted.article_id = item.article_id
ORDER BY item.kind, item.item_id, counted.article_id
