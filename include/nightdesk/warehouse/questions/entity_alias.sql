-- What people found to be one: the ids that an entity had, and the one it has now.
SELECT old_id, entity_id, who, decided_at, why
FROM entity_alias
WHERE old_id = $entity OR entity_id = $entity
ORDER BY old_id
