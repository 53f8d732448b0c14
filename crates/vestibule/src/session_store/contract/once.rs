//! What happens once: login attempts and logout tokens.

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh},
    same,
};
use crate::session_store::Update;

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    attempts(probe).await?;
    jtis(probe).await?;
    side_by_side(probe).await
}

async fn attempts(probe: Probe<'_>) -> Result<(), Breach> {
    const TWICE: &str = "an attempt that was burnt is not burnt again until its end";
    let attempt = fresh();
    holds("the first to burn an attempt gets a moment", probe.burn(attempt, LIFE, 0).await?.is_some())?;
    for after in [0, 1, LIFE - 1] {
        same(TWICE, &probe.burn(attempt, 3 * LIFE, after).await?, &None)?;
    }
    holds("an attempt may be burnt again after its end", probe.burn(attempt, 2 * LIFE, LIFE).await?.is_some())?;
    same(TWICE, &probe.burn(attempt, 2 * LIFE, LIFE).await?, &None)
}

async fn jtis(probe: Probe<'_>) -> Result<(), Breach> {
    const KNOWN: &str = "a `jti` that was remembered is known until its end";
    let jti = fresh();
    same("a `jti` is not known before it is remembered", &probe.knows(jti, 0).await?, &false)?;
    same("to ask for a `jti` does not remember it", &probe.remember(jti, LIFE, 0).await?, &true)?;
    for after in [0, LIFE - 1] {
        same(KNOWN, &probe.knows(jti, after).await?, &true)?;
        same("a `jti` that is remembered is not new", &probe.remember(jti, LIFE, after).await?, &false)?;
    }
    same("a `jti` is forgotten from the second on at which it ends", &probe.knows(jti, LIFE).await?, &false)?;
    same("a `jti` that was forgotten is new", &probe.remember(jti, 2 * LIFE, LIFE).await?, &true)?;
    same(KNOWN, &probe.knows(jti, LIFE).await?, &true)
}

/// One key in each place where keys go: none knows of the other.
async fn side_by_side(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "sessions, attempts, `jti`s, leases and kept values do not share their keys";
    let key = fresh();
    probe.enter(key, &probe.session(fresh(), None)).await?;
    holds(CLAUSE, probe.burn(key, LIFE, 0).await?.is_some())?;
    same(CLAUSE, &probe.knows(key, 0).await?, &false)?;
    same(CLAUSE, &probe.remember(key, LIFE, 0).await?, &true)?;
    holds(CLAUSE, probe.lease(key, LIFE, 0).await?.is_some())?;
    same(CLAUSE, &probe.kept(key, 0).await?, &None)?;
    holds(CLAUSE, matches!(probe.keep(key, None, b"-", None, 0).await?, Update::Done(_)))?;
    same(CLAUSE, &probe.discard(key, 0).await?, &true)?;
    same(CLAUSE, &probe.load(key, 0).await?.is_some(), &true)
}
