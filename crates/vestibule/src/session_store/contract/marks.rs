//! Marks and moments: what is over, and in which order things happened.

use super::{
    Breach, holds,
    probe::{LIFE, Probe, fresh},
    same,
};
use crate::{
    session_store::{Born, Mark, Moment, Raising},
    store::Key,
};

pub(super) async fn check(probe: Probe<'_>) -> Result<(), Breach> {
    no_mark(probe).await?;
    one_mark(probe).await?;
    what_it_ends(probe).await?;
    joined_marks(probe).await?;
    growth(probe).await?;
    expiry(probe).await?;
    after_expiry(probe).await?;
    moments(probe).await
}

/// A mark on our own clock, or on the provider's.
fn raising(probe: Probe<'_>, whose: Key, issued_at: Option<i64>, until: i64) -> Raising {
    Raising::new(whose, fresh(), issued_at.map(|second| probe.at(second)), probe.at(until))
}

async fn no_mark(probe: Probe<'_>) -> Result<(), Breach> {
    same("nobody has a mark before it is raised", &probe.marks(&[], 0).await?, &Mark::default())?;
    same("nobody has a mark before it is raised", &probe.marks(&[fresh(), fresh()], 0).await?, &Mark::default())
}

async fn one_mark(probe: Probe<'_>) -> Result<(), Breach> {
    const PARTS: &str = "a mark has the moment at which it was raised, on the clock on which it was";
    for issued_at in [None, Some(-3)] {
        let (whose, issuer) = (fresh(), fresh());
        let raising = Raising { issuer, ..raising(probe, whose, issued_at, LIFE) };
        let mark = probe.raise(raising, 0).await?;
        let (_, raised, ours) = mark.parts();
        same(PARTS, &mark, &Mark::at(raised.max(ours), raising.issued_at))?;
        same("a mark is there from then on", &probe.marks(&[whose], 0).await?, &mark)?;
        same("a mark is nobody else's", &probe.marks(&[issuer, fresh()], 0).await?, &Mark::default())?;
    }
    Ok(())
}

async fn what_it_ends(probe: Probe<'_>) -> Result<(), Breach> {
    for issued_at in [None, Some(0)] {
        let whose = fresh();
        let before = burnt(probe, 0).await?;
        let mark = probe.raise(raising(probe, whose, issued_at, LIFE), 0).await?;
        let after = burnt(probe, 0).await?;
        let born = |moment| Born::new(probe.at(0), moment);
        holds("a mark ends a session whose login was under way", mark.ends(born(before)))?;
        holds("a mark spares a login that begins after it", !mark.ends(born(after)))?;
    }
    Ok(())
}

async fn joined_marks(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "the marks of several keys are joined";
    let [first, second, third, nobody] = std::array::from_fn(|_| fresh());
    let mut joined = Mark::default();
    for (whose, issued_at) in [(first, Some(-3)), (second, None), (third, Some(-9))] {
        joined = joined.join(probe.raise(raising(probe, whose, issued_at, LIFE), 0).await?);
    }
    for keys in [[first, second, third, nobody], [nobody, third, second, first]] {
        same(CLAUSE, &probe.marks(&keys, 0).await?, &joined)?;
    }
    const TWICE: &str = "a key whose mark is asked for twice at once counts once";
    same(TWICE, &probe.marks(&[first, second, first, third, nobody, nobody, second], 0).await?, &joined)
}

async fn growth(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a mark only grows: each raise joins what was there";
    let whose = fresh();
    let mut mark = Mark::default();
    for issued_at in [Some(-5), Some(-9), None, Some(-5), Some(-2), None] {
        let raised = probe.raise(raising(probe, whose, issued_at, LIFE), 0).await?;
        let (_, by_provider, ours) = raised.parts();
        let latest = if issued_at.is_some() { by_provider } else { ours };
        mark = mark.join(Mark::at(latest, issued_at.map(|second| probe.at(second))));
        same(CLAUSE, &raised, &mark)?;
        same(CLAUSE, &probe.marks(&[whose], 0).await?, &mark)?;
    }
    Ok(())
}

async fn expiry(probe: Probe<'_>) -> Result<(), Breach> {
    const KEPT: &str = "a mark is there until the latest end that it was raised with";
    // Raised with these ends, one after the other.
    for ends in [[LIFE, LIFE], [LIFE, LIFE - 50], [LIFE - 50, LIFE]] {
        let whose = fresh();
        let mut mark = Mark::default();
        for until in ends {
            mark = probe.raise(raising(probe, whose, None, until), 0).await?;
            same("a mark is there from then on", &probe.marks(&[whose], 0).await?, &mark)?;
        }
        same(KEPT, &probe.marks(&[whose], LIFE - 1).await?, &mark)?;
        let then = probe.marks(&[whose], LIFE).await?;
        same("a mark is gone from the second on at which it ends", &then, &Mark::default())?;
    }
    Ok(())
}

async fn after_expiry(probe: Probe<'_>) -> Result<(), Breach> {
    const CLAUSE: &str = "a mark that is raised anew has nothing of one that has ended";
    let whose = fresh();
    let ended = probe.raise(raising(probe, whose, Some(0), LIFE), 0).await?;
    same("a mark is there from then on", &probe.marks(&[whose], 0).await?, &ended)?;
    let raised = probe.raise(raising(probe, whose, None, 2 * LIFE), LIFE).await?;
    let (_, _, ours) = raised.parts();
    same(CLAUSE, &raised, &Mark::at(ours, None))?;
    same(CLAUSE, &probe.marks(&[whose], LIFE).await?, &raised)
}

async fn moments(probe: Probe<'_>) -> Result<(), Breach> {
    let mut last = Moment(0);
    // Time stands still, goes on, and goes back as it does where the clocks of two machines differ.
    for (round, after) in [0, 0, 1, 0, 5, 5, 2].into_iter().enumerate() {
        let burnt = burnt(probe, after).await?;
        let issued_at = (round % 2 == 0).then_some(0);
        let (_, by_provider, ours) = probe.raise(raising(probe, fresh(), issued_at, LIFE), after).await?.parts();
        let raised = by_provider.max(ours);
        holds(
            "each moment is later than all before, of burnt attempts and raised marks alike",
            last < burnt && burnt < raised,
        )?;
        let second = Moment::default().next(probe.at(after));
        holds("no moment is before the second in which it was taken", second <= burnt && second <= raised)?;
        last = raised;
    }
    Ok(())
}

async fn burnt(probe: Probe<'_>, after: i64) -> Result<Moment, Breach> {
    let burnt = probe.burn(fresh(), LIFE, after).await?;
    burnt.ok_or(Breach { clause: "the first to burn an attempt gets a moment", found: String::new(), source: None })
}
