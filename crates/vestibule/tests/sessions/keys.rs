//! Keys that change while people are signed in (V59).

use vestibule::{Builder, Client, Provider, SecretKey, Vestibule};
use vestibule_provider::DevelopmentProvider;

use crate::house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, log::Log, paper::session_value};

fn key(byte: u8) -> SecretKey {
    SecretKey::from_bytes([byte; 32])
}

fn with_keys(provider: &DevelopmentProvider, clock: &TestClock, keys: &[u8]) -> Vestibule {
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let builder = Vestibule::builder(APP)
        .provider("corp", Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email"))
        .http_client(provider.clone())
        .clock(clock.clone());
    let add = |builder: Builder, (place, byte): (usize, &u8)| match place {
        0 => builder.secret_key(key(*byte)),
        _ => builder.previous_secret_key(key(*byte)),
    };
    keys.iter().enumerate().fold(builder, add).build().expect("the settings hold together")
}

impl House {
    /// The application starts again, with these keys.
    fn restart_with(&mut self, keys: &[u8]) {
        let vestibule = with_keys(&self.provider, &self.clock, keys);
        let again = Self::around(self.provider.clone(), self.clock.clone(), &vestibule);
        self.browser.site(APP, again.app.clone());
        self.app = again.app;
    }
}

/// V59
#[tokio::test]
async fn a_new_key_signs_nobody_out_while_the_old_one_is_known() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let before = session_value(&house.browser);

    house.restart_with(&[8, 7]);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    assert_eq!(session_value(&house.browser), before, "not sealed anew before it must be");

    house.pass(3600);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    assert_ne!(session_value(&house.browser), before, "sealed anew, with the new key");
    house.restart_with(&[8]);
    assert_eq!(house.me().await.as_deref(), Some("alice"), "the old key is needed no more");
    house.restart_with(&[7]);
    assert_eq!(house.me().await, None, "nor does it open what the new one sealed");
}

/// V59, V66, V97: a quiet new login, and no loop.
#[tokio::test]
async fn without_the_old_key_people_are_strangers_who_sign_in_again() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.restart_with(&[8]);
    let (log, _listening) = Log::listen();
    assert_eq!(house.get("/").await.text(), "stranger");
    assert_eq!(house.me().await, None);
    let asked = house.provider.count("/token");
    let page = house.get("/profile").await;
    assert_eq!(page.text(), "profile of alice", "the provider still knows her");
    assert_eq!(house.provider.count("/token"), asked + 1, "one round");
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    let loud: Vec<_> =
        log.lines().into_iter().filter(|line| line.starts_with("WARN") || line.starts_with("ERROR")).collect();
    assert_eq!(loud, Vec::<String>::new(), "nothing to worry about");
}

/// V59: people who were at the provider when the key changed come back all the same.
#[tokio::test]
async fn a_login_begun_under_the_old_key_ends_under_the_new_one() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?x=1").await;
    house.restart_with(&[8, 7]);
    let page = house.browser.get(&callback).await;
    assert_eq!((page.url().as_str(), page.text()), ("http://localhost:3000/profile?x=1", "profile of alice"));
}

/// A restart of the application signs nobody out and loses no login: there is no state on the server.
#[tokio::test]
async fn a_restart_with_the_same_key_loses_nothing() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let mut other = house.another_browser();
    let callback = crate::house::callback_url(&mut other, "/profile?x=1", "bob").await;
    house.restart_with(&[7]);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    other.site(APP, house.app.clone());
    let page = other.get(&callback).await;
    assert_eq!((page.url().as_str(), page.text()), ("http://localhost:3000/profile?x=1", "profile of bob"));
}
