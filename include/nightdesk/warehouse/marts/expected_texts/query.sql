-- expected_texts: how many texts a region or entity would have tonight if nothing were new.
-- Grain: window x kind x item with 3 texts tonight or 3 expected (of one night). Counted
-- are unique texts, each once, as the source that had it first told it: copying moves
-- nothing.
-- What each source of `baseline` wrote tonight is multiplied by the item's share in that
-- source's own earlier nights (indirect standardisation by source): a night or a source
-- that is missing takes its texts out of both sides, so an outage is no drop. Half a text
-- is added to what was seen before, so that "never" is not "impossible".
WITH panel AS (
    SELECT unnest(sources) AS source_id, tag_version
    FROM baseline
    WHERE night = $night::DATE
),

first AS (
    SELECT
        night,
        arg_min(article_id, (article_id <> text_id, article_id)) AS article_id
    FROM attended
    WHERE kind = 'all'
        AND night BETWEEN $night::DATE - 28 AND $night::DATE
        AND tag_version IN (SELECT tag_version FROM panel)
    GROUP BY night, text_id
),

counted AS (
    SELECT
        attended.night,
        attended.kind,
        attended.item_id,
        attended.source_id,
        count(*) AS n_texts
    FROM attended
    JOIN first
        ON first.night = attended.night AND first.article_id = attended.article_id
    WHERE attended.night BETWEEN $night::DATE - 28 AND $night::DATE
        AND attended.source_id IN (SELECT source_id FROM panel)
    GROUP BY ALL
),

rate AS (
    SELECT
        span.days,
        source_id,
        sum(n_texts) FILTER (WHERE night = $night::DATE) AS n_tonight,
        sum(n_texts) FILTER (WHERE night < $night::DATE) AS n_before
    FROM counted
    CROSS JOIN (SELECT unnest([7, 28]) AS days) AS span
    WHERE kind = 'all' AND night >= $night::DATE - span.days
    GROUP BY ALL
    HAVING n_tonight > 0 AND n_before > 0
),

least AS (
    SELECT days, 0.5 * sum(n_tonight) / sum(n_before) AS n_texts
    FROM rate
    GROUP BY days
),

flow AS (
    SELECT
        rate.days,
        counted.kind,
        counted.item_id,
        sum(counted.n_texts) FILTER (WHERE counted.night = $night::DATE) AS n_compared,
        sum(counted.n_texts) FILTER (WHERE counted.night < $night::DATE) AS n_before,
        sum(counted.n_texts * rate.n_tonight / rate.n_before)
            FILTER (WHERE counted.night < $night::DATE) AS expected
    FROM counted
    JOIN rate
        ON rate.source_id = counted.source_id
        AND counted.night >= $night::DATE - rate.days
    WHERE counted.kind <> 'all'
    GROUP BY ALL
),

tested AS (
    SELECT
        least.days,
        item.kind,
        item.item_id,
        coalesce(flow.n_compared, 0)::BIGINT AS n_compared,
        coalesce(flow.n_before, 0)::BIGINT AS n_before,
        coalesce(flow.expected, 0) + least.n_texts AS expected
    FROM (SELECT DISTINCT kind, item_id FROM flow
        WHERE days = 28 AND (n_compared >= 3 OR expected >= 3)) AS item
    CROSS JOIN least
    LEFT JOIN flow
        ON flow.days = least.days
        AND flow.kind = item.kind
        AND flow.item_id = item.item_id
),

night_of AS (
    SELECT
        night,
        sum(n_texts) / (
            SELECT sum(n_texts) FROM counted WHERE kind = 'all' AND night = $night::DATE
        ) AS size
    FROM counted
    WHERE kind = 'all' AND night < $night::DATE
    GROUP BY night
),

item_night AS (
    SELECT night, kind, item_id, sum(n_texts) AS n_texts
    FROM counted
    WHERE kind <> 'all'
    GROUP BY ALL
),

spread AS (
    SELECT
        tested.days,
        tested.kind,
        tested.item_id,
        sum((coalesce(seen.n_texts, 0) - night_of.size * tested.expected) ** 2
            - night_of.size * tested.expected)
        / sum((night_of.size * tested.expected) ** 2) AS burst
    FROM tested
    JOIN night_of ON night_of.night >= $night::DATE - tested.days
    LEFT JOIN item_night AS seen
        ON seen.night = night_of.night
        AND seen.kind = tested.kind
        AND seen.item_id = tested.item_id
    GROUP BY ALL
)

SELECT
    $night::DATE AS night,
    tested.days,
    tested.kind,
    tested.item_id,
    tested.n_compared,
    tested.n_before,
    round(tested.expected, 6) AS expected,
    round(greatest(coalesce(spread.burst, 0), 0), 6) AS burst
FROM tested
LEFT JOIN spread
    ON spread.days = tested.days
    AND spread.kind = tested.kind
    AND spread.item_id = tested.item_id
ORDER BY tested.days, tested.kind, tested.item_id
