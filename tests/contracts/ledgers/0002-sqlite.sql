-- The step to revision 0002 of the ledger, as it was released. Never changed.
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';
