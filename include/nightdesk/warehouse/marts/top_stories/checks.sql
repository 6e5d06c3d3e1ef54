-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_story
SELECT story_id, count(*) AS n_rows
FROM top_stories
WHERE night = $night::DATE
GROUP BY story_id
HAVING count(*) > 1;

-- error: sources_texts_and_articles_are_ordered
SELECT story_id, n_articles, n_texts, n_sources, n_tonight
FROM top_stories
WHERE night = $night::DATE
    AND NOT (
        n_sources BETWEEN 1 AND n_texts
        AND n_texts <= n_articles
        AND n_tonight BETWEEN 1 AND n_articles
    );

-- error: a_story_has_two_articles_or_more
SELECT story_id, n_articles
FROM top_stories
WHERE night = $night::DATE AND n_articles < 2;

-- error: every_text_is_reported_once
SELECT story_id, n_texts, len(reports) AS n_reports
FROM top_stories
WHERE night = $night::DATE AND coalesce(len(reports), 0) <> n_texts;
