-- The step to revision 0008 of the ledger, as it was released. Never changed.
CREATE TABLE clock (
	boot VARCHAR(64) NOT NULL,
	ahead DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (boot)
);
UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';
