-- How many articles were found, in the three units.
SELECT
    count(*) AS n_articles,
    count(DISTINCT text_id) AS n_texts,
    count(DISTINCT origin_id) AS n_sources
FROM found(
    $first::DATE, $last::DATE, $source, $lang, $region, $role, $entity, $made,
    $text::BIGINT, $origin, $tagged::BOOLEAN, $country, $company
)
