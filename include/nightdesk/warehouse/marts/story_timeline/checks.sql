-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: one_row_per_place
SELECT story_id, place, count(*) AS n_rows
FROM story_timeline
WHERE night = $night::DATE
GROUP BY story_id, place
HAVING count(*) > 1;

-- error: event_is_known
SELECT story_id, event
FROM story_timeline
WHERE night = $night::DATE
    AND event NOT IN (
        'first', 'report', 'copy', 'edit', 'typo', 'headline', 'correction', 'update'
    );
