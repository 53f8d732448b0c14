//! Kept values: made once, replaced by their version, forgotten. What the check keeps for good it discards in the end.

use super::{
    Breach,
    probe::{LIFE, Probe, fresh, long_value, value},
    same,
};
use crate::{
    session_store::{Kept, Update, Version},
    store::Key,
};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    what_is_not_there(probe).await?;
    making(probe).await?;
    replacing(probe).await?;
    expiry(probe).await?;
    other_ends(probe).await?;
    discarding(probe).await
}

/// Keeps a value that nobody keeps yet.
async fn kept(probe: Probe<'_>, key: Key, value: &[u8], until: Option<i64>) -> Result<Version, Breach> {
    const CLAUSE: &str = "a value is kept under a key that nobody has";
    match probe.keep(key, None, value, until, 0).await? {
        Update::Done(version) => Ok(version),
        other => same(CLAUSE, &other, &Update::Done(Version(1))).map(|()| Version(1)),
    }
}

/// Discards a value that is kept.
async fn done_with(probe: Probe<'_>, key: Key, after: i64) -> Result<(), Breach> {
    same("a value that is kept is discarded", &probe.discard(key, after).await?, &true)
}

async fn what_is_not_there(probe: Probe<'_>) -> Result<(), Breach> {
    let key = fresh();
    same("nothing is kept under an unknown key", &probe.kept(key, 0).await?, &None)?;
    same("there is nothing to discard under an unknown key", &probe.discard(key, 0).await?, &false)?;
    for version in [Version(0), Version(1)] {
        let update = probe.keep(key, Some(version), b"-", None, 0).await?;
        same("there is nothing to replace under an unknown key", &update, &Update::Gone)?;
        same("with a version no value is made", &probe.kept(key, 0).await?, &None)?;
    }
    Ok(())
}

async fn making(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a value is kept as it was given";
    for (value, until) in [(Vec::new(), None), (value(), Some(LIFE)), (long_value(), None)] {
        let key = fresh();
        let version = kept(probe, key, &value, until).await?;
        let expected = Some(Kept::new(value, version));
        same(CLAUSE, &probe.kept(key, 0).await?, &expected)?;
        let again = probe.keep(key, None, b"-", None, 0).await?;
        same("without a version a value that is there is not replaced", &again, &Update::Changed)?;
        same("without a version a value that is there stays as it is", &probe.kept(key, 0).await?, &expected)?;
        done_with(probe, key, 0).await?;
    }
    Ok(())
}

async fn replacing(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a value is replaced by its version, and has another one then";
    let key = fresh();
    let mut version = kept(probe, key, &value(), None).await?;
    let mut stale = vec![Version(version.0.wrapping_add(1 << 40)), Version(u64::MAX)];
    for _ in 0..3 {
        let new = value();
        let update = probe.keep(key, Some(version), &new, None, 0).await?;
        let found = probe.kept(key, 0).await?;
        let next = found.as_ref().map_or(version, |kept| kept.version);
        same(CLAUSE, &update, &Update::Done(next))?;
        same(CLAUSE, &found, &Some(Kept::new(new, next)))?;
        stale.push(version);
        same("each change gives a version that the value never had", &stale.contains(&next), &false)?;
        version = next;
    }
    let before = probe.kept(key, 0).await?;
    for stale in stale {
        let update = probe.keep(key, Some(stale), b"-", None, 0).await?;
        same("a value is not replaced by a version that it no longer has", &update, &Update::Changed)?;
        same("a value is not replaced by a version that it no longer has", &probe.kept(key, 0).await?, &before)?;
    }
    done_with(probe, key, 0).await
}

/// A value that is asked for in the second before it ends. One of its own for each question about the next one, made right before
/// it: a store may forget whatever has ended once anybody asks at that time.
async fn nearly_ended(probe: Probe<'_>) -> Result<(Key, Version), Breach> {
    let key = fresh();
    let version = kept(probe, key, b"-", Some(LIFE)).await?;
    let there = probe.kept(key, LIFE - 1).await?.is_some();
    same("a value is kept until the second before it ends", &there, &true)?;
    Ok((key, version))
}

async fn expiry(probe: Probe<'_>) -> Result<(), Breach> {
    let (key, _) = nearly_ended(probe).await?;
    same("a value is gone from the second on at which it ends", &probe.kept(key, LIFE).await?, &None)?;
    let (key, version) = nearly_ended(probe).await?;
    let update = probe.keep(key, Some(version), b"-", None, LIFE).await?;
    same("there is nothing to replace after its end", &update, &Update::Gone)?;
    let (key, _) = nearly_ended(probe).await?;
    same("there is nothing to discard after its end", &probe.discard(key, LIFE).await?, &false)?;
    let (key, _) = nearly_ended(probe).await?;
    let update = probe.keep(key, None, b"-", None, LIFE).await?;
    same("a value that has ended does not stand in the way of a new one", &matches!(update, Update::Done(_)), &true)?;
    done_with(probe, key, LIFE).await?;
    let for_good = fresh();
    kept(probe, for_good, b"-", None).await?;
    same("what is kept for good stays", &probe.kept(for_good, 3 * LIFE).await?.is_some(), &true)?;
    done_with(probe, for_good, 3 * LIFE).await
}

/// With each replacement comes a new end.
async fn other_ends(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a value that was replaced ends when its replacement says";
    for (first, then) in
        [(Some(LIFE), Some(2 * LIFE)), (Some(2 * LIFE), Some(LIFE)), (Some(LIFE), None), (None, Some(LIFE))]
    {
        let key = fresh();
        let version = kept(probe, key, b"-", first).await?;
        let update = probe.keep(key, Some(version), b"-", then, 0).await?;
        same(CLAUSE, &matches!(update, Update::Done(_)), &true)?;
        let end = then.unwrap_or(3 * LIFE);
        same(CLAUSE, &probe.kept(key, end - 1).await?.is_some(), &true)?;
        same(CLAUSE, &probe.kept(key, end).await?.is_some(), &then.is_none())?;
        if then.is_none() {
            done_with(probe, key, end).await?;
        }
    }
    Ok(())
}

async fn discarding(probe: Probe<'_>) -> Result<(), Breach> {
    let (key, other) = (fresh(), fresh());
    let version = kept(probe, key, b"-", None).await?;
    kept(probe, other, b"-", None).await?;
    done_with(probe, key, 0).await?;
    same("a value that was discarded is gone", &probe.kept(key, 0).await?, &None)?;
    same("what was discarded is not there to be discarded again", &probe.discard(key, 0).await?, &false)?;
    let update = probe.keep(key, Some(version), b"-", None, 0).await?;
    same("a replacement never brings back what was discarded", &update, &Update::Gone)?;
    same("to discard one value leaves all others", &probe.kept(other, 0).await?.is_some(), &true)?;
    kept(probe, key, b"-", None).await?;
    let update = probe.keep(key, Some(version), b"-", None, 0).await?;
    same(
        "a version that was read before a value was discarded does not fit one that was made after",
        &update,
        &Update::Changed,
    )?;
    for key in [key, other] {
        done_with(probe, key, 0).await?;
    }
    Ok(())
}
