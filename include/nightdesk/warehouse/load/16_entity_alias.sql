INSERT INTO entity_alias BY NAME
SELECT old_id, entity_id, who, decided_at, why FROM in_merge
