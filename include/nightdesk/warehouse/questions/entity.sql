-- An entity as the last night up to this one knows it; no row: it was not in the news.
SELECT entity_id, arg_max(name, night) AS name, arg_max(type, night) AS type,
    min(night) AS first_night, max(night) AS last_night
FROM entities_by_day
WHERE entity_id = $entity
GROUP BY entity_id
