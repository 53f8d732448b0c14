-- vestibule-sql, SQLite 3.37 or later, version 1. `SqliteStore::migrate` applies this; whoever prefers to do it by hand runs it in
-- one transaction.

-- `oldest` is the last version that a program must know in order to work with the tables as they are after this one. A migration
-- that programs before it can live with repeats the number of the one before, so that two versions may run side by side.
CREATE TABLE vestibule_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    oldest     INTEGER NOT NULL CHECK (oldest BETWEEN 1 AND version),
    applied_at TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

-- Versions of values, fences and moments: only ever counted up. `purge` is when somebody last set out to delete what has expired.
CREATE TABLE vestibule_counters (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO vestibule_counters (name, value) VALUES ('version', 0), ('fence', 0), ('moment', 0), ('purge', 0);

-- Seconds are those of the asking process since 1970, and so is what has expired.
CREATE TABLE vestibule_sessions (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    value      BLOB    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    subject    BLOB    NOT NULL CHECK (length(subject) = 32),
    sid        BLOB    CHECK (length(sid) = 32),
    issued_at  INTEGER NOT NULL,
    moment     INTEGER NOT NULL CHECK (moment >= 0),
    last_seen  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_sessions_subject ON vestibule_sessions (subject);
CREATE INDEX vestibule_sessions_sid ON vestibule_sessions (sid) WHERE sid IS NOT NULL;
CREATE INDEX vestibule_sessions_expires_at ON vestibule_sessions (expires_at);

CREATE TABLE vestibule_marks (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    issued_at  INTEGER,
    raised     INTEGER NOT NULL CHECK (raised >= 0),
    ours       INTEGER NOT NULL CHECK (ours >= 0),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_marks_expires_at ON vestibule_marks (expires_at);

CREATE TABLE vestibule_attempts (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_attempts_expires_at ON vestibule_attempts (expires_at);

CREATE TABLE vestibule_jtis (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_jtis_expires_at ON vestibule_jtis (expires_at);

CREATE TABLE vestibule_leases (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    fence      INTEGER NOT NULL CHECK (fence > 0),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_leases_expires_at ON vestibule_leases (expires_at);

-- What is kept for good expires at the greatest number that there is.
CREATE TABLE vestibule_kept (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    value      BLOB    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vestibule_kept_expires_at ON vestibule_kept (expires_at);

INSERT INTO vestibule_migrations (version, oldest) VALUES (1, 1);
