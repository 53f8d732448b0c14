//! What the application itself stands on: its address, its keys, its store, whom it trusts, and what fits into its cookies.

use std::{path::PathBuf, sync::Arc};

use super::{Code, Finding, cookies, words};
use crate::{
    door::Door,
    error::chain,
    session::{keeping::Keeping, seal::SecretKey},
    session_store::Reach,
    store::StoreError,
};

/// What the builder knew and nobody needs but an examination.
#[derive(Debug)]
pub(crate) struct Groundwork {
    keys: usize,
    made_by_hand: usize,
    trust: Trust,
    open_secrets: Vec<PathBuf>,
}

/// Whose certificates are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Whomever the application's own HTTP client believes.
    OfTheApplication,
    /// All providers are on this machine.
    #[cfg(feature = "reqwest")]
    Nobody,
    /// The authorities of the machine, and so many that the settings name.
    #[cfg(feature = "reqwest")]
    PlatformAnd { own: usize },
}

impl Groundwork {
    pub(crate) fn new(ring: &[SecretKey], trust: Trust, open_secrets: Vec<PathBuf>) -> Self {
        let made_by_hand = ring.iter().filter(|key| !key.may_be_random()).count();
        Self { keys: ring.len(), made_by_hand, trust, open_secrets }
    }
}

impl Groundwork {
    pub(super) fn trust(&self) -> Trust {
        self.trust
    }
}

pub(super) async fn examine(door: &Arc<Door>) -> Vec<Finding> {
    let mut findings = vec![base_url(door)];
    findings.extend(development(door));
    findings.extend(secret_keys(&door.groundwork));
    findings.extend(open_secrets(&door.groundwork));
    findings.extend(store(door).await);
    findings.push(trust(door.groundwork.trust).await);
    findings.extend(cookies::examine(door));
    findings
}

fn base_url(door: &Door) -> Finding {
    let base_url = door.base.as_str();
    let below = if door.base.path().is_empty() {
        String::new()
    } else {
        format!("; all addresses below are within its path {}", door.base.path())
    };
    if door.base.is_https() {
        return Finding::new(Code::BaseUrlPublic, format!("people come to {base_url}{below}"));
    }
    Finding::new(Code::BaseUrlLoopback, format!("people come to {base_url}, on this machine alone{below}"))
        .with_remedy("that is for development: give the https address that people type, also where a proxy answers it")
}

fn development(door: &Door) -> Option<Finding> {
    (door.is_development() && !door.base.is_loopback()).then(|| {
        let found = "development mode is on, and the base URL is not on this machine: error pages, and /auth/why, show everybody what is for developers";
        Finding::new(Code::DevelopmentMode, found).with_remedy("take development = true (`.development()`) out before other people come")
    })
}

fn secret_keys(groundwork: &Groundwork) -> Vec<Finding> {
    let Groundwork { keys, made_by_hand, .. } = *groundwork;
    let previous = match keys.saturating_sub(1) {
        0 => String::new(),
        count => format!(", and {} that still open what they sealed", words::counted(count, "key")),
    };
    let mut findings = vec![Finding::new(
        Code::SecretKey,
        format!("one secret key of 32 bytes seals what browsers and stores keep{previous}"),
    )];
    if made_by_hand > 0 {
        findings.push(
            Finding::new(
                Code::SecretKeyNotRandom,
                format!("{} was not drawn by a generator: it is text, or has few different bytes", of_them(made_by_hand, keys)),
            )
            .with_remedy(
                "make one with `openssl rand 32 | basenc --base64url | tr -d =`, and give the present one as previous_secret_key until all sessions of it are over",
            ),
        );
    }
    findings
}

fn open_secrets(groundwork: &Groundwork) -> Option<Finding> {
    let files: Vec<String> =
        groundwork.open_secrets.iter().map(|path| words::reason(&path.to_string_lossy())).collect();
    if files.is_empty() {
        return None;
    }
    let found = format!("others than their owner can read {}, which have secrets in them", files.join(", "));
    Some(Finding::new(Code::SecretsReadable, found).with_remedy(format!(
        "chmod 600 {}, unless something else keeps others away from there, as it does in a container",
        files.join(" ")
    )))
}

fn of_them(count: usize, all: usize) -> String {
    if all == 1 { "the secret key".to_owned() } else { format!("{count} of {}", words::counted(all, "secret key")) }
}

async fn store(door: &Door) -> Vec<Finding> {
    let (what, is_process) = match &door.keeping {
        Keeping::Cookies(marks) => {
            ("sessions are in sealed cookies; the store of what ended", marks.reach() == Reach::Process)
        }
        Keeping::Store(store) => ("the store of sessions", store.reach() == Reach::Process),
    };
    let mut findings = vec![match check(door).await {
        Ok(()) => Finding::new(Code::StoreAnswers, format!("{what} answers")),
        Err(error) => {
            let found = format!("{what} cannot do its work: {}", words::reason(&chain(&error)));
            Finding::new(Code::StoreFails, found).with_remedy(if error.is_transient() {
                "it may only be away now: see whether it runs and can be reached from here"
            } else {
                "this does not pass by itself: put right what it says"
            })
        }
    }];
    if is_process && door.base.is_https() {
        let found = match &door.keeping {
            Keeping::Cookies(_) => {
                "logouts by the provider, and of everything at once, hold in this process until it ends"
            }
            Keeping::Store(_) => {
                "sessions live in the memory of this process: they end with it, and no second machine knows them"
            }
        };
        findings.push(Finding::new(Code::StoreInProcess, found).with_remedy(
            "give .sessions(..) or .marks(..) a store that machines share (a settings file: [sessions] store or marks), or live with it: docs/sessions.md has the table",
        ));
    }
    findings
}

/// What it says of itself, and what it says when it is asked as requests ask it.
async fn check(door: &Door) -> Result<(), StoreError> {
    door.store().check().await?;
    door.store_answers().await
}

#[cfg(feature = "reqwest")]
async fn trust(trust: Trust) -> Finding {
    let own = match trust {
        Trust::OfTheApplication => return of_the_application(),
        Trust::Nobody => {
            return Finding::new(
                Code::TrustAnchors,
                "no certificate has to be verified: all providers are on this machine",
            );
        }
        Trust::PlatformAnd { own } => own,
    };
    // It reads files.
    let machine =
        tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs.len()).await.unwrap_or(0);
    if machine == 0 && own == 0 {
        return Finding::new(
            Code::TrustAnchorsMissing,
            "this machine has no certificate authorities that could be read",
        )
        .with_remedy("install them (Debian: apt-get install ca-certificates), or name a PEM file as trusted_ca");
    }
    let besides = match own {
        0 => "trusted_ca adds none".to_owned(),
        own => format!("trusted_ca adds {own}"),
    };
    Finding::new(Code::TrustAnchors, format!("this machine has {machine} trust anchors, {besides}"))
}

#[cfg(not(feature = "reqwest"))]
#[expect(clippy::unused_async, reason = "with the HTTP client it reads files")]
async fn trust(_: Trust) -> Finding {
    of_the_application()
}

fn of_the_application() -> Finding {
    Finding::new(
        Code::OwnHttpClient,
        "the application brings its own HTTP client: whose certificates it believes cannot be seen here",
    )
    .with_remedy("see that it keeps to the rules of `HttpClient`, section Security")
}
