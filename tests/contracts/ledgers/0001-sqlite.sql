-- The ledger of Pagemill 0.1.0 (commit 0e916b4), as its create_all made it. Never changed.
CREATE TABLE audit (
    id INTEGER NOT NULL,
    at DOUBLE NOT NULL,
    project VARCHAR(64) NOT NULL,
    actor VARCHAR(64) NOT NULL,
    action VARCHAR(32) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX audit_project ON audit (project, id);
CREATE TABLE deliveries (
    id VARCHAR(40) NOT NULL,
    job_id VARCHAR(32) NOT NULL,
    project VARCHAR(64) NOT NULL,
    url TEXT NOT NULL,
    state VARCHAR(16) NOT NULL,
    body BLOB,
    attempts INTEGER NOT NULL,
    due_at DOUBLE NOT NULL,
    last_status INTEGER,
    PRIMARY KEY (id),
    UNIQUE (job_id, url)
);
CREATE INDEX deliveries_due ON deliveries (state, due_at);
CREATE TABLE jobs (
    id VARCHAR(32) NOT NULL,
    project VARCHAR(64) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    kind_version INTEGER NOT NULL,
    schema_sha256 VARCHAR(64) NOT NULL,
    source_sha256 VARCHAR(64) NOT NULL,
    filename TEXT NOT NULL,
    size BIGINT NOT NULL,
    engine VARCHAR(128) NOT NULL,
    pipeline_version VARCHAR(32) NOT NULL,
    priority INTEGER NOT NULL,
    batch VARCHAR(128),
    created_at DOUBLE NOT NULL,
    queue VARCHAR(32) NOT NULL,
    state VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    due_at DOUBLE NOT NULL,
    lease_token VARCHAR(32),
    lease_until DOUBLE,
    cancel_requested BOOLEAN NOT NULL,
    pages INTEGER NOT NULL,
    pages_done INTEGER NOT NULL,
    error_code VARCHAR(64),
    error_message TEXT,
    updated_at DOUBLE NOT NULL,
    started_at DOUBLE,
    finished_at DOUBLE,
    PRIMARY KEY (id)
);
CREATE INDEX jobs_changed ON jobs (project, updated_at, id);
CREATE INDEX jobs_listed ON jobs (project, created_at, id);
CREATE INDEX jobs_sources ON jobs (project, source_sha256);
CREATE INDEX jobs_waiting ON jobs (state, queue, project, priority DESC, created_at);
CREATE TABLE keys (
    id VARCHAR(16) NOT NULL,
    project VARCHAR(64) NOT NULL,
    name TEXT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    scopes TEXT NOT NULL,
    created_at DOUBLE NOT NULL,
    expires_at DOUBLE,
    revoked_at DOUBLE,
    rate_per_minute INTEGER,
    max_bytes BIGINT,
    PRIMARY KEY (id)
);
CREATE TABLE kinds (
    project VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    version INTEGER NOT NULL,
    schema_sha256 VARCHAR(64) NOT NULL,
    created_at DOUBLE NOT NULL,
    PRIMARY KEY (project, name, version)
);
CREATE TABLE members (
    project VARCHAR(64) NOT NULL,
    batch VARCHAR(128) NOT NULL,
    job_id VARCHAR(32) NOT NULL,
    filename TEXT NOT NULL,
    PRIMARY KEY (project, batch, job_id)
);
CREATE INDEX ix_members_job_id ON members (job_id);
CREATE TABLE projects (
    name VARCHAR(64) NOT NULL,
    turn DOUBLE NOT NULL,
    retention_days DOUBLE,
    PRIMARY KEY (name)
);
CREATE TABLE requests (
    project VARCHAR(64) NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    job_ids TEXT NOT NULL,
    created_at DOUBLE NOT NULL,
    PRIMARY KEY (project, "key")
);
CREATE TABLE tombstones (
    job_id VARCHAR(32) NOT NULL,
    project VARCHAR(64) NOT NULL,
    erased_at DOUBLE NOT NULL,
    PRIMARY KEY (job_id)
);
