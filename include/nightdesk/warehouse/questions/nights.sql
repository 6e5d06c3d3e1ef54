-- The nights that are published, oldest first.
SELECT night FROM coverage_by_night ORDER BY night
