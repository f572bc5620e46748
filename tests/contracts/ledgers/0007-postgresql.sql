-- The step to revision 0007 of the ledger, as it was released. Never changed.
ALTER TABLE jobs ADD COLUMN open_values INTEGER DEFAULT '0' NOT NULL;
ALTER TABLE jobs ADD COLUMN weakest DOUBLE PRECISION DEFAULT '1' NOT NULL;
ALTER TABLE jobs ADD COLUMN weakest_path TEXT;
ALTER TABLE jobs ADD COLUMN review_reasons TEXT;
ALTER TABLE jobs ADD COLUMN revision INTEGER DEFAULT '0' NOT NULL;
ALTER TABLE jobs ADD COLUMN postponed DOUBLE PRECISION DEFAULT '0' NOT NULL;
ALTER TABLE jobs ADD COLUMN review_token VARCHAR(32);
ALTER TABLE jobs ADD COLUMN review_until DOUBLE PRECISION DEFAULT '0' NOT NULL;
CREATE INDEX jobs_weakest ON jobs (project, weakest, id);
CREATE INDEX jobs_reviewed ON jobs (project, state, postponed, weakest, created_at, id);
CREATE TABLE found (
	job_id VARCHAR(32) NOT NULL,
	project VARCHAR(64) NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (job_id)
);
CREATE INDEX ix_found_project ON found (project);
UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';
