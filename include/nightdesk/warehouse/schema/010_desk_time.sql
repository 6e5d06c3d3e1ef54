-- Desks have a clock of their own.
ALTER TABLE region ADD COLUMN timezone VARCHAR; -- IANA name; NULL: the desk keeps to UTC
