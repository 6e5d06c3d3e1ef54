-- The figures of some nights, oldest first.
SELECT * FROM coverage_by_night WHERE night BETWEEN $first AND $last ORDER BY night
