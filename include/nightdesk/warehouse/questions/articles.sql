-- The articles found, the newest night first.
SELECT *
FROM found(
    $first::DATE, $last::DATE, $source, $lang, $region, $role, $entity, $made,
    $text::BIGINT, $origin, $tagged::BOOLEAN, $country, $company
)
ORDER BY night DESC, published_at DESC NULLS LAST, article_id
LIMIT $limit OFFSET $offset
