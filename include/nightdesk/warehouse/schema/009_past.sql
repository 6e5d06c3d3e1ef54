-- Where a past night was read.
ALTER TABLE entry ADD COLUMN dated_by VARCHAR; -- what told its day: stated | page | url |
-- list | index; NULL: as its feed states it
ALTER TABLE entry ADD COLUMN content_via VARCHAR; -- whose copy of its page: live |
-- ccnews | wayback; NULL: it has none of its own
ALTER TABLE article ADD COLUMN content_via VARCHAR;
