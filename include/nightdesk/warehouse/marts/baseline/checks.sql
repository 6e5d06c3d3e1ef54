-- Each query returns the rows that fail. It reads the mart by name and takes $night.

-- error: the_night_has_one_row
SELECT count(*) AS n_rows
FROM baseline
WHERE night = $night::DATE
HAVING count(*) <> 1;

-- error: windows_hold_what_they_can
SELECT n_nights_7, n_nights_28, n_nights_other_tagger
FROM baseline
WHERE night = $night::DATE
    AND NOT (
        n_nights_7 BETWEEN 0 AND 7
        AND n_nights_28 BETWEEN n_nights_7 AND 28
        AND n_nights_28 + n_nights_other_tagger <= 28
    );
