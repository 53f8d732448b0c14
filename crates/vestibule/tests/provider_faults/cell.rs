//! One cell of the grid: a fault at an endpoint in a phase, played through.

use std::{fmt, sync::Arc};

use crate::{
    fault::Fault,
    grid::{Endpoint, Phase},
    scene::{Scene, Seen},
    servers::Servers,
    stopwatch::Stopwatch,
};

#[derive(Debug)]
pub(crate) enum Cell {
    /// It cannot be, for this reason.
    Cannot(&'static str),
    Is(Outcome),
}

/// What came of a fault.
#[derive(Debug)]
pub(crate) struct Outcome {
    seen: String,
    /// How many questions met the fault.
    pub(crate) met: usize,
    /// In seconds, by the door's clock.
    pub(crate) waited: u64,
    pub(crate) is_session_lost: bool,
    pub(crate) is_false_acceptance: bool,
    recovery: Recovery,
}

/// How long after the end of the fault everything is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    NotNeeded,
    /// After so many seconds.
    After(u64),
    /// The same, by a sign-in that takes no click, since the person is signed in at the provider.
    BySigningIn(u64),
    /// The same, after the provider had taken the refresh token for stolen: it came twice, since the first answer got lost.
    AfterTheft(u64),
    Never,
}

/// When somebody tries again after the end of a fault, in seconds.
const TRIES: [u64; 7] = [0, 1, 5, 30, 60, 300, 3600];
/// So long an answer is waited for.
const DEADLINE: u64 = 10;

pub(crate) async fn play(
    endpoint: Endpoint,
    fault: Fault,
    phase: Phase,
    servers: &Arc<Servers>,
    stopwatch: &Stopwatch,
) -> Cell {
    if let Some(reason) = impossible(endpoint, fault) {
        return Cell::Cannot(reason);
    }
    let mut scene = Scene::set(endpoint, phase, servers, stopwatch).await;
    scene.breaks(fault);
    let seen = scene.act(fault).await;
    let met = scene.met();
    let is_false_acceptance =
        seen.is_good && met > 0 && !seen.is_by_signing_in && !goes_on_with_what_it_has(endpoint, phase);
    let is_session_lost = !scene.is_session_there().await;
    scene.is_mended();
    let recovery = if seen.is_good { Recovery::NotNeeded } else { recover(&mut scene, fault).await };
    let is_session_lost = is_session_lost || !scene.is_session_there().await;
    Cell::Is(Outcome { waited: scene.waited(), seen: seen.text, met, is_session_lost, is_false_acceptance, recovery })
}

/// What was fetched before serves on while there is nothing newer; and nobody needs an answer to giving something back.
fn goes_on_with_what_it_has(endpoint: Endpoint, phase: Phase) -> bool {
    match endpoint {
        Endpoint::Discovery | Endpoint::Keys => phase == Phase::LongAfter,
        Endpoint::Revocation => true,
        _ => false,
    }
}

async fn recover(scene: &mut Scene, fault: Fault) -> Recovery {
    let mut passed = 0;
    for seconds in TRIES {
        scene.pass(seconds - passed).await;
        passed = seconds;
        let seen = scene.act_again(fault).await;
        match seen {
            Seen { is_good: false, .. } => {}
            Seen { is_taken_for_theft: true, .. } => return Recovery::AfterTheft(seconds),
            Seen { is_by_signing_in: true, .. } => return Recovery::BySigningIn(seconds),
            _ => return Recovery::After(seconds),
        }
    }
    Recovery::Never
}

fn impossible(endpoint: Endpoint, fault: Fault) -> Option<&'static str> {
    match (endpoint, fault) {
        (Endpoint::Authorization, Fault::InvalidGrant | Fault::InvalidClient) => {
            Some("an error of the token endpoint (RFC 6749 5.2)")
        }
        (
            Endpoint::Authorization,
            Fault::TruncatedJson | Fault::FiftyMegabytes | Fault::GzipBomb | Fault::OtherMediaType,
        ) => Some("a page for the browser, of which we read nothing"),
        _ => None,
    }
}

impl Cell {
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Cannot(_) => None,
            Self::Is(outcome) => Some(outcome),
        }
    }

    /// What holds in every cell, whatever the document says.
    pub(crate) fn expect_sound(&self, at: &str) {
        let Self::Is(outcome) = self else { return };
        assert!(!outcome.is_session_lost, "{at}: a session was lost: {outcome:?}");
        assert!(!outcome.is_false_acceptance, "{at}: somebody was let in: {outcome:?}");
        assert!(outcome.recovery != Recovery::Never, "{at}: it does not recover: {outcome:?}");
        let most = DEADLINE * u64::try_from(outcome.met.max(1)).expect("a few");
        assert!(outcome.waited <= most, "{at}: somebody waited too long: {outcome:?}");
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { seen, met, waited, is_session_lost, recovery, .. } = match self {
            Self::Cannot(reason) => return write!(f, "cannot be: {reason}"),
            Self::Is(outcome) => outcome,
        };
        f.write_str(seen)?;
        if *met == 0 {
            f.write_str(", not asked")?;
        }
        if *waited > 0 {
            write!(f, ", after {waited} s")?;
        }
        write!(f, "; {}{recovery}", if *is_session_lost { "LOST" } else { "stays" })
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => Ok(()),
            Self::After(seconds) => write!(f, "; well {}", when(*seconds)),
            Self::BySigningIn(seconds) => write!(f, "; well {}, by a new sign-in", when(*seconds)),
            Self::AfterTheft(seconds) => write!(f, "; well {}, by a new sign-in †", when(*seconds)),
            Self::Never => f.write_str("; NEVER WELL"),
        }
    }
}

fn when(seconds: u64) -> String {
    if seconds == 0 { "at once".to_owned() } else { format!("after {seconds} s") }
}
