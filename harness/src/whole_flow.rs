//! A person, an application and a provider, and a script of what each of them does next: pages, logins, callbacks that were changed,
//! cookies that were changed, answers that were changed, faults, time.

mod meddler;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arbitrary::{Result, Unstructured};
use axum::body::Body;
use http::{Method, Request, header};
use url::Url;
use vestibule::{Client, Clock, NumericDate, Provider, SecretKey, SignatureAlgorithm, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Fault, Page, RegisteredClient, User};

use self::meddler::{Meddler, some_bytes};
use crate::{
    Verdict,
    door::{self, APP, PROVIDER},
    envelope::SECRET_KEY,
    stage::{CLIENT_ID, CLIENT_SECRET, ISSUER, NOW},
};

const MOST_STEPS: usize = 16;

/// Whatever the script says, nobody is signed in who did not sign in at the provider, and whoever leaves has left. It is accepted when
/// somebody was signed in.
pub(crate) fn run(data: &[u8]) -> Verdict {
    door::run(async {
        let mut play = Play::new();
        let mut script = Unstructured::new(data);
        for _ in 0..MOST_STEPS {
            if script.is_empty() || play.step(&mut script).await.is_err() {
                break;
            }
            play.look().await;
        }
        if play.somebody_was_signed_in { Verdict::Accepted } else { Verdict::Refused }
    })
}

/// A clock that the script moves.
#[derive(Clone, Debug)]
struct Hands(Arc<AtomicI64>);

impl Clock for Hands {
    fn now(&self) -> NumericDate {
        NumericDate::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

struct Play {
    provider: DevelopmentProvider,
    meddler: Meddler,
    browser: Browser,
    clock: Hands,
    /// Where the provider sent the browser back to, last.
    callback: Option<String>,
    /// Who signed in at the provider.
    signed_in: BTreeSet<String>,
    somebody_was_signed_in: bool,
}

impl Play {
    fn new() -> Self {
        let clock = Hands(Arc::new(AtomicI64::new(NOW.seconds())));
        let registered = RegisteredClient::confidential(CLIENT_ID, CLIENT_SECRET)
            .id_token_signed_response_alg(SignatureAlgorithm::Es256)
            .grant_type("refresh_token")
            .redirect_uri(format!("{APP}/auth/callback/{PROVIDER}"))
            .post_logout_redirect_uri(format!("{APP}/auth/logged_out"));
        let provider = DevelopmentProvider::new(ISSUER).expect("an issuer").client(registered).clock(clock.clone());
        let provider = provider.user(User::new("alice").claim("name", "Alice")).user(User::new("bob"));
        let meddler = Meddler::new(provider.clone());
        let client =
            Client::confidential(CLIENT_ID, CLIENT_SECRET).id_token_signed_response_alg(SignatureAlgorithm::Es256);
        let vestibule = Vestibule::builder(APP)
            .secret_key(SecretKey::from_bytes(SECRET_KEY))
            .provider(PROVIDER, Provider::discovered(ISSUER, client).expect("an issuer"))
            .http_client(meddler.clone())
            .clock(clock.clone())
            .build()
            .expect("the settings hold together");
        let mut browser = Browser::new();
        browser.site(APP, door::around(&vestibule));
        browser.site(ISSUER, provider.router());
        browser.set_now(NOW);
        Self {
            provider,
            meddler,
            browser,
            clock,
            callback: None,
            signed_in: BTreeSet::new(),
            somebody_was_signed_in: false,
        }
    }

    async fn step(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        match script.int_in_range(0..=11)? {
            0 | 1 => self.sign_in(script).await,
            2 => self.leave_half_way(script).await,
            3 | 4 => self.come_back(script).await,
            5 | 6 => self.meddler.plan(script),
            7 => self.misbehave(script),
            8 => self.pass(script).await,
            9 => self.tamper(script),
            10 => self.request(script).await,
            _ => {
                self.log_out().await;
                Ok(())
            }
        }
    }

    /// Opens a page and signs in on the provider's, if that comes up.
    async fn sign_in(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        let (path, user) =
            (*script.choose(&["/private/x", "/token", "/auth/login/corp"])?, *script.choose(&["alice", "bob"])?);
        let page = self.browser.get(&format!("{APP}{path}")).await;
        assert_is_fit(&page);
        if has_sign_in_form(&page) {
            self.signed_in.insert(user.to_owned());
            let page = self.browser.sign_in_as(&page, user).await;
            assert_is_fit(&page);
        }
        Ok(())
    }

    /// The same, until the provider has sent the browser back.
    async fn leave_half_way(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        let user = *script.choose(&["alice", "bob"])?;
        let page = self.browser.get_without_redirects(&format!("{APP}/private/y?z")).await;
        let Some(way) = page.header("location").filter(|way| way.starts_with(ISSUER)) else { return Ok(()) };
        let way = way.to_owned();
        let mut page = self.browser.get_without_redirects(&way).await;
        if has_sign_in_form(&page) {
            self.signed_in.insert(user.to_owned());
            page = self.browser.submit_without_redirects(&page, "authorize", &[("user", user)]).await;
        }
        self.callback = page.header("location").map(str::to_owned);
        Ok(())
    }

    /// Comes to the callback, or to what became of it.
    async fn come_back(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        let Some(callback) = self.callback.clone() else { return Ok(()) };
        let mut changed = callback.into_bytes();
        for _ in 0..script.int_in_range(0..=2)? {
            let at = script.int_in_range(0..=changed.len().saturating_sub(1))?;
            let (count, piece) = (script.int_in_range(0..=4)?, some_bytes(script, 8)?);
            let end = at.saturating_add(count).min(changed.len());
            drop(changed.splice(at..end, piece));
        }
        let Some(url) = String::from_utf8(changed).ok().and_then(|url| Url::parse(&url).ok()) else { return Ok(()) };
        if url.as_str().starts_with(APP) && url.as_str().parse::<http::Uri>().is_ok() {
            let page = self.browser.get(url.as_str()).await;
            assert_is_fit(&page);
        }
        Ok(())
    }

    fn misbehave(&self, script: &mut Unstructured<'_>) -> Result<()> {
        let faults = [
            Fault::WrongNonce,
            Fault::BadSignature,
            Fault::AlgNone,
            Fault::WrongAudience,
            Fault::Expired,
            Fault::HmacUnderPublicKey,
            Fault::UnknownKid,
            Fault::ServerError,
            Fault::Unreachable,
        ];
        if script.ratio(1, 4)? {
            self.provider.rotate_keys();
        }
        let fault = if script.arbitrary()? { Some(script.choose(&faults)?.clone()) } else { None };
        self.provider.set_fault(fault);
        Ok(())
    }

    async fn pass(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        let seconds: u32 = *script.choose(&[1, 61, 310, 1_801, 3_600, 86_400, 604_800])?;
        self.clock.0.fetch_add(i64::from(seconds), Ordering::SeqCst);
        self.browser.set_now(self.clock.now());
        tokio::time::advance(Duration::from_secs(u64::from(seconds))).await;
        Ok(())
    }

    /// Changes a cookie, takes it away, or gives it the name of another.
    fn tamper(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        let cookies: Vec<_> =
            self.browser.cookies().filter(|cookie| cookie.host == "app.example.com").cloned().collect();
        if cookies.is_empty() {
            return Ok(());
        }
        let (one, other) = (script.choose(&cookies)?.clone(), script.choose(&cookies)?.clone());
        let mut value = other.value.into_bytes();
        match script.int_in_range(0..=2)? {
            0 => {
                self.browser.remove_cookie(&one.name);
                return Ok(());
            }
            1 if !value.is_empty() => {
                let (at, byte) =
                    (script.int_in_range(0..=value.len().saturating_sub(1))?, script.int_in_range(b'0'..=b'z')?);
                if let Some(old) = value.get_mut(at) {
                    *old = byte;
                }
            }
            _ => {}
        }
        let value = String::from_utf8_lossy(&value).into_owned();
        self.browser.set_cookie(APP, &format!("{}={value}; Path=/; Secure; HttpOnly; SameSite=Lax", one.name));
        Ok(())
    }

    /// A request of whatever kind to one of our places.
    async fn request(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        const PLACES: [&str; 15] = [
            "/auth/login",
            "/auth/login/corp",
            "/auth/callback/corp",
            "/auth/error",
            "/auth/logout",
            "/auth/logged_out",
            "/auth/session",
            "/auth/check_session",
            "/auth/backchannel_logout/corp",
            "/auth/frontchannel_logout/corp",
            "/auth/jwks/corp",
            "/auth/live",
            "/auth/ready",
            "/auth/kept/AAAAAAAAAAAAAAAAAAAAAA",
            "/private/x",
        ];
        let method = script.choose(&[Method::GET, Method::POST, Method::HEAD, Method::OPTIONS, Method::PUT])?.clone();
        let place = *script.choose(&PLACES)?;
        let query: String = some_bytes(script, 64)?.iter().map(|byte| format!("%{byte:02x}")).collect();
        let query = format!(
            "{}={query}",
            script.choose(&[
                "state",
                "code",
                "error",
                "return_to",
                "wish",
                "iss",
                "logout_token",
                "fragment",
                "record"
            ])?
        );
        let (at, body) = if script.arbitrary()? {
            (format!("{APP}{place}?{query}"), String::new())
        } else {
            (format!("{APP}{place}"), query)
        };
        let request = Request::builder()
            .method(method)
            .uri(at)
            .header("sec-fetch-mode", *script.choose(&["navigate", "cors", "no-cors"])?)
            .header("sec-fetch-dest", *script.choose(&["document", "empty", "iframe", "image"])?)
            .header("sec-fetch-site", *script.choose(&["none", "same-origin", "cross-site"])?)
            .header(
                header::CONTENT_TYPE,
                *script.choose(&["application/x-www-form-urlencoded", "application/json", ""])?,
            );
        let page = self.browser.request(request.body(Body::from(body)).expect("percent-encoded")).await;
        assert_is_fit(&page);
        Ok(())
    }

    async fn log_out(&mut self) {
        let page = self.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        assert_is_fit(&page);
        assert_eq!(self.who().await, None, "signed out, and still somebody");
    }

    /// Who is signed in is somebody who signed in.
    async fn look(&mut self) {
        if let Some(who) = self.who().await {
            assert!(self.signed_in.contains(&who), "{who} is signed in, and never signed in");
            self.somebody_was_signed_in = true;
        }
    }

    async fn who(&mut self) -> Option<String> {
        let page = self.browser.fetch(&format!("{APP}/who")).await;
        assert_is_fit(&page);
        (page.status() == 200 && !page.text().is_empty()).then(|| page.text().to_owned())
    }
}

fn has_sign_in_form(page: &Page) -> bool {
    page.status() == 200 && page.url().as_str().starts_with(ISSUER) && page.text().contains("name=\"user\"")
}

/// What holds of each page of ours, wherever the way led before.
fn assert_is_fit(page: &Page) {
    for hop in page.hops().iter().filter(|hop| hop.url.as_str().starts_with(APP)) {
        let known = [200, 303, 400, 401, 403, 404, 405, 413, 415, 429, 502, 503];
        assert!(known.contains(&hop.status.as_u16()), "status {} at {}", hop.status, hop.url.path());
        for line in &hop.set_cookies {
            assert!(line.starts_with(&door::cookie_prefix()), "a cookie that is not ours: {line}");
        }
    }
    assert!(!page.text().contains(CLIENT_SECRET), "a secret on a page");
}
