-- Countries as tagged, and every region that holds them: desks and macro regions are
-- applied here, so that editing regions.yaml needs no tagging again. A region that is
-- named itself ("the Sahel") adds to that region and to no country.
INSERT INTO article_region BY NAME
WITH tagged AS (
    SELECT article_id, c.country, c.score, c.share, c.n_mentions, c.role, c.is_focus
    FROM (SELECT article_id, unnest(countries) AS c FROM in_tags)
),

held AS (
    SELECT id AS region_id, unnest(countries) AS country FROM in_region
),

direct AS (
    SELECT article_id, m.place_id AS region_id, count(*) AS n_mentions
    FROM (SELECT article_id, unnest(mentions) AS m FROM in_tags)
    WHERE m.place_id IN (SELECT id FROM in_region WHERE scheme = 'macro')
    GROUP BY article_id, m.place_id
),

said AS (
    SELECT t.article_id, h.region_id, t.role, t.score, t.share, t.n_mentions, t.is_focus
    FROM tagged AS t
    JOIN held AS h USING (country)
    UNION ALL BY NAME
    SELECT article_id, region_id, 'mentioned' AS role, n_mentions::DOUBLE AS score,
        0.0 AS share, n_mentions, false AS is_focus
    FROM direct
    UNION ALL BY NAME
    SELECT a.article_id, h.region_id, 'publisher' AS role, 0.0 AS score, 0.0 AS share,
        0 AS n_mentions, false AS is_focus
    FROM in_article AS a
    JOIN in_source AS s ON s.id = a.source_id
    JOIN held AS h ON h.country = s.country
)

SELECT
    $night AS night,
    article_id,
    region_id,
    role,
    round(sum(score), 6) AS score,
    round(sum(share), 6) AS share,
    sum(n_mentions)::BIGINT AS n_mentions,
    bool_or(is_focus) AS is_focus
FROM said
GROUP BY article_id, region_id, role
