-- The languages of a night, the most articles first.
SELECT * FROM languages WHERE night = $night ORDER BY n_articles DESC, lang NULLS LAST
