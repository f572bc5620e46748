-- The step to revision 0005 of the ledger, as it was released. Never changed.
ALTER TABLE jobs ADD COLUMN incarnation INTEGER DEFAULT '0' NOT NULL;
ALTER TABLE jobs ADD COLUMN source_incarnation INTEGER DEFAULT '0' NOT NULL;
ALTER TABLE tombstones ADD COLUMN incarnation INTEGER DEFAULT '0' NOT NULL;
CREATE TABLE erased_sources (
	project VARCHAR(64) NOT NULL,
	source_sha256 VARCHAR(64) NOT NULL,
	times INTEGER NOT NULL,
	PRIMARY KEY (project, source_sha256)
);
CREATE TABLE removals (
	place TEXT NOT NULL,
	due_at DOUBLE NOT NULL,
	PRIMARY KEY (place)
);
CREATE INDEX removals_due ON removals (due_at);
UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';
