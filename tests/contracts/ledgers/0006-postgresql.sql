-- The step to revision 0006 of the ledger, as it was released. Never changed.
CREATE INDEX jobs_by_state ON jobs (project, state, created_at, id);
CREATE INDEX jobs_by_kind ON jobs (project, kind, created_at, id);
CREATE INDEX jobs_due ON jobs (queue, due_at) WHERE state = 'queued';
CREATE INDEX jobs_ended ON jobs (project, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_failed ON jobs (error_code) WHERE state = 'failed';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX requests_by_age ON requests (created_at);
UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';
