-- The step to revision 0010 of the ledger, as it was released. Never changed.
CREATE TABLE judgements (
	job_id VARCHAR(32) NOT NULL,
	field VARCHAR(255) NOT NULL,
	tenth INTEGER NOT NULL,
	project VARCHAR(64) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	at DOUBLE NOT NULL,
	total INTEGER NOT NULL,
	kept INTEGER NOT NULL,
	PRIMARY KEY (job_id, field, tenth)
);
CREATE INDEX judgements_listed ON judgements (project, at);
ALTER TABLE kinds ADD COLUMN titles TEXT;
DROP INDEX jobs_ended;
CREATE INDEX jobs_ended ON jobs (project, finished_at, pages, state, revision) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_failed_by ON jobs (project, error_code) WHERE state = 'failed';
UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';
