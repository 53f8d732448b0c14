//! All that is said to PostgreSQL at work, each a single statement: one round trip, and atomic without a transaction of ours.
//!
//! All of it is made for READ COMMITTED, where a statement that must wait for a row goes on with the row as it is then. What is
//! inserted over a row that has expired goes by `ON CONFLICT`, which looks at the row under its lock; what has to tell "changed" from
//! "gone" locks the row first.

pub(super) const INSERT: &str = "\
    INSERT INTO vestibule_sessions AS s \
        (key, value, version, subject, sid, issued_at, moment, last_seen, expires_at) \
    VALUES ($1, $2, nextval('vestibule_versions'), $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (key) DO UPDATE SET \
        value = excluded.value, version = excluded.version, subject = excluded.subject, sid = excluded.sid, \
        issued_at = excluded.issued_at, moment = excluded.moment, last_seen = excluded.last_seen, \
        expires_at = excluded.expires_at \
    WHERE s.expires_at <= $9 \
    RETURNING true";

pub(super) const LOAD: &str = "\
    SELECT value, version, last_seen, expires_at FROM vestibule_sessions WHERE key = $1 AND expires_at > $2";

pub(super) const UPDATE: &str = "\
    WITH found AS ( \
        SELECT version FROM vestibule_sessions WHERE key = $1 AND expires_at > $4 FOR UPDATE \
    ), changed AS ( \
        UPDATE vestibule_sessions s SET value = $3, version = nextval('vestibule_versions') \
        FROM found WHERE s.key = $1 AND found.version = $2 RETURNING s.version \
    ) SELECT (SELECT version FROM changed) FROM found";

pub(super) const TOUCH: &str = "\
    UPDATE vestibule_sessions SET last_seen = greatest(last_seen, $2), expires_at = greatest(expires_at, $3) \
    WHERE key = $1 AND expires_at > $4 RETURNING true";

pub(super) const DELETE: &str = "\
    WITH ended AS ( \
        DELETE FROM vestibule_sessions WHERE key = $1 AND expires_at > $2 RETURNING key \
    ) SELECT pg_notify('vestibule_ended', encode(key, 'hex'))::text FROM ended";

/// Two of these at once lock what both want in the same order.
pub(super) const DELETE_ALL: &str = "\
    WITH over AS ( \
        SELECT key FROM vestibule_sessions \
        WHERE (subject = $1 OR sid = $1) AND expires_at > $2 \
            AND (moment < $5 OR issued_at < $3 OR (issued_at = $3 AND moment < $4)) \
        ORDER BY key FOR UPDATE \
    ), ended AS ( \
        DELETE FROM vestibule_sessions s USING over WHERE s.key = over.key RETURNING s.key \
    ) SELECT key, pg_notify('vestibule_ended', encode(key, 'hex'))::text FROM ended";

pub(super) const LIST: &str = "\
    SELECT key, value, version, last_seen, expires_at FROM vestibule_sessions \
    WHERE (subject = $1 OR sid = $1) AND expires_at > $2";

/// The moment of a mark that is there already is drawn under the lock on its row, so that it is later than all that are in it.
pub(super) const RAISE: &str = "\
    WITH raised AS ( \
        INSERT INTO vestibule_marks AS m (key, issued_at, raised, ours, expires_at) \
        SELECT $1::bytea, $2::bigint, CASE WHEN $2 IS NULL THEN 0 ELSE moment END, \
            CASE WHEN $2 IS NULL THEN moment ELSE 0 END, $3::bigint \
        FROM (SELECT vestibule_moment($4) AS moment OFFSET 0) AS drawn \
        ON CONFLICT (key) DO UPDATE SET \
            issued_at = CASE WHEN m.expires_at <= $5 THEN $2 ELSE greatest(m.issued_at, $2) END, \
            raised = CASE WHEN $2 IS NOT NULL THEN vestibule_moment($4) WHEN m.expires_at <= $5 THEN 0 ELSE m.raised END, \
            ours = CASE WHEN $2 IS NULL THEN vestibule_moment($4) WHEN m.expires_at <= $5 THEN 0 ELSE m.ours END, \
            expires_at = CASE WHEN m.expires_at <= $5 THEN $3 ELSE greatest(m.expires_at, $3) END \
        RETURNING key, issued_at, raised, ours \
    ) SELECT issued_at, raised, ours, pg_notify('vestibule_ended', encode(key, 'hex'))::text FROM raised";

pub(super) const MARKS: &str = "\
    SELECT issued_at, raised, ours FROM vestibule_marks WHERE key = ANY($1) AND expires_at > $2";

/// The moment is drawn by whoever burnt it alone.
pub(super) const BURN_ATTEMPT: &str = "\
    INSERT INTO vestibule_attempts AS a (key, expires_at) VALUES ($1, $2) \
    ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE a.expires_at <= $4 \
    RETURNING vestibule_moment($3)";

pub(super) const REMEMBER_JTI: &str = "\
    INSERT INTO vestibule_jtis AS j (key, expires_at) VALUES ($1, $2) \
    ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE j.expires_at <= $3 \
    RETURNING true";

/// Heard by whoever really listens.
pub(super) const SAY: &str = "SELECT pg_notify('vestibule_ended', $1)::text";

pub(super) const KNOWS_JTI: &str = "SELECT true FROM vestibule_jtis WHERE key = $1 AND expires_at > $2";

/// The fence of a name that is known is drawn under the lock on its row; that of an unknown one before its row is there, which is
/// why rows stay for a while after a lease has ended. Many try while one has it: a look beforehand spares them the lock, and the wait
/// for the disk that goes with it. Whoever finds it free then is told under the lock whether it still is.
pub(super) const LEASE: &str = "\
    INSERT INTO vestibule_leases AS l (key, fence, held_until, expires_at) \
    SELECT $1::bytea, nextval('vestibule_fences'), $2::bigint, $3::bigint \
    WHERE NOT EXISTS (SELECT 1 FROM vestibule_leases WHERE key = $1 AND held_until > $4) \
    ON CONFLICT (key) DO UPDATE SET \
        fence = nextval('vestibule_fences'), held_until = excluded.held_until, \
        expires_at = greatest(l.expires_at, excluded.expires_at) \
    WHERE l.held_until IS NULL OR l.held_until <= $4 \
    RETURNING fence";

pub(super) const RENEW_LEASE: &str = "\
    UPDATE vestibule_leases SET held_until = $3, expires_at = greatest(expires_at, $4) \
    WHERE key = $1 AND fence = $2 AND held_until > $5 RETURNING true";

pub(super) const RELEASE_LEASE: &str = "\
    UPDATE vestibule_leases SET held_until = NULL WHERE key = $1 AND fence = $2 AND held_until > $3 RETURNING true";

pub(super) const MAKE: &str = "\
    INSERT INTO vestibule_kept AS k (key, value, version, expires_at) \
    VALUES ($1, $2, nextval('vestibule_versions'), $3) \
    ON CONFLICT (key) DO UPDATE SET \
        value = excluded.value, version = excluded.version, expires_at = excluded.expires_at \
    WHERE k.expires_at <= $4 \
    RETURNING version";

pub(super) const REPLACE: &str = "\
    WITH found AS ( \
        SELECT version FROM vestibule_kept WHERE key = $1 AND expires_at > $5 FOR UPDATE \
    ), changed AS ( \
        UPDATE vestibule_kept k SET value = $3, version = nextval('vestibule_versions'), expires_at = $4 \
        FROM found WHERE k.key = $1 AND found.version = $2 RETURNING k.version \
    ) SELECT (SELECT version FROM changed) FROM found";

pub(super) const KEPT: &str = "SELECT value, version FROM vestibule_kept WHERE key = $1 AND expires_at > $2";

pub(super) const DISCARD: &str = "DELETE FROM vestibule_kept WHERE key = $1 AND expires_at > $2 RETURNING true";

/// One machine a minute, which is told the server's time. A last time far ahead is that of a machine whose clock was wrong.
pub(super) const SET_OUT_TO_PURGE: &str = "\
    UPDATE vestibule_chores SET done_at = $1 \
    WHERE name = 'purge' AND (done_at <= $1 - 60 OR done_at > $1 + 60) \
    RETURNING extract(epoch FROM now())::bigint";

/// A batch of what has expired, of one table. What somebody is at is left for the next time, so nobody waits for the purge, nor it
/// for anybody.
macro_rules! purge {
    ($table:literal) => {
        concat!(
            "WITH old AS (SELECT key FROM ",
            $table,
            " WHERE expires_at <= $1 ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED), ",
            "gone AS (DELETE FROM ",
            $table,
            " WHERE key = ANY(ARRAY(SELECT key FROM old)) RETURNING key) SELECT count(*) FROM gone"
        )
    };
}

pub(super) const PURGE: [&str; 6] = [
    purge!("vestibule_sessions"),
    purge!("vestibule_marks"),
    purge!("vestibule_attempts"),
    purge!("vestibule_jtis"),
    purge!("vestibule_leases"),
    purge!("vestibule_kept"),
];

/// All but the purges, for those who look at their plans.
#[cfg(test)]
pub(super) const ALL: [&str; 20] = [
    INSERT,
    LOAD,
    UPDATE,
    TOUCH,
    DELETE,
    DELETE_ALL,
    LIST,
    RAISE,
    MARKS,
    BURN_ATTEMPT,
    REMEMBER_JTI,
    KNOWS_JTI,
    LEASE,
    RENEW_LEASE,
    RELEASE_LEASE,
    MAKE,
    REPLACE,
    KEPT,
    DISCARD,
    SET_OUT_TO_PURGE,
];
