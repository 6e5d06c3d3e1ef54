-- Who wrote the articles found, those with most texts first.
SELECT
    origin_id,
    min(origin_name) AS origin_name,
    count(*) AS n_articles,
    count(DISTINCT text_id) AS n_texts,
    count(DISTINCT source_id) AS n_publishers
FROM found(
    $first::DATE, $last::DATE, $source, $lang, $region, $role, $entity, $made,
    $text::BIGINT, $origin, $tagged::BOOLEAN, $country, $company
)
GROUP BY origin_id
ORDER BY n_texts DESC, n_articles DESC, origin_id
LIMIT $limit OFFSET $offset
