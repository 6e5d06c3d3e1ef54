-- Names that are in the night far more, or far less, than the nights before.
-- What is compared are unique texts. Expected: the mean share of the name in the
-- nights before that were published, times the texts of this night; a night that
-- is missing is not taken for a zero, and one that brought little weighs little.
-- `surprise`: the difference of square roots, twice (Anscombe 1948), which for counts of
-- one mean has a deviation of about 1, small counts too.
WITH heads AS (
    SELECT night, n_texts
    FROM coverage_by_night
    WHERE night BETWEEN $first AND $night AND n_articles > n_untagged
),

past AS (
    SELECT count(*) AS n_nights, sum(n_texts) AS n_texts FROM heads WHERE night < $night
),

counted AS (
    SELECT
        entity_id,
        arg_max(name, night) AS name,
        arg_max(type, night) AS type,
        coalesce(sum(n_texts) FILTER (WHERE night = $night), 0)::BIGINT AS n_texts,
        coalesce(max(n_articles) FILTER (WHERE night = $night), 0) AS n_articles,
        coalesce(max(n_sources) FILTER (WHERE night = $night), 0) AS n_sources,
        coalesce(sum(n_texts) FILTER (WHERE night < $night), 0) AS n_before
    FROM entities_by_day
    WHERE night IN (SELECT night FROM heads)
    GROUP BY entity_id
),

expected AS (
    SELECT
        counted.*,
        past.n_nights,
        counted.n_before / past.n_texts * heads.n_texts AS n_expected
    FROM counted
    CROSS JOIN past
    JOIN heads ON heads.night = $night
    WHERE past.n_nights >= $least
)

SELECT
    *,
    2 * (sqrt(n_texts + 0.375) - sqrt(n_expected + 0.375)) AS surprise
FROM expected
WHERE abs(2 * (sqrt(n_texts + 0.375) - sqrt(n_expected + 0.375))) >= $threshold
ORDER BY abs(surprise) DESC, entity_id
LIMIT $limit
