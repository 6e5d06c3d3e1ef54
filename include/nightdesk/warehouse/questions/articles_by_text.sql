-- The texts of the articles found, those that most articles carry first.
SELECT
    text_id,
    arg_min(title, (article_id <> text_id, published_at, article_id)) AS title,
    arg_min(origin_name, (article_id <> text_id, published_at, article_id)) AS origin_name,
    min(night) AS first_night,
    max(night) AS last_night,
    count(*) AS n_articles,
    count(DISTINCT source_id) AS n_publishers
FROM found(
    $first::DATE, $last::DATE, $source, $lang, $region, $role, $entity, $made,
    $text::BIGINT, $origin, $tagged::BOOLEAN, $country, $company
)
GROUP BY text_id
ORDER BY n_articles DESC, text_id
LIMIT $limit OFFSET $offset
