//! The grid: every fault at every endpoint in every phase, and that what came of it is what docs/faults.md says.

use std::{fmt, sync::Arc, thread};

use bytes::Bytes;
use http::Request;

use crate::{
    cell::{Cell, play},
    document::{self, Sections},
    fault::Fault,
    moves,
    servers::Servers,
    stopwatch::Stopwatch,
};

/// What is asked of the provider: by the door, and in one case by the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    Discovery,
    Keys,
    Authorization,
    Token,
    UserInfo,
    Registration,
    Revocation,
    Refresh,
}

/// When the fault begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// A process that has just started: nothing was fetched yet.
    AtStart,
    /// Everything was fetched a moment ago.
    InBetween,
    /// What was fetched has aged, and what expires has expired.
    LongAfter,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 8] = [
        Self::Discovery,
        Self::Keys,
        Self::Authorization,
        Self::Token,
        Self::UserInfo,
        Self::Registration,
        Self::Revocation,
        Self::Refresh,
    ];

    /// What this request of the door asks for.
    pub(crate) fn of(request: &Request<Bytes>) -> Option<Self> {
        Some(match request.uri().path() {
            "/.well-known/openid-configuration" => Self::Discovery,
            "/jwks" => Self::Keys,
            "/token" if contains(request.body(), b"grant_type=refresh_token") => Self::Refresh,
            "/token" => Self::Token,
            "/userinfo" => Self::UserInfo,
            "/register" => Self::Registration,
            "/revoke" => Self::Revocation,
            _ => return None,
        })
    }

    /// Its name in the document.
    pub(crate) const fn heading(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "jwks",
            Self::Authorization => "authorization",
            Self::Token => "token",
            Self::UserInfo => "userinfo",
            Self::Registration => "registration",
            Self::Revocation => "revocation",
            Self::Refresh => "refresh",
        }
    }
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::AtStart, Self::InBetween, Self::LongAfter];
}

fn contains(body: &[u8], piece: &[u8]) -> bool {
    body.windows(piece.len()).any(|window| window == piece)
}

/// One row: a fault at one endpoint, in each phase.
struct Row {
    fault: Fault,
    cells: [Cell; 3],
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [at_start, in_between, long_after] = &self.cells;
        writeln!(f, "| {} | {at_start} | {in_between} | {long_after} |", self.fault)
    }
}

const HEAD: &str = "| fault | at start | in between | long after |\n|---|---|---|---|\n";

/// R90, R128, V79, V82, V83, Reliability: no fault of a provider loses a session, lets anybody in, or makes anybody wait without end.
#[test]
fn every_fault_at_every_endpoint_in_every_phase_is_as_the_document_says() {
    // One thread an endpoint: each stops a clock of its own.
    let endpoints = Endpoint::ALL.map(|endpoint| thread::spawn(move || with_a_clock(rows(endpoint))));
    let moves = thread::spawn(|| with_a_clock(moves::table()));
    let mut sections = Sections::default();
    let mut all = Vec::new();
    for (endpoint, rows) in Endpoint::ALL.into_iter().zip(endpoints) {
        let rows = rows.join().expect("each cell holds");
        let table: String = rows.iter().map(Row::to_string).collect();
        sections.put(endpoint.heading(), format!("{HEAD}{table}"));
        all.extend(rows);
    }
    sections.put("moves", moves.join().expect("each cell holds"));
    let figures = figures(&all);
    print!("figure: {figures}");
    sections.put("figures", figures);
    document::compare(&sections);
}

fn with_a_clock<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

async fn rows(endpoint: Endpoint) -> Vec<Row> {
    let stopwatch = Stopwatch::default();
    let servers = Arc::new(Servers::start(&stopwatch).await);
    let mut rows = Vec::new();
    for fault in Fault::ALL {
        let mut cells = Vec::new();
        for phase in Phase::ALL {
            let cell = play(endpoint, fault, phase, &servers, &stopwatch).await;
            cell.expect_sound(&format!("{fault} at {endpoint:?}, {phase:?}"));
            cells.push(cell);
        }
        rows.push(Row { fault, cells: cells.try_into().expect("three phases") });
    }
    rows
}

fn figures(rows: &[Row]) -> String {
    let cells: Vec<&Cell> = rows.iter().flat_map(|row| &row.cells).collect();
    let played: Vec<_> = cells.iter().filter_map(|cell| cell.outcome()).collect();
    let met = played.iter().filter(|outcome| outcome.met > 0).count();
    let lost = played.iter().filter(|outcome| outcome.is_session_lost).count();
    let falsely = played.iter().filter(|outcome| outcome.is_false_acceptance).count();
    let longest = played.iter().map(|outcome| outcome.waited).max().unwrap_or_default();
    format!(
        "{} cells: {} played, in {met} of which the fault was met; {} that cannot be. Sessions lost: {lost}. False acceptances: {falsely}. \
         Nobody waited longer than {longest} seconds for a page, and 10 for an answer.\n",
        cells.len(),
        played.len(),
        cells.len() - played.len(),
    )
}
