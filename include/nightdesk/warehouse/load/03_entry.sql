INSERT INTO entry BY NAME
SELECT $night AS night, source_id, url, canonical_url, article_id, title, stated_at,
    stated_precision, bin, reason, via, updated_at, future_at, guid, authors, categories,
    lang, image_url, credits, origin_title, origin_url, dated_by, content_via
FROM in_entry
