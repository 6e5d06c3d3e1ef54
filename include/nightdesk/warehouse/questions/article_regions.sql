-- The regions of an article by role, the strongest first.
SELECT tag.region_id, coalesce(region.name, tag.region_id) AS name, tag.role,
    tag.score, tag.share, tag.n_mentions, tag.is_focus
FROM article_region AS tag
LEFT JOIN region ON region.region_id = tag.region_id
WHERE tag.night = $night AND tag.article_id = $article
ORDER BY tag.role, tag.score DESC, tag.region_id
