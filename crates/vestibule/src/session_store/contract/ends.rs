//! Ends that are over before they begin, and ends that nobody here will see.

use vestibule_core::NumericDate;

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh},
    same,
};
use crate::session_store::{Insertion, Update};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    before_now(probe).await?;
    far_away(probe).await
}

/// Some seconds ago.
const PAST: i64 = -5;

async fn before_now(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "what ends before now is taken, and then as if it were not there";
    let (key, mut session) = (fresh(), probe.session(fresh(), None));
    session.expires_at = probe.at(PAST);
    for _ in 0..2 {
        same(CLAUSE, &probe.insert(key, session.clone(), 0).await?, &Insertion::Done)?;
        same(CLAUSE, &probe.load(key, 0).await?, &None)?;
        same(CLAUSE, &probe.listed(session.subject, 0).await?, &Vec::new())?;
        let update = probe.keep(key, None, b"-", Some(PAST), 0).await?;
        holds(CLAUSE, matches!(update, Update::Done(_)))?;
        same(CLAUSE, &probe.kept(key, 0).await?, &None)?;
        holds(CLAUSE, probe.burn(key, PAST, 0).await?.is_some())?;
        same(CLAUSE, &probe.remember(key, PAST, 0).await?, &true)?;
        same(CLAUSE, &probe.knows(key, 0).await?, &false)?;
        holds(CLAUSE, probe.lease(key, PAST, 0).await?.is_some())?;
    }
    const REPLACED: &str = "a value whose replacement ends before now is gone";
    let kept = probe.keep(key, None, b"-", None, 0).await?;
    let Update::Done(version) = kept else { return holds(CLAUSE, false) };
    let update = probe.keep(key, Some(version), b"-", Some(PAST), 0).await?;
    holds(REPLACED, matches!(update, Update::Done(_)))?;
    same(REPLACED, &probe.kept(key, 0).await?, &None)
}

/// The last second of the year 9999. What has such an end is taken away in the end: no store would ever forget it.
const FAR_AWAY: NumericDate = NumericDate::from_seconds(253_402_300_799);

async fn far_away(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "what ends in the year 9999 is there until then";
    let far_away = FAR_AWAY.seconds_since(probe.at(0));
    let (key, touched) = (fresh(), fresh());
    let mut session = probe.session(fresh(), None);
    probe.enter(touched, &session).await?;
    session.expires_at = FAR_AWAY;
    probe.enter(key, &session).await?;
    same(CLAUSE, &probe.touch(touched, 0, far_away, 0).await?, &true)?;
    for key in [key, touched] {
        same(CLAUSE, &probe.there(CLAUSE, key, 3 * LIFE).await?.expires_at, &FAR_AWAY)?;
        same(CLAUSE, &probe.delete(key, 3 * LIFE).await?, &true)?;
    }
    let update = probe.keep(key, None, b"-", Some(far_away), 0).await?;
    holds(CLAUSE, matches!(update, Update::Done(_)))?;
    same(CLAUSE, &probe.kept(key, 3 * LIFE).await?.is_some(), &true)?;
    same(CLAUSE, &probe.discard(key, 3 * LIFE).await?, &true)?;
    let fence = probe.lease(key, far_away, 0).await?;
    same(CLAUSE, &probe.lease(key, 3 * LIFE, 3 * LIFE - 1).await?, &None)?;
    match fence {
        Some(fence) => probe.release(key, fence, 3 * LIFE).await,
        None => holds(CLAUSE, false),
    }
}
