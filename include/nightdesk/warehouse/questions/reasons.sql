-- Why entries of a night were not loaded.
SELECT * FROM reasons WHERE night = $night ORDER BY n_entries DESC, bin, reason
