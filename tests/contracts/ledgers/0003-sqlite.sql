-- The step to revision 0003 of the ledger, as it was released. Never changed.
CREATE TABLE events (
	id INTEGER NOT NULL,
	job_id VARCHAR(32) NOT NULL,
	at DOUBLE NOT NULL,
	code VARCHAR(32) NOT NULL,
	attempt INTEGER NOT NULL,
	worker VARCHAR(255),
	error_code VARCHAR(64),
	reason TEXT,
	PRIMARY KEY (id)
);
CREATE INDEX events_job ON events (job_id, id);
ALTER TABLE jobs ADD COLUMN worker VARCHAR(255);
ALTER TABLE jobs ADD COLUMN setbacks INTEGER DEFAULT '0' NOT NULL;
UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';
