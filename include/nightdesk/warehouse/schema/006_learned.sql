-- What extraction dropped beyond equal repeats, and which learned tables it used.
ALTER TABLE paragraph_repeat ADD COLUMN text VARCHAR; -- of an edited repeat; NULL: equal
ALTER TABLE article ADD COLUMN site_lines VARCHAR[];  -- dropped as furniture of its source
ALTER TABLE load_ledger ADD COLUMN learned VARCHAR;   -- JSON: learned table -> version
