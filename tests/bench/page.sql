-- One night of the page's measurement, from made(i, night, article_id): a fifth of the
-- articles are copies in clusters of two, a third stand in stories of three; eight names
-- of 5,000 and three regions an article, fourteen mentions, 600 words of text.
INSERT INTO source BY NAME
SELECT 's' || i AS source_id, 'Source ' || i AS name, 'rss' AS kind,
    'https://s' || i || '.example/feed' AS feed_url, 'C' || (i % 60) AS country,
    true AS is_enabled
FROM range(300) AS s(i);

INSERT INTO region BY NAME
SELECT 'iso:C' || i AS region_id, 'Country ' || i AS name, 'country' AS scheme,
    ['C' || i] AS countries
FROM range(150) AS r(i)
UNION ALL
SELECT 'desk:' || i, 'Desk ' || i, 'desk', ['C' || i, 'C' || (i + 1), 'C' || (i + 2)]
FROM range(20) AS d(i);

INSERT INTO article BY NAME
SELECT
    night,
    article_id,
    'https://s' || (i % 300) || '.example/' || i AS canonical_url,
    canonical_url AS url,
    's' || (i % 300) AS source_id,
    'Title of article ' || i || ' with some words in it' AS title,
    CASE WHEN i % 10 < 8 THEN 'en' ELSE 'fr' END AS lang,
    (night + INTERVAL (i % 1440) MINUTE)::TIMESTAMPTZ AS published_at,
    'second' AS published_precision,
    md5(i::VARCHAR) AS text_hash,
    md5(i::VARCHAR) AS page_digest,
    600 AS n_words,
    10 AS n_paragraphs,
    0 AS n_repeats,
    i % 10 < 8 AS is_tagged,
    'feed' AS via,
    'v' AS extract_version,
    'v' AS tag_version
FROM made;

INSERT INTO article_text BY NAME
SELECT
    night,
    article_id,
    array_to_string(
        list_transform(
            range(600),
            lambda n: 'w' || (hash(i * 600 + n) % 50000)
            || CASE WHEN n % 60 = 59 THEN chr(10) ELSE ' ' END
        ),
        ''
    ) AS text
FROM made;

INSERT INTO article_version BY NAME
SELECT night, article_id, text_hash, page_digest, title, n_words, 1 AS n FROM article;

INSERT INTO entry BY NAME
SELECT night, source_id, url, canonical_url, article_id, title, 'loaded' AS bin,
    'feed' AS via
FROM article;

INSERT INTO coverage BY NAME
SELECT any_value(night) AS night, source_id, 'ok' AS status, count(*) AS n_seen,
    count(*) AS n_loaded, 0 AS n_duplicate, 0 AS n_rejected, 0 AS n_failed,
    0 AS n_pending
FROM article
GROUP BY source_id;

INSERT INTO article_origin BY NAME
SELECT night, article_id, 's' || ((i - (i % 10 = 1)::INTEGER) % 300) AS origin_id,
    'first_seen' AS via, CASE WHEN i % 10 = 1 THEN 'copy' ELSE 'origin' END AS role,
    0 AS own_share
FROM made;

INSERT INTO cluster_member BY NAME
SELECT night, article_id - i % 10 AS cluster_id, article_id, i % 10 = 0 AS is_canonical
FROM made
WHERE i % 10 < 2;

INSERT INTO cluster BY NAME
SELECT night, cluster_id, 2 AS n_articles, 2 AS n_sources, night AS first_night,
    night AS last_night
FROM cluster_member
WHERE is_canonical;

INSERT INTO story_member BY NAME
SELECT night, article_id - i % 9 AS story_id, article_id, i % 9 = 0 AS is_first
FROM made
WHERE i % 9 < 3;

INSERT INTO story BY NAME
SELECT night, story_id, 3 AS n_articles, 3 AS n_texts, 3 AS n_sources,
    night AS first_night, night AS last_night
FROM story_member
WHERE is_first;

INSERT INTO article_entity BY NAME
SELECT DISTINCT ON (article_id, entity_id)
    night,
    article_id,
    'Q' || least(4999, (5000 * pow((hash(i * 8 + n) % 10000) / 10000, 3))::BIGINT)
        AS entity_id,
    CASE WHEN n < 4 THEN 'PER' ELSE 'ORG' END AS type,
    2 AS n_mentions,
    n * 100 AS first_offset,
    false AS is_in_title
FROM made, range(8) AS e(n);

INSERT INTO entity BY NAME
SELECT DISTINCT night, entity_id, 'Name of ' || entity_id AS name, 'PER' AS type
FROM article_entity;

INSERT INTO mention BY NAME
SELECT
    night,
    article_id,
    'text' AS field,
    first_offset + k * 40 AS start_offset,
    first_offset + k * 40 + 10 AS end_offset,
    'Surface ' || entity_id AS surface,
    type,
    entity_id,
    'model' AS rule,
    0.9 AS score
FROM article_entity, range(2) AS m(k);

INSERT INTO article_region BY NAME
SELECT
    night,
    article_id,
    'iso:C' || ((hash(i) + n * 17) % 150) AS region_id,
    CASE WHEN n = 0 THEN 'about' ELSE 'mentioned' END AS role,
    1.5 AS score,
    0.5 AS share,
    2 AS n_mentions,
    n = 0 AS is_focus
FROM made, range(3) AS r(n)
WHERE i % 10 < 8;

INSERT INTO load_ledger BY NAME
SELECT any_value(night) AS night, 1 AS seq, '' AS capture_digest, '' AS article_digest,
    count(*) AS n_seen, count(*) AS n_loaded, '' AS run_id, '' AS code_version,
    '' AS sources_digest, now() AS loaded_at
FROM made;
