-- Fill a warehouse from the table made(i, night, article_id): twelve hashes an article,
-- every twentieth and its neighbour a cluster and a story.
INSERT INTO article BY NAME
SELECT
    night,
    article_id,
    'https://s.example/' || i AS canonical_url,
    'https://s.example/' || i AS url,
    's' || (i % 20) AS source_id,
    'Title ' || i AS title,
    (night + INTERVAL 12 HOUR)::TIMESTAMPTZ AS published_at,
    md5(i::VARCHAR) AS text_hash,
    md5(i::VARCHAR) AS page_digest,
    300 AS n_words,
    9 AS n_paragraphs,
    0 AS n_repeats,
    true AS is_tagged,
    'feed' AS via,
    'v' AS extract_version,
    'v' AS tag_version
FROM made;

INSERT INTO article_text BY NAME
SELECT night, article_id, repeat(md5(i::VARCHAR), 9) AS text FROM made;

INSERT INTO article_version BY NAME
SELECT night, article_id, text_hash, page_digest, title, n_words, 1 AS n FROM article;

INSERT INTO entry BY NAME
SELECT night, source_id, url, canonical_url, article_id, 'loaded' AS bin, 'feed' AS via
FROM article;

INSERT INTO fingerprint BY NAME
SELECT night, article_id, (hash(i * 12 + n) >> 1)::BIGINT AS hash
FROM made, range(12) AS h(n);

INSERT INTO article_origin BY NAME
SELECT night, article_id, source_id AS origin_id, 'first_seen' AS via, 'origin' AS role,
    0 AS own_share
FROM article;

INSERT INTO cluster_member BY NAME
SELECT b.night, a.article_id AS cluster_id, b.article_id, a.i = b.i AS is_canonical
FROM made AS a
JOIN made AS b ON a.i = b.i - b.i % 20
WHERE b.i % 20 < 2;

INSERT INTO cluster BY NAME
SELECT night, cluster_id, 2 AS n_articles, 2 AS n_sources, night AS first_night,
    night AS last_night
FROM cluster_member
WHERE is_canonical;

INSERT INTO duplicate_pair BY NAME
SELECT night AS a_night, night AS b_night, least(cluster_id, article_id) AS a_id,
    greatest(cluster_id, article_id) AS b_id, 'near' AS kind, 0.9 AS score,
    'near/1' AS rule
FROM cluster_member
WHERE NOT is_canonical;

INSERT INTO story_pair BY NAME
SELECT * FROM duplicate_pair;

INSERT INTO story_member BY NAME
SELECT night, cluster_id AS story_id, article_id, is_canonical AS is_first
FROM cluster_member;

INSERT INTO story BY NAME
SELECT night, cluster_id AS story_id, 2 AS n_articles, 2 AS n_texts, 2 AS n_sources,
    first_night, last_night
FROM cluster;
