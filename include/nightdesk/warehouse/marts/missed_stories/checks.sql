-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_story_and_source
SELECT story_id, source_id, count(*) AS n_rows
FROM missed_stories
WHERE night = $night::DATE
GROUP BY story_id, source_id
HAVING count(*) > 1;

-- error: a_story_that_is_missed_is_big
SELECT story_id, source_id, n_sources, n_covered, n_able
FROM missed_stories
WHERE night = $night::DATE
    AND NOT (n_sources >= 3 AND n_covered < n_able AND 2 * n_covered >= n_able);

-- error: a_source_that_missed_it_was_read
SELECT story_id, source_id, n_articles
FROM missed_stories
WHERE night = $night::DATE AND n_articles < 1;
