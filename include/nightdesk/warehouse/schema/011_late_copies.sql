-- Copies that come when their story is over are told with it.
ALTER TABLE story_member ADD COLUMN is_late BOOLEAN; -- NULL: loaded before, not late
