-- The step to revision 0009 of the ledger, as it was released. Never changed.
CREATE TABLE sessions (
	hash VARCHAR(64) NOT NULL,
	key_id VARCHAR(16) NOT NULL,
	purpose VARCHAR(16) NOT NULL,
	created_at DOUBLE PRECISION NOT NULL,
	expires_at DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (hash)
);
CREATE INDEX sessions_by_end ON sessions (expires_at);
UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';
