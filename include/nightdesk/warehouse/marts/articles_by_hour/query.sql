-- articles_by_hour: when the articles of the night were published.
-- Grain: hour, and one row with hour NULL for the rest (of one night). The rest states a
-- day only, no time at all, or a time outside the UTC day that owns it.
-- Seconds since midnight, not extract(hour): that would follow the session's time zone.
WITH timed AS (
    SELECT
        article.article_id,
        carried.text_id,
        CASE
            WHEN article.published_precision = 'second'
                THEN floor((epoch(article.published_at) - epoch($night::DATE)) / 3600)
        END AS hour
    FROM article
    JOIN carried
        ON carried.night = article.night AND carried.article_id = article.article_id
    WHERE article.night = $night::DATE
),

placed AS (
    SELECT
        article_id,
        text_id,
        CASE WHEN hour BETWEEN 0 AND 23 THEN hour::INTEGER END AS hour
    FROM timed
)

SELECT
    $night::DATE AS night,
    hour,
    count(*) AS n_articles,
    count(DISTINCT text_id) AS n_texts
FROM placed
GROUP BY hour
ORDER BY hour NULLS LAST
