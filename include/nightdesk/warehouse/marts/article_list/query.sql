-- article_list: the articles of the night, to read or to export.
-- Grain: article (of one night), newest first. The focus region is the country that the
-- article is most about; is_copy: another source had the text.
WITH focus AS (
    SELECT
        tag.article_id,
        arg_min(tag.region_id, (-tag.score, tag.region_id)) AS region_id
    FROM article_region AS tag
    WHERE tag.night = $night::DATE
        AND tag.role = 'about'
        AND tag.is_focus
        AND tag.region_id LIKE 'iso:%'
    GROUP BY tag.article_id
)

SELECT
    article.night,
    article.article_id,
    article.title,
    article.url,
    article.source_id,
    coalesce(source.name, article.source_id) AS source_name,
    article.lang,
    article.published_at,
    article.published_precision,
    carried.text_id,
    carried.origin_id <> article.source_id AS is_copy,
    focus.region_id AS focus_id,
    coalesce(region.name, focus.region_id) AS focus_name,
    article.n_words,
    article.n_repeats
FROM article
LEFT JOIN source ON source.source_id = article.source_id
JOIN carried
    ON carried.night = article.night AND carried.article_id = article.article_id
LEFT JOIN focus ON focus.article_id = article.article_id
LEFT JOIN region ON region.region_id = focus.region_id
WHERE article.night = $night::DATE
ORDER BY article.published_at DESC NULLS LAST, article.article_id
