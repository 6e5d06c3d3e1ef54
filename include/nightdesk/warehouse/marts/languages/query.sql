-- languages: in which languages the night was written, and which cannot be tagged yet.
-- Grain: language, and one row with lang NULL where it is not known (of one night).
WITH carried AS (
    SELECT
        article.lang,
        article.is_tagged,
        article.source_id,
        coalesce(member.cluster_id, article.article_id) AS text_id
    FROM article
    LEFT JOIN cluster_member AS member
        ON member.night = article.night AND member.article_id = article.article_id
    WHERE article.night = $night::DATE
)

SELECT
    $night::DATE AS night,
    lang,
    count(*) AS n_articles,
    count(DISTINCT text_id) AS n_texts,
    count(DISTINCT source_id) AS n_publishers,
    count(*) FILTER (WHERE NOT is_tagged) AS n_untagged
FROM carried
GROUP BY lang
ORDER BY n_articles DESC, lang NULLS LAST
