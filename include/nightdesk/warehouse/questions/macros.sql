-- found: the articles of these nights that meet every condition that is not NULL.
-- A region holds what was tagged with one of its countries, as in articles_by_region;
-- `wanted_made` is own, edited or copied, as in own_reporting; `wanted_country` is the
-- publisher's; none: not known. `wanted_company` is a second entity.
CREATE OR REPLACE TEMP MACRO found(
    first_night, last_night, wanted_source, wanted_lang, wanted_region, wanted_role,
    wanted_entity, wanted_made, wanted_text, wanted_origin, wanted_tagged,
    wanted_country, wanted_company
) AS TABLE
WITH listed AS (
    SELECT *
    FROM article_list
    WHERE night BETWEEN first_night AND last_night
        AND (wanted_source IS NULL OR source_id = wanted_source)
        AND (wanted_lang IS NULL OR coalesce(lang, 'none') = wanted_lang)
        AND (wanted_text IS NULL OR text_id = wanted_text)
        AND (
            wanted_region IS NULL
            OR article_id IN (
                SELECT article_id
                FROM article_region
                WHERE night BETWEEN first_night AND last_night
                    AND role = wanted_role
                    AND (
                        region_id = wanted_region
                        OR region_id IN (
                            SELECT 'iso:' || unnest(countries)
                            FROM region
                            WHERE region_id = wanted_region
                        )
                    )
            )
        )
        AND (
            wanted_entity IS NULL
            OR article_id IN (
                SELECT article_id
                FROM article_entity
                WHERE night BETWEEN first_night AND last_night
                    AND entity_id = wanted_entity
            )
        )
        AND (
            wanted_company IS NULL
            OR article_id IN (
                SELECT article_id
                FROM article_entity
                WHERE night BETWEEN first_night AND last_night
                    AND entity_id = wanted_company
            )
        )
        AND (
            wanted_country IS NULL
            OR source_id IN (
                SELECT source_id FROM source WHERE coalesce(country, 'none') = wanted_country
            )
        )
        AND (
            wanted_tagged IS NULL
            OR article_id IN (
                SELECT article_id
                FROM article
                WHERE night BETWEEN first_night AND last_night
                    AND is_tagged = wanted_tagged
            )
        )
)

SELECT
    listed.*,
    coalesce(origin.origin_id, listed.source_id) AS origin_id,
    coalesce(origin.origin_name, writer.name, origin.origin_id, listed.source_name)
        AS origin_name,
    coalesce(origin.role, 'origin') AS role
FROM listed
LEFT JOIN article_origin AS origin
    ON origin.night BETWEEN first_night AND last_night
    AND origin.night = listed.night
    AND origin.article_id = listed.article_id
LEFT JOIN source AS writer
    ON writer.source_id = coalesce(origin.origin_id, listed.source_id)
WHERE (
        wanted_origin IS NULL
        OR coalesce(origin.origin_id, listed.source_id) = wanted_origin
    )
    AND (
        wanted_made IS NULL
        OR wanted_made = CASE
            WHEN coalesce(origin.origin_id, listed.source_id) = listed.source_id THEN 'own'
            WHEN origin.role = 'edit' THEN 'edited'
            ELSE 'copied'
        END
    );
