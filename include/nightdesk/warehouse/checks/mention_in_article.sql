-- severity: error
-- Every mention lies inside the title or text of an article of its night.
SELECT m.article_id, m.start_offset, m.end_offset
FROM mention AS m
LEFT JOIN article AS a USING (night, article_id)
LEFT JOIN article_text AS t USING (night, article_id)
WHERE m.night = $night
    AND (
        a.article_id IS NULL
        OR m.start_offset < 0
        OR m.end_offset <= m.start_offset
        OR (m.field = 'text' AND m.end_offset > coalesce(length(t.text), 0))
    )
