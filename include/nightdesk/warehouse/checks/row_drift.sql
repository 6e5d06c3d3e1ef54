-- severity: warn
-- A night with a third or with three times the articles of the seven nights before it
-- (their median; three are needed, and a difference of twenty articles).
WITH before AS (
    SELECT n_loaded
    FROM load_ledger
    WHERE night < $night AND night >= $night::DATE - 28
    ORDER BY night DESC
    LIMIT 7
),

compared AS (
    SELECT
        (SELECT count(*) FROM article WHERE night = $night) AS n_articles,
        median(n_loaded) AS n_usual
    FROM before
    HAVING count(*) >= 3
)

SELECT n_articles, n_usual
FROM compared
WHERE (n_articles * 3 <= n_usual OR n_articles >= n_usual * 3)
    AND abs(n_articles - n_usual) >= 20
