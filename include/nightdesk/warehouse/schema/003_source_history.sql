-- A source that is not watched any more keeps its row, and every source its old ids.
ALTER TABLE source ADD COLUMN inactive_since DATE; -- first night without it
ALTER TABLE source ADD COLUMN was VARCHAR[];       -- ids that it had, oldest first
