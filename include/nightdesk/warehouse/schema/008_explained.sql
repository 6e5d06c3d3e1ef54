-- What each tag adds to its countries, where the page lies in the archive, what people
-- put right in single articles, and topics.
ALTER TABLE mention ADD COLUMN role VARCHAR;         -- about | dateline | venue
ALTER TABLE mention ADD COLUMN weight DOUBLE; -- added to the score of each country that
ALTER TABLE mention ADD COLUMN counts_for VARCHAR[]; -- it counts for; ISO2
ALTER TABLE article ADD COLUMN archive_file VARCHAR; -- below the landing root
ALTER TABLE article ADD COLUMN archive_offset BIGINT;

CREATE TABLE correction (          -- grain: correction in force of an article
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,         -- tag_place | tag_entity | tag_none | date
    surface VARCHAR,               -- the words that it is about; NULL: the date
    nth BIGINT,                    -- which of their places; NULL: all
    value VARCHAR,                 -- place, entity id, date
    who VARCHAR NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    why VARCHAR NOT NULL,
    problem VARCHAR                -- why it could not be applied; NULL: it was
);

CREATE TABLE article_topic (       -- grain: article x topic
    night DATE NOT NULL,
    article_id BIGINT NOT NULL,
    topic_id VARCHAR NOT NULL,     -- IPTC Media Topics, top level
    score DOUBLE NOT NULL,
    terms STRUCT(term VARCHAR, n BIGINT, weight DOUBLE)[] -- why
);

CREATE TABLE topic (               -- grain: topic
    topic_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL
);
