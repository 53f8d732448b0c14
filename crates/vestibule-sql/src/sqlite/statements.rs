//! All that is said to SQLite at work. Whatever takes more than one statement is within `BEGIN IMMEDIATE`: there is one writer at a
//! time, and what it has read is still so when it writes.

pub(super) const NEXT_VERSION: &str =
    "UPDATE vestibule_counters SET value = value + 1 WHERE name = 'version' RETURNING value";

pub(super) const NEXT_FENCE: &str =
    "UPDATE vestibule_counters SET value = value + 1 WHERE name = 'fence' RETURNING value";

pub(super) const NEXT_MOMENT: &str =
    "UPDATE vestibule_counters SET value = max(value + 1, ?1) WHERE name = 'moment' RETURNING value";

pub(super) const INSERT: &str = "\
    INSERT INTO vestibule_sessions \
        (key, value, version, subject, sid, issued_at, moment, last_seen, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
    ON CONFLICT (key) DO UPDATE SET \
        value = excluded.value, version = excluded.version, subject = excluded.subject, sid = excluded.sid, \
        issued_at = excluded.issued_at, moment = excluded.moment, last_seen = excluded.last_seen, \
        expires_at = excluded.expires_at \
    WHERE vestibule_sessions.expires_at <= ?10 \
    RETURNING true";

pub(super) const LOAD: &str = "\
    SELECT value, version, last_seen, expires_at FROM vestibule_sessions WHERE key = ?1 AND expires_at > ?2";

pub(super) const VERSION: &str = "SELECT version FROM vestibule_sessions WHERE key = ?1 AND expires_at > ?2";

pub(super) const UPDATE: &str = "UPDATE vestibule_sessions SET value = ?2, version = ?3 WHERE key = ?1";

pub(super) const TOUCH: &str = "\
    UPDATE vestibule_sessions SET last_seen = max(last_seen, ?2), expires_at = max(expires_at, ?3) \
    WHERE key = ?1 AND expires_at > ?4 RETURNING true";

pub(super) const DELETE: &str = "DELETE FROM vestibule_sessions WHERE key = ?1 AND expires_at > ?2 RETURNING true";

pub(super) const DELETE_ALL: &str = "\
    DELETE FROM vestibule_sessions \
    WHERE (subject = ?1 OR sid = ?1) AND expires_at > ?2 \
        AND (moment < ?5 OR issued_at < ?3 OR (issued_at = ?3 AND moment < ?4)) \
    RETURNING key";

pub(super) const LIST: &str = "\
    SELECT key, value, version, last_seen, expires_at FROM vestibule_sessions \
    WHERE (subject = ?1 OR sid = ?1) AND expires_at > ?2";

pub(super) const FORGET_MARK: &str = "DELETE FROM vestibule_marks WHERE key = ?1 AND expires_at <= ?2";

pub(super) const RAISE: &str = "\
    INSERT INTO vestibule_marks (key, issued_at, raised, ours, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (key) DO UPDATE SET \
        issued_at = max(coalesce(issued_at, excluded.issued_at), coalesce(excluded.issued_at, issued_at)), \
        raised = max(raised, excluded.raised), ours = max(ours, excluded.ours), \
        expires_at = max(expires_at, excluded.expires_at) \
    RETURNING issued_at, raised, ours";

/// The marks of so many keys.
pub(super) fn marks(keys: usize) -> String {
    const BEGIN: &str = "SELECT issued_at, raised, ours FROM vestibule_marks WHERE expires_at > ? AND key IN (?";
    format!("{BEGIN}{})", ", ?".repeat(keys.saturating_sub(1)))
}

pub(super) const BURN_ATTEMPT: &str = "\
    INSERT INTO vestibule_attempts (key, expires_at) VALUES (?1, ?2) \
    ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE vestibule_attempts.expires_at <= ?3 \
    RETURNING true";

pub(super) const REMEMBER_JTI: &str = "\
    INSERT INTO vestibule_jtis (key, expires_at) VALUES (?1, ?2) \
    ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE vestibule_jtis.expires_at <= ?3 \
    RETURNING true";

pub(super) const KNOWS_JTI: &str = "SELECT true FROM vestibule_jtis WHERE key = ?1 AND expires_at > ?2";

pub(super) const LEASE: &str = "\
    INSERT INTO vestibule_leases (key, fence, expires_at) VALUES (?1, ?2, ?3) \
    ON CONFLICT (key) DO UPDATE SET fence = excluded.fence, expires_at = excluded.expires_at \
    WHERE vestibule_leases.expires_at <= ?4 \
    RETURNING fence";

pub(super) const RENEW_LEASE: &str = "\
    UPDATE vestibule_leases SET expires_at = ?3 WHERE key = ?1 AND fence = ?2 AND expires_at > ?4 RETURNING true";

pub(super) const RELEASE_LEASE: &str =
    "DELETE FROM vestibule_leases WHERE key = ?1 AND fence = ?2 AND expires_at > ?3 RETURNING true";

pub(super) const KEPT: &str = "SELECT value, version FROM vestibule_kept WHERE key = ?1 AND expires_at > ?2";

pub(super) const KEPT_VERSION: &str = "SELECT version FROM vestibule_kept WHERE key = ?1 AND expires_at > ?2";

pub(super) const KEEP: &str = "\
    INSERT INTO vestibule_kept (key, value, version, expires_at) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (key) DO UPDATE SET \
        value = excluded.value, version = excluded.version, expires_at = excluded.expires_at";

pub(super) const DISCARD: &str = "DELETE FROM vestibule_kept WHERE key = ?1 AND expires_at > ?2 RETURNING true";

/// One process a minute, which is told the database's time. A last time far ahead is that of a process whose clock was wrong.
pub(super) const SET_OUT_TO_PURGE: &str = "\
    UPDATE vestibule_counters SET value = ?1 \
    WHERE name = 'purge' AND (value <= ?1 - 60 OR value > ?1 + 60) \
    RETURNING CAST(strftime('%s', 'now') AS INTEGER)";

/// A batch of what has expired, of one table: other writers come in between two batches.
macro_rules! purge {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE rowid IN (SELECT rowid FROM ",
            $table,
            " WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 500)"
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
pub(super) const ALL: [&str; 24] = [
    NEXT_VERSION,
    NEXT_FENCE,
    NEXT_MOMENT,
    INSERT,
    LOAD,
    VERSION,
    UPDATE,
    TOUCH,
    DELETE,
    DELETE_ALL,
    LIST,
    FORGET_MARK,
    RAISE,
    BURN_ATTEMPT,
    REMEMBER_JTI,
    KNOWS_JTI,
    LEASE,
    RENEW_LEASE,
    RELEASE_LEASE,
    KEPT,
    KEPT_VERSION,
    KEEP,
    DISCARD,
    SET_OUT_TO_PURGE,
];
