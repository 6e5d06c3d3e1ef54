INSERT INTO entry BY NAME
SELECT $night AS night, source_id, url, canonical_url, article_id, title, stated_at,
    stated_precision, bin, reason, via
FROM in_entry
