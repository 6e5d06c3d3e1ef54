-- What nights share beyond copies: who wrote a text, stories, what people decided, and
-- the log of what moved. Stories, like clusters, are functions of the set of nights.

-- One row that every load updates first, so that no two load side by side: each would
-- miss the other's pairs.
CREATE TABLE load_turn (n BIGINT NOT NULL);
INSERT INTO load_turn VALUES (0);

CREATE TABLE article_origin (      -- grain: article that has a text
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    origin_id VARCHAR NOT NULL,    -- who wrote the text: source_id, or agency:...
    origin_name VARCHAR,           -- as stated
    via VARCHAR NOT NULL,          -- first_published | dateline | credit | byline | ...
    evidence VARCHAR,              -- this article's own word for it
    role VARCHAR NOT NULL,         -- origin | copy | edit
    own_share DOUBLE NOT NULL      -- of its text, what no copy has; 0 to 1
);

INSERT INTO article_origin BY NAME
SELECT
    article.night,
    article.article_id,
    coalesce(first.source_id, article.source_id) AS origin_id,
    'first_seen' AS via,
    CASE WHEN coalesce(member.is_canonical, true) THEN 'origin' ELSE 'copy' END AS role,
    0.0 AS own_share
FROM article
LEFT JOIN cluster_member AS member USING (night, article_id)
LEFT JOIN article AS first ON first.article_id = member.cluster_id;

ALTER TABLE cluster ADD COLUMN origin_id VARCHAR;        -- as in article_origin
ALTER TABLE cluster ADD COLUMN origin_name VARCHAR;
ALTER TABLE cluster ADD COLUMN origin_article_id BIGINT; -- NULL: not among the articles
ALTER TABLE cluster ADD COLUMN via VARCHAR;
ALTER TABLE cluster ADD COLUMN n_copies BIGINT;          -- of the text as it was
ALTER TABLE cluster ADD COLUMN n_edits BIGINT;           -- with text of their own

-- Versions: what each changed of the one before it.
ALTER TABLE article_version ADD COLUMN n BIGINT;         -- from 1, in order of capture
ALTER TABLE article_version ADD COLUMN kind VARCHAR; -- typo | headline | correction | update
ALTER TABLE article_version ADD COLUMN is_new_headline BOOLEAN;
ALTER TABLE article_version ADD COLUMN edits
    STRUCT(kind VARCHAR, old_n BIGINT, new_n BIGINT, "old" VARCHAR, "new" VARCHAR)[];

CREATE TABLE cluster_change (      -- grain: event; a log, in order of the loads
    night DATE NOT NULL,           -- whose load it was
    old_id BIGINT NOT NULL,
    new_id BIGINT,                 -- NULL: those articles are in no cluster any more
    kind VARCHAR NOT NULL,         -- moved | merged | split | ended
    n_articles BIGINT NOT NULL,    -- that went from the old to the new one
    first_night DATE NOT NULL,     -- of those articles
    last_night DATE NOT NULL,
    run_id VARCHAR NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE story_pair (          -- grain: pair of articles, a_id < b_id; not published
    a_night DATE NOT NULL,
    b_night DATE NOT NULL,
    a_id BIGINT NOT NULL,
    b_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,         -- near: reports of one event
    score DOUBLE NOT NULL,
    rule VARCHAR NOT NULL
);

CREATE TABLE story (               -- grain: story of two texts or more
    night DATE NOT NULL,           -- of its first article
    story_id BIGINT NOT NULL,      -- article_id of its first article
    n_articles BIGINT NOT NULL,
    n_texts BIGINT NOT NULL,       -- clusters of copies count once
    n_sources BIGINT NOT NULL,     -- independent: those who wrote the texts
    first_night DATE NOT NULL,
    last_night DATE NOT NULL
);

CREATE TABLE story_member (        -- grain: article in a story
    night DATE NOT NULL,           -- of the article
    story_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    is_first BOOLEAN NOT NULL
);

CREATE TABLE story_change (        -- grain: event; as cluster_change
    night DATE NOT NULL,
    old_id BIGINT NOT NULL,
    new_id BIGINT,
    kind VARCHAR NOT NULL,
    n_articles BIGINT NOT NULL,
    first_night DATE NOT NULL,
    last_night DATE NOT NULL,
    run_id VARCHAR NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE decision (            -- grain: line of decisions/*.jsonl that is in force
    kind VARCHAR NOT NULL,         -- cluster_merge | cluster_split | story_...
    articles BIGINT[] NOT NULL,
    who VARCHAR NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    why VARCHAR NOT NULL
);

-- The three units of every count: articles (rows), unique texts (distinct text_id) and
-- independent sources (distinct origin_id). Always ask it for a night.
CREATE VIEW carried AS
SELECT
    article.night,
    article.article_id,
    article.source_id,
    article.lang,
    article.n_words,
    article.n_repeats,
    article.is_tagged,
    coalesce(member.cluster_id, article.article_id) AS text_id,
    coalesce(origin.origin_id, article.source_id) AS origin_id,
    coalesce(told.story_id, member.cluster_id, article.article_id) AS story_id
FROM article
LEFT JOIN cluster_member AS member
    ON member.night = article.night AND member.article_id = article.article_id
LEFT JOIN article_origin AS origin
    ON origin.night = article.night AND origin.article_id = article.article_id
LEFT JOIN story_member AS told
    ON told.night = article.night AND told.article_id = article.article_id;
