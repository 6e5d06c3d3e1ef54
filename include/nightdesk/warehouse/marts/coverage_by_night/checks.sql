-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: the_night_has_one_row
SELECT count(*) AS n_rows
FROM coverage_by_night
WHERE night = $night::DATE
HAVING count(*) <> 1;

-- error: bins_add_up
SELECT n_seen, n_loaded, n_duplicate, n_rejected, n_failed, n_pending
FROM coverage_by_night
WHERE night = $night::DATE
    AND n_seen <> n_loaded + n_duplicate + n_rejected + n_failed + n_pending;

-- error: sources_add_up
SELECT n_sources, n_sources_ok, n_sources_failed, n_sources_no_coverage, n_sources_not_collected
FROM coverage_by_night
WHERE night = $night::DATE
    AND n_sources
    <> n_sources_ok + n_sources_failed + n_sources_no_coverage + n_sources_not_collected;

-- error: sources_texts_and_articles_are_ordered
SELECT n_articles, n_texts, n_independent, n_untagged
FROM coverage_by_night
WHERE night = $night::DATE
    AND NOT (n_independent <= n_texts AND n_texts <= n_articles AND n_untagged <= n_articles);

-- warn: loaded_entries_are_articles
SELECT n_loaded, n_articles
FROM coverage_by_night
WHERE night = $night::DATE AND n_loaded <> n_articles;

-- warn: a_night_has_articles
SELECT n_sources, n_seen
FROM coverage_by_night
WHERE night = $night::DATE AND n_articles = 0;
