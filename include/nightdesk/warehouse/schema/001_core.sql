-- The warehouse: what a night is made of. No keys, indexes, sequences or enums: they
-- cost 6-41 times as much at five million rows and exist on one engine only.
-- Uniqueness is a check inside the load transaction (checks/*.sql).
-- Every interval table has `night`, the UTC day that owns the row.

CREATE TABLE source (              -- grain: source
    source_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,         -- rss | atom | jsonfeed | sitemap
    feed_url VARCHAR NOT NULL,
    country VARCHAR,               -- ISO 3166-1 alpha-2 of the publisher
    lang VARCHAR,
    tags VARCHAR[],
    is_enabled BOOLEAN NOT NULL
);

CREATE TABLE coverage (            -- grain: source x night
    night DATE NOT NULL,
    source_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,       -- ok | failed | no_coverage | not_collected
    reason VARCHAR,
    via VARCHAR,                   -- feed | dated_sitemap | archive
    n_seen BIGINT NOT NULL,        -- = n_loaded + ... + n_pending
    n_loaded BIGINT NOT NULL,
    n_duplicate BIGINT NOT NULL,
    n_rejected BIGINT NOT NULL,
    n_failed BIGINT NOT NULL,
    n_pending BIGINT NOT NULL
);

CREATE TABLE entry (               -- grain: source x stated address x night
    night DATE NOT NULL,
    source_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    canonical_url VARCHAR NOT NULL,
    article_id BIGINT NOT NULL,
    title VARCHAR,
    stated_at TIMESTAMPTZ,
    stated_precision VARCHAR,
    bin VARCHAR NOT NULL,          -- loaded | duplicate | rejected | failed | pending
    reason VARCHAR,                -- of every bin but loaded
    via VARCHAR NOT NULL
);

CREATE TABLE fetch_log (           -- grain: attempt (`fetch` is a keyword)
    night DATE NOT NULL,
    source_id VARCHAR,
    purpose VARCHAR NOT NULL,      -- feed | page | robots
    url VARCHAR NOT NULL,
    final_url VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    status INTEGER,
    started_at TIMESTAMPTZ,
    duration_ms BIGINT NOT NULL,
    bytes_wire BIGINT NOT NULL,
    bytes_decoded BIGINT NOT NULL,
    digest VARCHAR,
    error VARCHAR
);

CREATE TABLE article (             -- grain: article_id
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,    -- signed 64-bit hash of canonical_url
    source_id VARCHAR NOT NULL,
    canonical_url VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    title VARCHAR,
    lang VARCHAR,
    authors VARCHAR[],
    published_at TIMESTAMPTZ,
    published_on DATE,             -- the publisher's calendar day
    published_precision VARCHAR,   -- second | day
    published_zone VARCHAR,        -- as stated
    published_via VARCHAR,         -- which date source won
    date_candidates STRUCT(via VARCHAR, raw VARCHAR, rejected VARCHAR)[],
    modified_at TIMESTAMPTZ,
    site_name VARCHAR,
    section VARCHAR,
    description VARCHAR,
    image_url VARCHAR,
    article_type VARCHAR,
    is_free BOOLEAN,
    confidence DOUBLE,
    n_words BIGINT NOT NULL,
    n_paragraphs BIGINT NOT NULL,
    n_repeats BIGINT NOT NULL,     -- paragraphs dropped as repeats
    is_tagged BOOLEAN NOT NULL,    -- false: a language that we cannot tag yet
    text_hash VARCHAR NOT NULL,
    page_digest VARCHAR NOT NULL,
    captured_at TIMESTAMPTZ,
    via VARCHAR NOT NULL,
    extract_version VARCHAR NOT NULL,
    tag_version VARCHAR NOT NULL
);

CREATE TABLE article_text (        -- grain: article_id
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    text VARCHAR NOT NULL          -- paragraphs, one a line
);

CREATE TABLE article_version (     -- grain: article x text_hash
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    text_hash VARCHAR NOT NULL,
    page_digest VARCHAR NOT NULL,
    title VARCHAR,
    n_words BIGINT NOT NULL,
    captured_at TIMESTAMPTZ
);

CREATE TABLE paragraph_repeat (    -- grain: dropped paragraph
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    dropped BIGINT NOT NULL,       -- index before the drop
    kept BIGINT NOT NULL           -- index of what it repeats
);

CREATE TABLE duplicate_pair (      -- grain: pair of articles, a_id < b_id
    a_night DATE NOT NULL,
    b_night DATE NOT NULL,
    a_id BIGINT NOT NULL,
    b_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,         -- exact | near | update | contains
    score DOUBLE NOT NULL,
    rule VARCHAR NOT NULL
);

CREATE TABLE fingerprint (         -- grain: article x sampled hash; not published
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    hash BIGINT NOT NULL
);

CREATE TABLE cluster (             -- grain: cluster of two articles or more
    night DATE NOT NULL,           -- of the canonical article
    cluster_id BIGINT NOT NULL,    -- article_id of the canonical article
    n_articles BIGINT NOT NULL,
    n_sources BIGINT NOT NULL,
    first_night DATE NOT NULL,
    last_night DATE NOT NULL
);

CREATE TABLE cluster_member (      -- grain: article in a cluster
    night DATE NOT NULL,           -- of the article
    cluster_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    is_canonical BOOLEAN NOT NULL
);

CREATE TABLE entity (              -- grain: entity_id x night in which it is named
    night DATE NOT NULL,
    entity_id VARCHAR NOT NULL,    -- QID, or nd:per:..., nd:org:..., nd:loc:...
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL          -- PER | ORG | LOC
);

CREATE TABLE mention (             -- grain: span
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    field VARCHAR NOT NULL,        -- title | text
    start_offset BIGINT NOT NULL,  -- Python string index into the field
    end_offset BIGINT NOT NULL,
    surface VARCHAR NOT NULL,
    type VARCHAR NOT NULL,         -- PER | ORG | LOC | DEMONYM
    entity_id VARCHAR,
    country VARCHAR,
    place_id VARCHAR,
    rule VARCHAR NOT NULL,
    score DOUBLE NOT NULL
);

CREATE TABLE article_entity (      -- grain: article x entity
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    entity_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    n_mentions BIGINT NOT NULL,
    first_offset BIGINT NOT NULL,  -- -1: in the title only
    is_in_title BOOLEAN NOT NULL
);

CREATE TABLE region (              -- grain: region_id
    region_id VARCHAR NOT NULL,    -- iso:PK | m49:034 | x-sahel | desk:...
    name VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,       -- country | m49 | macro | desk
    countries VARCHAR[],           -- ISO2
    parent_id VARCHAR
);

CREATE TABLE article_region (      -- grain: article x region x role
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    region_id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,         -- about | mentioned | dateline | venue | publisher
    score DOUBLE NOT NULL,
    share DOUBLE NOT NULL,
    n_mentions BIGINT NOT NULL,
    is_focus BOOLEAN NOT NULL
);

CREATE TABLE load_ledger (         -- grain: night
    night DATE NOT NULL,
    seq BIGINT NOT NULL,           -- grows with every change of the night's rows
    capture_digest VARCHAR NOT NULL, -- of the landing files that it was built from
    article_digest VARCHAR NOT NULL, -- of the articles, as neighbours see them
    n_seen BIGINT NOT NULL,
    n_loaded BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    code_version VARCHAR NOT NULL,
    sources_digest VARCHAR NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE check_result (        -- grain: night x check
    night DATE NOT NULL,
    check_name VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,     -- error | warn
    n_failed BIGINT NOT NULL,
    sample VARCHAR
);
