-- Entries of a night as their feeds state them, and what became of them.
SELECT
    entry.night, entry.source_id, coalesce(source.name, entry.source_id) AS source_name,
    entry.title, entry.url, entry.stated_at, entry.bin, entry.reason, entry.via,
    entry.article_id, count(*) OVER () AS n_all
FROM entry
LEFT JOIN source ON source.source_id = entry.source_id
WHERE entry.night = $night
    AND ($source IS NULL OR entry.source_id = $source)
    AND ($bin IS NULL OR entry.bin = $bin)
    AND ($reason IS NULL OR coalesce(entry.reason, 'not stated') = $reason)
ORDER BY entry.source_id, entry.url
LIMIT $limit OFFSET $offset
