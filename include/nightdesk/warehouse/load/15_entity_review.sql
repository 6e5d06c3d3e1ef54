INSERT INTO entity_review BY NAME
SELECT
    $night AS night,
    entity_id,
    min(name) AS name,
    type,
    candidate_id,
    min(candidate) AS candidate,
    min(reason) AS reason,
    max(score) AS score,
    sum(n_articles)::BIGINT AS n_articles
FROM in_review
GROUP BY entity_id, type, candidate_id
