-- Everything that is known of one article but its text.
SELECT
    article.*,
    source.name AS source_name,
    source.country AS source_country,
    coalesce(member.cluster_id, article.article_id) AS text_id,
    origin.origin_id,
    coalesce(origin.origin_name, writer.name, origin.origin_id) AS origin_name,
    origin.via AS origin_via,
    origin.evidence,
    origin.role,
    origin.own_share
FROM article
LEFT JOIN source ON source.source_id = article.source_id
LEFT JOIN cluster_member AS member
    ON member.night = $night AND member.article_id = $article
LEFT JOIN article_origin AS origin
    ON origin.night = $night AND origin.article_id = $article
LEFT JOIN source AS writer ON writer.source_id = origin.origin_id
WHERE article.night = $night AND article.article_id = $article
