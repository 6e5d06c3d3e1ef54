-- What a night is compared with.
SELECT * FROM baseline WHERE night = $night
