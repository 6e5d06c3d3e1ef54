-- What rose or fell in a night, the surest first: in the order of the brief.
SELECT *
FROM unusual
WHERE night = $night AND verdict IN ('rise', 'drop')
ORDER BY q, n_focus DESC, n_compared DESC, kind, p, item_id
