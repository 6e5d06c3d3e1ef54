-- An article whose text its publisher reserves has a row here and none in article_text.
ALTER TABLE article ADD COLUMN held_back VARCHAR; -- why: tdm; NULL: it has its text
-- What else a feed says of an entry.
ALTER TABLE entry ADD COLUMN updated_at TIMESTAMPTZ;
ALTER TABLE entry ADD COLUMN future_at TIMESTAMPTZ; -- a date that cannot be, not taken
ALTER TABLE entry ADD COLUMN guid VARCHAR;
ALTER TABLE entry ADD COLUMN authors VARCHAR[];
ALTER TABLE entry ADD COLUMN categories VARCHAR[];
ALTER TABLE entry ADD COLUMN lang VARCHAR;
ALTER TABLE entry ADD COLUMN image_url VARCHAR;
ALTER TABLE entry ADD COLUMN credits STRUCT(name VARCHAR, role VARCHAR)[];
ALTER TABLE entry ADD COLUMN origin_title VARCHAR; -- the feed that it was taken from
ALTER TABLE entry ADD COLUMN origin_url VARCHAR;
