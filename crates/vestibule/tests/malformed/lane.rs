//! One connection by which the requests of a family go out, one after the other, and the judgement of what comes back.

use vestibule::LoginErrorKind;

use crate::{
    browsers::Family,
    dice::Dice,
    draft::{Draft, Malformed, header_of},
    house::ISSUER,
    ledger::Page,
    rightful::Rightful,
    target::{FAILED, INSIDE, Target, kind_on, status_of},
    wire::{Answer, Wire},
};

/// After so many requests somebody else is on the way back from the provider.
const FRESH_EVERY: usize = 5;

pub(crate) struct Lane {
    dice: Dice,
    wire: Wire,
    rightful: Rightful,
    page: Page,
}

impl Lane {
    pub(crate) async fn new(target: &Target, dice: Dice) -> Self {
        let (wire, rightful) = (Wire::to(target.address), Rightful::of(target).await);
        Self { dice, wire, rightful, page: Page::default() }
    }

    pub(crate) async fn run(mut self, family: &Family, requests: usize) -> Page {
        for number in 0..requests {
            if let Some(provider) = family.comes_back_from
                && number % FRESH_EVERY == 0
            {
                self.rightful.come_back_from(provider).await;
            }
            let request = (family.draw)(&mut self.dice, &self.rightful);
            self.send(&request).await;
        }
        if !self.rightful.is_signed_in().await {
            self.page.complain("somebody's session was ended".to_owned());
        }
        self.page
    }

    async fn send(&mut self, request: &Malformed) {
        self.page.sent += 1;
        let answer = self.ask(request).await;
        if request.never.is_some_and(|never| answer.status == Some(never)) {
            self.page.accepted(&told(request, &answer));
        }
        if answer.status.is_some_and(|status| status >= 500) && !is_named(&answer, request.named) {
            self.page.unexpected(&told(request, &answer));
        }
        if answer.header("location").is_some_and(|to| !leads_home(to)) {
            self.page.accepted(&told(request, &answer));
        }
        let cookies = answer.cookies();
        if !cookies.is_empty() {
            self.go_on_with(request, &answer, &cookies).await;
        }
    }

    /// What came back opens no page; and an error shows the status of the table, and is one that the table has for this input.
    async fn go_on_with(&mut self, request: &Malformed, answer: &Answer, cookies: &[(String, String)]) {
        let inside = Draft::get("/inside").header("cookie", header_of(cookies)).whole();
        let opened = self.ask(&inside).await;
        if opened.status != Some(401) {
            self.page.accepted(&told(request, &opened));
        }
        if answer.header("location") == Some("/auth/error") {
            let shown = self.ask(&Draft::get("/auth/error").header("cookie", header_of(cookies)).whole()).await;
            if !is_named(&shown, request.named) {
                self.page.unexpected(&format!("{}, and then {}", told(request, answer), told(request, &shown)));
            }
        }
    }

    async fn ask(&mut self, request: &Malformed) -> Answer {
        let answer = self.wire.ask(request).await;
        self.page.answered(answer.status, answer.took);
        if answer.hung {
            self.page.complain(format!("no end of {}", told(request, &answer)));
        }
        if contains(&answer.body, INSIDE.as_bytes()) {
            self.page.accepted(&told(request, &answer));
        }
        answer
    }
}

/// Whether an error page shows the status that the table has for its kind, and the kind is none that makes a 5xx of this input.
fn is_named(answer: &Answer, named: &[LoginErrorKind]) -> bool {
    let page = String::from_utf8_lossy(&answer.body);
    kind_on(&page).is_some_and(|kind| {
        let status = status_of(kind);
        answer.status == Some(status) && (status < 500 || named.contains(&kind))
    })
}

/// V1: to a path of ours, or to the provider.
fn leads_home(location: &str) -> bool {
    let is_path = location.starts_with('/') && !location.starts_with("//") && !location.contains('\\');
    is_path || location.strip_prefix(ISSUER).is_some_and(|rest| rest.starts_with('/'))
}

fn told(request: &Malformed, answer: &Answer) -> String {
    let said = String::from_utf8_lossy(&answer.body);
    let said = said.strip_prefix(FAILED).unwrap_or(&said);
    format!(
        "{} .. {} -> {:?} {:?} {}",
        request.bytes[..request.bytes.len().min(300)].escape_ascii(),
        request.bytes[request.bytes.len().saturating_sub(300)..].escape_ascii(),
        answer.status,
        answer.header("location"),
        said.chars().take(60).collect::<String>().escape_default()
    )
}

fn contains(body: &[u8], piece: &[u8]) -> bool {
    body.windows(piece.len()).any(|window| window == piece)
}
