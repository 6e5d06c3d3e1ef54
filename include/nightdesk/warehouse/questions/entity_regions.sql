-- What the articles that name an entity are about.
SELECT
    tag.region_id,
    coalesce(any_value(region.name), tag.region_id) AS name,
    count(*) AS n_articles,
    count(*) FILTER (WHERE tag.is_focus) AS n_focus
FROM article_entity AS told
JOIN article_region AS tag
    ON tag.night BETWEEN $first AND $last
    AND tag.night = told.night
    AND tag.article_id = told.article_id
    AND tag.role = 'about'
LEFT JOIN region ON region.region_id = tag.region_id
WHERE told.night BETWEEN $first AND $last
    AND told.entity_id = $entity
    AND region.scheme = 'country'
GROUP BY tag.region_id
ORDER BY n_articles DESC, tag.region_id
LIMIT $limit
