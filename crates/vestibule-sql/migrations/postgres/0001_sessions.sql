-- vestibule-sql, PostgreSQL 12 or later, version 1. `PostgresStore::migrate` applies this; whoever prefers to do it by hand runs
-- it in one transaction, in the schema that comes first on the search path.

-- `oldest` is the last version that a program must know in order to work with the tables as they are after this one. A migration
-- that programs before it can live with repeats the number of the one before, so that two versions may run side by side.
CREATE TABLE vestibule_migrations (
    version    integer     PRIMARY KEY,
    oldest     integer     NOT NULL CHECK (oldest BETWEEN 1 AND version),
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Versions of values: never the same one twice, even after a deletion. Fences and moments: in the order in which they are drawn,
-- so none of the three may be cached by a connection.
CREATE SEQUENCE vestibule_versions CACHE 1;
CREATE SEQUENCE vestibule_fences CACHE 1;
CREATE SEQUENCE vestibule_moments CACHE 1;

-- Seconds are those of the asking machine since 1970, and so is what has expired.
CREATE TABLE vestibule_sessions (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    value      bytea  NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    subject    bytea  NOT NULL CHECK (octet_length(subject) = 32),
    sid        bytea  CHECK (octet_length(sid) = 32),
    issued_at  bigint NOT NULL,
    moment     bigint NOT NULL CHECK (moment >= 0),
    last_seen  bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_sessions_subject ON vestibule_sessions (subject);
CREATE INDEX vestibule_sessions_sid ON vestibule_sessions (sid) WHERE sid IS NOT NULL;
CREATE INDEX vestibule_sessions_expires_at ON vestibule_sessions (expires_at);

CREATE TABLE vestibule_marks (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    issued_at  bigint,
    raised     bigint NOT NULL CHECK (raised >= 0),
    ours       bigint NOT NULL CHECK (ours >= 0),
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_marks_expires_at ON vestibule_marks (expires_at);

CREATE TABLE vestibule_attempts (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_attempts_expires_at ON vestibule_attempts (expires_at);

CREATE TABLE vestibule_jtis (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_jtis_expires_at ON vestibule_jtis (expires_at);

-- `held_until` is NULL once a lease was given back. Its row outlives it, so that a fence that was drawn before is not used after.
CREATE TABLE vestibule_leases (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    fence      bigint NOT NULL CHECK (fence > 0),
    held_until bigint,
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_leases_expires_at ON vestibule_leases (expires_at);

-- What is kept for good expires at the greatest number that there is.
CREATE TABLE vestibule_kept (
    key        bytea  PRIMARY KEY CHECK (octet_length(key) = 32),
    value      bytea  NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    expires_at bigint NOT NULL
);
CREATE INDEX vestibule_kept_expires_at ON vestibule_kept (expires_at);

-- When somebody last set out to delete what has expired: one machine a minute does.
CREATE TABLE vestibule_chores (
    name    text   PRIMARY KEY,
    done_at bigint NOT NULL
);
INSERT INTO vestibule_chores (name, done_at) VALUES ('purge', 0);

-- A moment later than all before, and not before `floor`, which is the second in which it is drawn, shifted by 20 bits. A row that
-- everybody updates would do, but then each login would wait for the commit of the one before. A sequence makes nobody wait, save
-- in the first instant of each second: whoever gets the lock lifts the sequence to the second, which all see at once, and the others
-- look until it is done. Nobody who looks draws, so the sequence stands still meanwhile but for machines whose clock is behind, and
-- these cannot draw a million in that instant, which is how far the lift is.
CREATE FUNCTION vestibule_moment(floor bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    reached bigint := nextval('vestibule_moments');
BEGIN
    IF reached >= floor THEN
        RETURN reached;
    END IF;
    LOOP
        IF pg_try_advisory_xact_lock(1986359156, 'vestibule_moments'::regclass::oid::integer) THEN
            SELECT last_value INTO reached FROM vestibule_moments;
            IF reached < floor THEN
                RETURN setval('vestibule_moments', floor);
            END IF;
        ELSE
            SELECT last_value INTO reached FROM vestibule_moments;
        END IF;
        IF reached >= floor THEN
            RETURN nextval('vestibule_moments');
        END IF;
        PERFORM pg_sleep(0.001);
    END LOOP;
END
$$;

INSERT INTO vestibule_migrations (version, oldest) VALUES (1, 1);
