-- The step to revision 0004 of the ledger, as it was released. Never changed.
ALTER TABLE jobs ADD COLUMN model VARCHAR(255);
UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';
