-- unusual: which regions and entities got more or less attention than they usually do.
-- Grain: kind x item of the mart expected_texts (of one night), the surest first.
-- Counts are small and news comes in bursts: the tail is that of a negative binomial, a
-- Poisson rate that is known from finitely many texts (gamma posterior under Jeffreys'
-- prior) and varies from night to night by `burst`. A normal tail would find rises
-- everywhere among names of few texts. Both sides are looked at, hence twice the smaller
-- tail; the weaker of the two windows counts, so that the third day of a rise is none;
-- q is the false discovery rate (Benjamini and Hochberg 1995) over the kind's tests.
-- A night with fewer than 7 nights before it says so instead of judging.
WITH shape AS (
    SELECT
        *,
        1 / (1 / (n_before + 0.5) + burst) AS size,
        n_compared >= expected AS is_more
    FROM expected_texts
    WHERE night = $night::DATE
),

tail AS (
    SELECT
        days,
        kind,
        item_id,
        is_more,
        list_sum([
            exp(
                lgamma(k + size) - lgamma(size) - lgamma(k + 1)
                + size * ln(size / (size + expected))
                + k * ln(expected / (size + expected))
            )
            FOR k IN range(n_compared + CASE WHEN is_more THEN 0 ELSE 1 END)
        ]) AS below
    FROM shape
),

judged AS (
    SELECT
        shape.kind,
        shape.item_id,
        max(shape.n_compared) FILTER (WHERE shape.days = 28) AS n_compared,
        max(shape.expected) FILTER (WHERE shape.days = 7) AS expected_7,
        max(shape.expected) FILTER (WHERE shape.days = 28) AS expected_28,
        bool_and(shape.is_more) AS is_rise,
        bool_and(NOT shape.is_more) AS is_drop,
        round(max(least(1, 2 * greatest(
            CASE WHEN shape.is_more THEN 1 - coalesce(tail.below, 0) ELSE tail.below END,
            1e-9
        ))), 9) AS p
    FROM shape
    JOIN tail
        ON tail.days = shape.days
        AND tail.kind = shape.kind
        AND tail.item_id = shape.item_id
    GROUP BY shape.kind, shape.item_id
),

ranked AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY kind) AS n_tests,
        count(*) OVER (PARTITION BY kind ORDER BY p) AS n_up_to
    FROM judged
),

controlled AS (
    SELECT
        *,
        round(least(1, min(p * n_tests / n_up_to) OVER (
            PARTITION BY kind ORDER BY p DESC
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )), 9) AS q
    FROM ranked
),

focused AS (
    SELECT region_id, count(DISTINCT article_id) AS n_focus
    FROM article_region
    WHERE night = $night::DATE AND role = 'about' AND is_focus
    GROUP BY region_id
),

told AS (
    SELECT kind, item_id, story_id, count(DISTINCT text_id) AS n_texts,
        count(DISTINCT origin_id) AS n_sources,
        arg_min(attended.article_id, (published_at, attended.article_id)) AS article_id
    FROM attended
    JOIN article
        ON article.night = attended.night AND article.article_id = attended.article_id
    WHERE attended.night = $night::DATE AND kind <> 'all'
    GROUP BY kind, item_id, story_id
    QUALIFY row_number() OVER (
        PARTITION BY kind, item_id ORDER BY n_sources DESC, n_texts DESC, story_id
    ) <= 3
),

explained AS (
    SELECT told.kind, told.item_id,
        list(struct_pack(
            story_id := told.story_id, article_id := told.article_id,
            title := article.title, url := article.url,
            n_texts := told.n_texts, n_sources := told.n_sources
        ) ORDER BY told.n_sources DESC, told.n_texts DESC, told.story_id) AS stories
    FROM told
    JOIN article ON article.night = $night::DATE AND article.article_id = told.article_id
    GROUP BY told.kind, told.item_id
),

name_of AS (
    SELECT kind, item_id, arg_max(name, night) AS name, arg_max(type, night) AS type
    FROM attended
    WHERE night BETWEEN $night::DATE - 28 AND $night::DATE
    GROUP BY kind, item_id
)

SELECT
    $night::DATE AS night,
    controlled.kind,
    controlled.item_id,
    name_of.name,
    name_of.type,
    CASE
        WHEN baseline.n_nights_28 < 7 THEN 'too_few_nights'
        WHEN controlled.q > 0.05 THEN 'usual'
        WHEN controlled.is_rise THEN 'rise'
        WHEN controlled.is_drop THEN 'drop'
        ELSE 'usual'
    END AS verdict,
    coalesce(attention.n_articles, 0) AS n_articles,
    coalesce(attention.n_texts, 0) AS n_texts,
    coalesce(attention.n_sources, 0) AS n_sources,
    coalesce(focused.n_focus, 0) AS n_focus,
    controlled.n_compared,
    controlled.expected_7,
    controlled.expected_28,
    controlled.p,
    controlled.q,
    explained.stories
FROM controlled
CROSS JOIN (SELECT n_nights_28 FROM baseline WHERE night = $night::DATE) AS baseline
JOIN name_of
    ON name_of.kind = controlled.kind AND name_of.item_id = controlled.item_id
LEFT JOIN attention
    ON attention.night = $night::DATE
    AND attention.kind = controlled.kind
    AND attention.item_id = controlled.item_id
LEFT JOIN focused
    ON controlled.kind = 'region' AND focused.region_id = controlled.item_id
LEFT JOIN explained
    ON explained.kind = controlled.kind AND explained.item_id = controlled.item_id
ORDER BY controlled.kind, controlled.q, controlled.p, n_focus DESC,
    controlled.n_compared DESC, controlled.item_id
