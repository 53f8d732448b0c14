//! Applications that share a host, and applications that were set up differently yesterday (V67).

use axum::{Router, routing::get};
use vestibule::{Builder, Client, EndUser, Provider, SecretKey, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient};

use crate::house::{APP, CLIENT_SECRET, ISSUER, TestClock, log::Log, provider};

const NEIGHBOUR: &str = "http://localhost:3100";

/// A provider that knows both applications as one client, and another client besides.
fn provider_of_both() -> DevelopmentProvider {
    let registered = |client_id: &str| {
        [APP, NEIGHBOUR].into_iter().fold(RegisteredClient::confidential(client_id, CLIENT_SECRET), |client, site| {
            client
                .redirect_uri(format!("{site}/auth/callback/corp"))
                .redirect_uri(format!("{site}/auth/callback/other"))
                .post_logout_redirect_uri(format!("{site}/auth/logged_out"))
        })
    };
    provider().client(registered("my-app")).client(registered("another-app"))
}

fn bare(site: &str, provider: &DevelopmentProvider, clock: &TestClock) -> Builder {
    Vestibule::builder(site)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .http_client(provider.clone())
        .clock(clock.clone())
}

fn corp(client_id: &str) -> Provider {
    Provider::discovered(ISSUER, Client::confidential(client_id, CLIENT_SECRET)).expect("an issuer")
}

fn application(builder: Builder) -> Router {
    let vestibule = builder.build().expect("the settings hold together");
    vestibule.wrap(
        Router::new()
            .route(
                "/",
                get(async |user: Option<EndUser>| user.map_or("stranger".into(), |user| user.subject().to_string())),
            )
            .route("/profile", get(async |user: EndUser| user.subject().to_string())),
    )
}

struct Street {
    browser: Browser,
    provider: DevelopmentProvider,
    clock: TestClock,
}

/// Two applications with one secret key on two ports of one host: cookies ignore ports.
fn street() -> Street {
    let (provider, clock) = (provider_of_both(), TestClock::new());
    let mut browser = Browser::new();
    for site in [APP, NEIGHBOUR] {
        browser.site(site, application(bare(site, &provider, &clock).provider("corp", corp("my-app"))));
    }
    browser.site(ISSUER, provider.router());
    browser.set_now(vestibule::Clock::now(&clock));
    provider.set_now(vestibule::Clock::now(&clock));
    Street { browser, provider, clock }
}

impl Street {
    async fn sign_in(&mut self, site: &str, user: &str) {
        let page = self.browser.get(&format!("{site}/profile")).await;
        let page = self.browser.sign_in_as(&page, user).await;
        assert_eq!(page.text(), user);
    }

    async fn who(&mut self, site: &str) -> String {
        self.browser.get(&format!("{site}/")).await.text().to_owned()
    }

    fn session_cookies(&self) -> Vec<(String, String)> {
        let sessions = self.browser.cookies().filter(|cookie| cookie.name.ends_with("-session"));
        sessions.map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }

    /// The first application starts again with these settings.
    fn restart(&mut self, settings: impl FnOnce(Builder) -> Builder) {
        let app = application(settings(bare(APP, &self.provider, &self.clock)));
        self.browser.site(APP, app);
    }
}

/// V67
#[tokio::test]
async fn two_applications_on_one_host_do_not_see_each_others_people() {
    let mut street = street();
    street.sign_in(APP, "alice").await;
    assert_eq!(street.who(NEIGHBOUR).await, "stranger", "though the browser sends alice's cookie along");
    // The provider forgets alice in this browser, and bob signs in next door.
    let of_provider: Vec<_> = street.browser.cookies().filter(|cookie| cookie.host == "127.0.0.1").cloned().collect();
    for cookie in of_provider {
        street.browser.remove_cookie(&cookie.name);
    }
    street.sign_in(NEIGHBOUR, "bob").await;
    assert_eq!(street.session_cookies().len(), 2, "each has its own");
    assert_eq!(street.who(APP).await, "alice");
    assert_eq!(street.who(NEIGHBOUR).await, "bob");

    let page = street.browser.get(&format!("{NEIGHBOUR}/auth/logout")).await;
    street.browser.submit(&page, "/auth/logout", &[]).await;
    assert_eq!((street.who(APP).await.as_str(), street.who(NEIGHBOUR).await.as_str()), ("alice", "stranger"));
}

/// V67, V27: same key, same provider, same client; the seal binds a value to the address and the name.
#[tokio::test]
async fn a_session_that_is_carried_next_door_under_the_right_name_does_not_open() {
    let mut street = street();
    street.sign_in(APP, "alice").await;
    let [(of_app, value)] = street.session_cookies().try_into().expect("one session");
    let page = street.browser.get(&format!("{NEIGHBOUR}/profile")).await;
    assert_eq!(page.text(), "alice", "the provider knows her");
    let of_neighbour =
        street.session_cookies().into_iter().find(|(name, _)| *name != of_app).expect("the neighbour's").0;
    assert!(street.browser.set_cookie(NEIGHBOUR, &format!("{of_neighbour}={value}; Path=/")));
    assert_eq!(street.who(NEIGHBOUR).await, "stranger");
    assert_eq!(street.who(APP).await, "alice");
}

/// V67, V97: a session of yesterday's settings is a quiet stranger, and a new login works at once.
#[tokio::test]
async fn a_session_of_other_settings_is_a_quiet_stranger() {
    type Settings = fn(Builder) -> Builder;
    let changes: [(&str, Settings); 3] = [
        ("another name", |builder| builder.provider("other", corp("my-app"))),
        ("another client", |builder| builder.provider("corp", corp("another-app"))),
        ("another client beside it", |builder| {
            builder.provider("corp", corp("another-app")).provider("other", corp("my-app")).default_provider("corp")
        }),
    ];
    for (what, settings) in changes {
        let mut street = street();
        street.sign_in(APP, "alice").await;
        street.restart(settings);
        let (log, _listening) = Log::listen();
        assert_eq!(street.who(APP).await, "stranger", "{what}");
        let asked = street.provider.count("/token");
        assert_eq!(street.browser.get(&format!("{APP}/profile")).await.text(), "alice", "{what}");
        assert_eq!(street.provider.count("/token"), asked + 1, "{what}: one round");
        assert_eq!(street.who(APP).await, "alice", "{what}");
        let loud = log.lines().into_iter().filter(|line| line.starts_with("WARN") || line.starts_with("ERROR"));
        assert_eq!(loud.collect::<Vec<_>>(), Vec::<String>::new(), "{what}");
    }
}

/// V67: the same settings again are no change.
#[tokio::test]
async fn a_session_survives_a_restart_with_more_providers() {
    let mut street = street();
    street.sign_in(APP, "alice").await;
    street.restart(|builder| builder.provider("other", corp("another-app")).provider("corp", corp("my-app")));
    assert_eq!(street.who(APP).await, "alice");
}
