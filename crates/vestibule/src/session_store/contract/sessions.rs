//! One session: inserted, loaded, updated, touched, deleted, expired.

use super::{
    Breach,
    probe::{LIFE, Probe, fresh, long_value, value},
    same,
};
use crate::{
    session_store::{Insertion, NewSession, StoredSession, Update, Version},
    store::Key,
};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    what_is_not_there(probe).await?;
    insertion(probe).await?;
    a_second_insertion(probe).await?;
    updates(probe).await?;
    stale_updates(probe).await?;
    deletion(probe).await?;
    expiry(probe).await?;
    after_expiry(probe).await?;
    touches(probe).await?;
    a_second_life(probe).await
}

async fn what_is_not_there(probe: Probe<'_>) -> Result<(), Breach> {
    let key = fresh();
    same("an unknown key loads nothing", &probe.load(key, 0).await?, &None)?;
    for version in [Version(0), Version(1)] {
        let update = probe.update(key, version, b"-", 0).await?;
        same("there is nothing to update under an unknown key", &update, &Update::Gone)?;
        same("an update never makes a session", &probe.load(key, 0).await?, &None)?;
    }
    same("there is nothing to touch under an unknown key", &probe.touch(key, 1, LIFE, 0).await?, &false)?;
    same("a touch never makes a session", &probe.load(key, 0).await?, &None)?;
    same("there is nothing to delete under an unknown key", &probe.delete(key, 0).await?, &false)
}

async fn insertion(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a session is loaded as it was inserted";
    for value in [Vec::new(), value(), long_value()] {
        let (key, mut session) = (fresh(), probe.session(fresh(), None));
        session.value = value;
        session.last_seen = probe.at(-7);
        probe.enter(key, &session).await?;
        let found = probe.there(CLAUSE, key, 0).await?;
        let expected = StoredSession::new(session.value, found.version, session.last_seen, session.expires_at);
        same(CLAUSE, &found, &expected)?;
    }
    Ok(())
}

async fn a_second_insertion(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "an insertion never changes a session that is there";
    let (key, session) = probe.somebody().await?;
    let before = probe.load(key, 0).await?;
    let mut other = probe.session(fresh(), Some(fresh()));
    (other.last_seen, other.expires_at) = (probe.at(1), probe.at(2 * LIFE));
    let inserted = probe.insert(key, other.clone(), 1).await?;
    same("an insertion under the key of a session that is there is refused", &inserted, &Insertion::Exists)?;
    same(CLAUSE, &probe.load(key, 1).await?, &before)?;
    same(CLAUSE, &probe.listed(session.subject, 1).await?, &vec![key])?;
    same(CLAUSE, &probe.listed(other.subject, 1).await?, &Vec::new())
}

async fn updates(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "an update replaces the value, gives it another version, and leaves the rest";
    let (key, session) = probe.somebody().await?;
    let mut version = probe.there(CLAUSE, key, 0).await?.version;
    let mut versions = vec![version];
    for round in 1..4 {
        let new = if round == 2 { long_value() } else { value() };
        let updated = probe.update(key, version, &new, round).await?;
        let found = probe.there(CLAUSE, key, round).await?;
        version = found.version;
        same(CLAUSE, &updated, &Update::Done(version))?;
        same(CLAUSE, &found, &StoredSession::new(new, version, session.last_seen, session.expires_at))?;
        same("each change gives a version that the value never had", &versions.contains(&version), &false)?;
        versions.push(version);
    }
    for index in [Some(session.subject), session.sid].into_iter().flatten() {
        same(
            "a session that was updated is still its subject's and its `sid`'s",
            &probe.listed(index, 4).await?,
            &vec![key],
        )?;
    }
    Ok(())
}

async fn stale_updates(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "an update by a version that the value no longer has changes nothing";
    let (key, _) = probe.somebody().await?;
    let first = probe.there(CLAUSE, key, 0).await?.version;
    let second = match probe.update(key, first, &value(), 0).await? {
        Update::Done(version) => version,
        refused => return same("an update by the version that the value has is done", &refused, &Update::Done(first)),
    };
    let before = probe.load(key, 0).await?;
    for stale in [first, Version(second.0.wrapping_add(1)), Version(u64::MAX)] {
        same(CLAUSE, &probe.update(key, stale, &value(), 0).await?, &Update::Changed)?;
        same(CLAUSE, &probe.load(key, 0).await?, &before)?;
    }
    Ok(())
}

async fn deletion(probe: Probe<'_>) -> Result<(), Breach> {
    let (key, session) = probe.somebody().await?;
    let (other, _) = probe.somebody().await?;
    let version = probe.there("a session is loaded as it was inserted", key, 0).await?.version;
    same("a deletion says that the session was there", &probe.delete(key, 0).await?, &true)?;
    same("a session that was deleted is gone", &probe.load(key, 0).await?, &None)?;
    same("a deletion ends no other session", &probe.load(other, 0).await?.is_some(), &true)?;
    same("a second deletion says that there was none", &probe.delete(key, 0).await?, &false)?;
    same("there is nothing to update after a deletion", &probe.update(key, version, b"-", 0).await?, &Update::Gone)?;
    same("an update never brings back what was deleted", &probe.load(key, 0).await?, &None)?;
    same("there is nothing to touch after a deletion", &probe.touch(key, 1, LIFE, 0).await?, &false)?;
    same("a touch never brings back what was deleted", &probe.load(key, 0).await?, &None)?;
    for index in [Some(session.subject), session.sid].into_iter().flatten() {
        same("a session that was deleted is nobody's", &probe.listed(index, 0).await?, &Vec::new())?;
    }
    Ok(())
}

/// Somebody who signed in just now, asked about in the second before they expire. A session of its own for each question about the
/// next one, made right before it: a store may forget whatever has expired once anybody asks at that time.
async fn nearly_expired(probe: Probe<'_>) -> Result<(Key, NewSession, Version), Breach> {
    let (key, session) = probe.somebody().await?;
    let found = probe.there("a session is there until the second before it expires", key, LIFE - 1).await?;
    Ok((key, session, found.version))
}

async fn expiry(probe: Probe<'_>) -> Result<(), Breach> {
    let (key, ..) = nearly_expired(probe).await?;
    same("a session is gone from the second on at which it expires", &probe.load(key, LIFE).await?, &None)?;
    let (key, ..) = nearly_expired(probe).await?;
    same("a deletion says that an expired session was not there", &probe.delete(key, LIFE).await?, &false)?;
    let (key, _, version) = nearly_expired(probe).await?;
    let update = probe.update(key, version, b"-", LIFE).await?;
    same("there is nothing to update after expiry", &update, &Update::Gone)?;
    same("an update never brings back what has expired", &probe.load(key, LIFE).await?, &None)?;
    let (key, ..) = nearly_expired(probe).await?;
    let touch = probe.touch(key, LIFE, 2 * LIFE, LIFE).await?;
    same("there is nothing to touch after expiry", &touch, &false)?;
    same("a touch never brings back what has expired", &probe.load(key, LIFE).await?, &None)
}

async fn after_expiry(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a new session has nothing of an expired one";
    let (key, old, _) = nearly_expired(probe).await?;
    let mut new = probe.session(fresh(), None);
    (new.last_seen, new.expires_at) = (probe.at(LIFE), probe.at(2 * LIFE));
    let insertion = probe.insert(key, new.clone(), LIFE).await?;
    same("an expired session does not stand in the way of a new one", &insertion, &Insertion::Done)?;
    same(CLAUSE, &probe.there(CLAUSE, key, LIFE).await?.value, &new.value)?;
    same(CLAUSE, &probe.listed(old.subject, LIFE).await?, &Vec::new())?;
    same(CLAUSE, &probe.listed(new.subject, LIFE).await?, &vec![key])
}

async fn touches(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a touch moves both dates, forwards only, and leaves the value and its version";
    let (key, _) = probe.somebody().await?;
    let before = probe.there(CLAUSE, key, 0).await?;
    // seen, expires -> what there is then
    for (seen, expires, then) in [
        (5, LIFE + 10, (5, LIFE + 10)),
        (3, LIFE + 5, (5, LIFE + 10)),
        (8, LIFE, (8, LIFE + 10)),
        (6, LIFE + 20, (8, LIFE + 20)),
        (4, 5, (8, LIFE + 20)),
        (8, LIFE + 20, (8, LIFE + 20)),
    ] {
        same("a touch says that the session is there", &probe.touch(key, seen, expires, 8).await?, &true)?;
        let mut expected = before.clone();
        (expected.last_seen, expected.expires_at) = (probe.at(then.0), probe.at(then.1));
        same(CLAUSE, &probe.there(CLAUSE, key, 8).await?, &expected)?;
    }
    const LONGER: &str = "a session that was touched lives until its new end";
    probe.there(LONGER, key, LIFE + 19).await?;
    same(LONGER, &probe.load(key, LIFE + 20).await?, &None)
}

async fn a_second_life(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a version that was read before a deletion does not fit a session that was made after it";
    let (key, session) = probe.somebody().await?;
    let version = probe.there(CLAUSE, key, 0).await?.version;
    same("a deletion says that the session was there", &probe.delete(key, 0).await?, &true)?;
    probe.enter(key, &session).await?;
    same(CLAUSE, &probe.update(key, version, b"-", 0).await?, &Update::Changed)
}
