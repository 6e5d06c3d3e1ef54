-- Names that may be one entity, and ids that people found to be one.
ALTER TABLE mention ADD COLUMN via VARCHAR; -- how its country came: place | metonym |
-- org | person; the home of an organisation or of a person counts for no country

CREATE TABLE entity_review (       -- grain: name x candidate; nobody has merged them
    night DATE NOT NULL,
    entity_id VARCHAR NOT NULL,    -- of the name
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,         -- PER | ORG
    candidate_id VARCHAR NOT NULL, -- whom it may mean
    candidate VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,       -- spelling | surname and initial
    score DOUBLE NOT NULL,         -- how alike the spellings are; 0 to 1
    n_articles BIGINT NOT NULL     -- that have the name
);

CREATE TABLE entity_alias (        -- grain: old entity id
    old_id VARCHAR NOT NULL,       -- in nights that were built before
    entity_id VARCHAR NOT NULL,    -- the entity that it is; never an old id itself
    who VARCHAR NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    why VARCHAR NOT NULL
);
