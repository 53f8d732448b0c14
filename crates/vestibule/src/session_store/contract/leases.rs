//! Leases: one holder at a time, and each greater than all before.

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh},
    same,
};
use crate::{session_store::Fence, store::Key};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    one_holder(probe).await?;
    renewal(probe).await?;
    release(probe).await?;
    the_next_holder(probe).await?;
    strangers(probe).await
}

/// The fence of somebody who must get the lease.
async fn taken(clause: &'static str, probe: Probe<'_>, name: Key, until: i64, after: i64) -> Result<Fence, Breach> {
    let fence = probe.lease(name, until, after).await?;
    fence.ok_or(Breach { clause, found: ": it was refused".to_owned(), source: None })
}

async fn one_holder(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a lease that somebody has is refused until it ends";
    let (name, other) = (fresh(), fresh());
    taken("a lease that nobody has is taken", probe, name, LIFE, 0).await?;
    taken("a lease that nobody has is taken", probe, other, LIFE, 0).await?;
    for after in [0, LIFE - 1] {
        same(CLAUSE, &probe.lease(name, 3 * LIFE, after).await?, &None)?;
    }
    taken("a lease is free from the second on at which it ends", probe, name, 2 * LIFE, LIFE).await?;
    same(CLAUSE, &probe.lease(name, 3 * LIFE, LIFE).await?, &None)
}

async fn renewal(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "the holder renews a lease, and has it until its new end";
    let name = fresh();
    let fence = taken(CLAUSE, probe, name, LIFE, 0).await?;
    same(CLAUSE, &probe.renew(name, fence, LIFE + 50, LIFE - 1).await?, &true)?;
    same(CLAUSE, &probe.lease(name, 3 * LIFE, LIFE).await?, &None)?;
    same(CLAUSE, &probe.renew(name, fence, LIFE + 60, LIFE + 49).await?, &true)?;
    same(CLAUSE, &probe.lease(name, 3 * LIFE, LIFE + 59).await?, &None)?;
    let late = probe.renew(name, fence, 2 * LIFE, LIFE + 60).await?;
    same("a lease that has ended is not renewed", &late, &false)?;
    taken("a refused renewal leaves a lease as it is", probe, name, 2 * LIFE, LIFE + 60).await?;
    Ok(())
}

async fn release(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a lease that was given back is nobody's";
    let name = fresh();
    let fence = taken(CLAUSE, probe, name, LIFE, 0).await?;
    probe.release(name, fence, 0).await?;
    same(CLAUSE, &probe.renew(name, fence, LIFE, 0).await?, &false)?;
    probe.release(name, fence, 0).await?;
    let next = taken("a lease that was given back is free at once", probe, name, LIFE, 0).await?;
    holds("each holder has a greater fence than all before", fence < next)
}

/// Whoever was too slow finds that somebody else has the lease, and takes nothing away from them.
async fn the_next_holder(probe: Probe<'_>) -> Result<(), Breach> {
    let name = fresh();
    let slow = taken("a lease that nobody has is taken", probe, name, LIFE, 0).await?;
    let next = taken("a lease is free from the second on at which it ends", probe, name, 2 * LIFE, LIFE).await?;
    holds("each holder has a greater fence than all before", slow < next)?;
    same("only its holder renews a lease", &probe.renew(name, slow, 3 * LIFE, LIFE).await?, &false)?;
    let nobodys = Fence(u64::MAX);
    same("only its holder renews a lease", &probe.renew(name, nobodys, 3 * LIFE, LIFE).await?, &false)?;
    for stranger in [slow, nobodys] {
        probe.release(name, stranger, LIFE).await?;
    }
    const CLAUSE: &str = "only its holder gives a lease back";
    same(CLAUSE, &probe.lease(name, 3 * LIFE, LIFE).await?, &None)?;
    same(CLAUSE, &probe.renew(name, next, 2 * LIFE + 10, LIFE).await?, &true)
}

async fn strangers(probe: Probe<'_>) -> Result<(), Breach> {
    let (name, nobodys) = (fresh(), fresh());
    let fence = taken("a lease that nobody has is taken", probe, name, LIFE, 0).await?;
    same("there is nothing to renew under an unknown name", &probe.renew(nobodys, fence, LIFE, 0).await?, &false)?;
    probe.release(nobodys, fence, 0).await?;
    same("to give one lease back leaves all others", &probe.lease(name, LIFE, 0).await?, &None)?;
    taken("a renewal never takes a lease", probe, nobodys, LIFE, 0).await?;
    Ok(())
}
