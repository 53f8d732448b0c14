//! Cookies, as real logins leave them in a browser.

use axum::{Router, routing::get};
use vestibule::{
    Client, Clock, EndUser, NewLogin, Provider, Refusal, ResponseMode, SecretKey, SignatureAlgorithm, Vestibule,
};
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient, User};

use super::Made;
use crate::{
    door::{self, APP, PROVIDER, Still},
    envelope::SECRET_KEY,
    stage::{CLIENT_ID, CLIENT_SECRET, ISSUER},
};

pub(super) fn make(made: &mut Made) {
    door::run(async {
        let mut town = Town::new(None);
        town.sign_in("alice").await;
        let session = town.cookies();
        made.accepted("cookies", "session", &session);
        let mut large = Town::new(Some("A name of many words, ".repeat(130)));
        large.sign_in("alice").await;
        made.accepted("cookies", "two-chunks", large.cookies());
        refused(made, &session);
        made.accepted("cookies", "among-others", format!("a=b; theme=\"dark; x\";\t{session} ; \u{e9}=1"));
    });
}

fn refused(made: &mut Made, session: &str) {
    let (name, value) = session.split_once('=').expect("a cookie");
    let piece = value.get(..40).unwrap_or_default();
    made.refused("cookies", "none", "a=b");
    made.refused("cookies", "twice", format!("{session}; {session}"));
    made.refused("cookies", "cut", format!("{name}={piece}"));
    made.refused("cookies", "another-count", format!("{name}=2{}", value.get(1..).unwrap_or_default()));
    made.refused("cookies", "another-name", session.replace("-session=", "-error="));
    made.refused("cookies", "another-case", session.replace("__Host", "__host"));
    made.refused("cookies", "of-a-store", format!("{name}=k{}", "A".repeat(43)));
    let logins: Vec<String> = (0..33).map(|at| format!("{}login-{at:022}=x", door::cookie_prefix())).collect();
    made.refused("cookies", "too-many", format!("{}; {session}", logins.join("; ")));
    made.refused("cookies", "version", format!("{name}=1Ag{}", piece.get(3..).unwrap_or_default()));
}

/// A browser, the application whose cookies are wanted, and the provider, in which people sign in.
pub(super) struct Town {
    pub(super) browser: Browser,
}

impl Town {
    /// Alice may have a longer name than others.
    pub(super) fn new(name: Option<String>) -> Self {
        Self::with(name, |provider| provider)
    }

    pub(super) fn with(name: Option<String>, settings: impl FnOnce(Provider) -> Provider) -> Self {
        let registered = RegisteredClient::confidential(CLIENT_ID, CLIENT_SECRET)
            .id_token_signed_response_alg(SignatureAlgorithm::Es256)
            .redirect_uri(format!("{APP}/auth/callback/{PROVIDER}"))
            .post_logout_redirect_uri(format!("{APP}/auth/logged_out"));
        let alice = User::new("alice").claim("name", name.unwrap_or_else(|| "Alice".to_owned()));
        let provider = DevelopmentProvider::new(ISSUER)
            .expect("an issuer")
            .client(registered)
            .user(alice)
            .user(User::new("bob"))
            .clock(Still);
        let client =
            Client::confidential(CLIENT_ID, CLIENT_SECRET).id_token_signed_response_alg(SignatureAlgorithm::Es256);
        let corp = Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile");
        let vestibule = Vestibule::builder(APP)
            .secret_key(SecretKey::from_bytes(SECRET_KEY))
            .provider(PROVIDER, settings(corp))
            .http_client(provider.clone())
            .clock(Still)
            .on_login(decide)
            .build()
            .expect("the settings hold together");
        let strict = Router::new()
            .route("/strict", get(async || "strict"))
            .route_layer(vestibule.require_login().acr_values(["phr"]).max_age(std::time::Duration::from_secs(300)));
        let app = Router::new().route("/me", get(async |user: EndUser| user.subject().to_string())).merge(strict);
        let mut browser = Browser::new();
        browser.site(APP, vestibule.wrap(app));
        browser.site(ISSUER, provider.router());
        browser.set_now(Still.now());
        Self { browser }
    }

    pub(super) async fn sign_in(&mut self, user: &str) {
        let page = self.browser.get(&format!("{APP}/me")).await;
        let page = self.browser.sign_in_as(&page, user).await;
        assert_eq!(page.text(), user, "signed in");
    }

    /// The Cookie header of the application.
    pub(super) fn cookies(&self) -> String {
        let ours = self.browser.cookies().filter(|cookie| cookie.name.starts_with(&door::cookie_prefix()));
        ours.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
    }

    /// The cookie of ours whose name goes on so: the rest of its name, and its value.
    pub(super) fn cookie(&self, purpose: &str) -> (String, String) {
        let prefix = format!("{}{purpose}", door::cookie_prefix());
        let found = self.browser.cookies().find(|cookie| cookie.name.starts_with(&prefix)).expect("such a cookie");
        (found.name.strip_prefix(&prefix).unwrap_or_default().to_owned(), found.value.clone())
    }
}

/// Who is not called Alice is told so in words with markup in them.
async fn decide(login: NewLogin) -> Result<NewLogin, Refusal> {
    if login.subject().as_str() == "alice" { Ok(login) } else { Err(Refusal::new("<CANARY>")) }
}

/// By a form that the provider's page posts.
pub(super) fn posted(provider: Provider) -> Provider {
    provider.response_mode(ResponseMode::FormPost)
}
