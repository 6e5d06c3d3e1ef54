-- What became of a source's entries in a night.
SELECT bin, coalesce(reason, '') AS reason, count(*) AS n_entries
FROM entry
WHERE night = $night AND source_id = $source
GROUP BY bin, reason
ORDER BY n_entries DESC, bin, reason
