//! The end of a session: idle, absolute, or with the browser.

use std::time::Duration;

use vestibule::SessionPolicy;

use crate::house::{
    APP, House, ISSUER, TestClock,
    paper::{navigation, set_cookies},
};

const HOUR: i64 = 3600;

fn policy(lifetime: u64, idle: u64) -> SessionPolicy {
    SessionPolicy::lifetime(Duration::from_secs(lifetime)).idle(Duration::from_secs(idle))
}

async fn signed_in(policy: SessionPolicy) -> House {
    let mut house = House::with(|builder| builder.session(policy));
    house.sign_in("/profile", "alice").await;
    house
}

/// R133, V63
#[tokio::test]
async fn a_session_that_nobody_uses_ends_at_its_idle_limit() {
    let mut house = signed_in(SessionPolicy::default()).await;
    house.pass(8 * HOUR - 1);
    assert_eq!(house.another_profile().me().await.as_deref(), Some("alice"));
    house.pass(1);
    assert_eq!(house.me().await, None);
    let entered = house.entered();
    let page = house.browser.get_without_redirects(&format!("{APP}/profile")).await;
    assert!(page.header("location").is_some_and(|location| location.starts_with(ISSUER)), "to sign in again");
    assert_eq!(house.entered(), entered);
}

/// R133, V63
#[tokio::test]
async fn a_session_in_use_ends_at_its_absolute_limit() {
    // The browser keeps this cookie for longer than it is good for.
    let policy = SessionPolicy::until_browser_closes().idle(Duration::from_secs(8 * 3600));
    let mut house = signed_in(policy).await;
    for _ in 0..23 {
        house.pass(HOUR);
        assert_eq!(house.me().await.as_deref(), Some("alice"));
    }
    house.pass(HOUR - 1);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    house.pass(1);
    assert!(house.session_cookie().is_some(), "it is not the browser that ends it");
    assert_eq!(house.me().await, None);
    assert_eq!(house.get("/").await.text(), "stranger");
}

/// V63: the provider may want it to end earlier, and never later.
#[tokio::test]
async fn a_session_ends_when_the_provider_says_if_that_is_earlier() {
    for (expiry, lifetime) in [(600, 600), (10_000, 1000)] {
        let mut house = provider_whose_sessions_expire_after(expiry);
        house.sign_in("/profile", "alice").await;
        house.pass(lifetime - 1);
        assert_eq!(house.another_profile().me().await.as_deref(), Some("alice"), "{expiry}");
        house.pass(1);
        assert_eq!(house.me().await, None, "{expiry}");
    }
}

/// V63: nobody is sent round in circles by a session that is over before it begins.
#[tokio::test]
async fn a_session_that_the_provider_has_ended_before_it_begins_is_an_error() {
    let mut house = provider_whose_sessions_expire_after(-1);
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 502));
    assert!(house.session_cookie().is_none());
}

fn provider_whose_sessions_expire_after(seconds: i64) -> House {
    let (provider, clock) = (crate::house::provider().sessions_expire_after(seconds), TestClock::new());
    let settings = crate::house::builder(&provider, &clock).session(SessionPolicy::lifetime(Duration::from_secs(1000)));
    let vestibule = settings.build().expect("the settings hold together");
    House::around(provider, clock, &vestibule)
}

/// R133: the times are inside the seal, so that no browser can stretch them.
#[tokio::test]
async fn a_cookie_that_a_browser_keeps_too_long_is_over_all_the_same() {
    let mut house = signed_in(policy(1000, 500)).await;
    let kept = house.session_cookie().expect("signed in");
    for (seconds, signed_in) in [(499, true), (1, false), (500, false), (1_000_000, false)] {
        house.pass(seconds);
        house.browser.set_cookie(APP, &format!("{}={}; Path=/", kept.0, kept.1));
        assert_eq!(house.me().await.is_some(), signed_in, "{seconds}");
    }
}

/// A copy of an old cookie does not have the idle limit of the new one.
#[tokio::test]
async fn an_old_copy_keeps_its_own_idle_limit() {
    let mut house = signed_in(policy(10_000, 500)).await;
    let mut copy = house.browser.clone();
    for _ in 0..4 {
        house.pass(200);
        assert_eq!(house.me().await.as_deref(), Some("alice"));
    }
    copy.set_now(vestibule::Clock::now(&house.clock));
    assert_eq!(copy.fetch(&format!("{APP}/api/me")).await.status(), 401);
}

/// V55: a clock that was set back makes no session longer, and ends none.
#[tokio::test]
async fn a_clock_set_back_makes_no_session_longer() {
    let mut house = signed_in(policy(1000, 500)).await;
    house.pass(400);
    assert_eq!(house.me().await.as_deref(), Some("alice"), "seen now, which moves the idle limit");
    house.pass(-10_000);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    house.pass(10_000 + 500);
    assert_eq!(house.me().await, None, "500 seconds after it was last seen, by any clock");
}

/// The idle limit moves at most once every tenth of its length: a busy page does not set a cookie at every click.
#[tokio::test]
async fn the_cookie_is_sent_again_at_most_once_every_tenth_of_the_idle_limit() {
    let mut house = signed_in(policy(100_000, 1000)).await;
    let mut sent = Vec::new();
    for second in (10..=2000).step_by(10) {
        house.pass(10);
        let page = house.send("/profile", navigation()).await;
        assert_eq!(page.text(), "profile of alice");
        if !set_cookies(&page, APP).is_empty() {
            sent.push(second);
        }
    }
    assert_eq!(sent, (100..=2000).step_by(100).collect::<Vec<_>>());
}

/// Both an extractor and an optional one count, and so does a gate; a page that does not ask never does.
#[tokio::test]
async fn asking_who_it_is_moves_the_idle_limit_and_nothing_else_does() {
    for (path, is_activity) in
        [("/profile", true), ("/", true), ("/admin", true), ("/api/me", true), ("/open", false), ("/nowhere", false)]
    {
        let mut house = signed_in(policy(100_000, 1000)).await;
        house.pass(900);
        let page = house.get(path).await;
        assert_eq!(set_cookies(&page, APP).len(), usize::from(is_activity), "{path}");
        house.pass(900);
        assert_eq!(house.me().await.is_some(), is_activity, "{path}");
    }
}

#[tokio::test]
async fn without_an_idle_limit_the_cookie_is_never_sent_again() {
    let mut house = signed_in(SessionPolicy::lifetime(Duration::from_secs(10_000))).await;
    for _ in 0..9 {
        house.pass(1000);
        let page = house.send("/profile", navigation()).await;
        assert_eq!((page.text(), set_cookies(&page, APP).len()), ("profile of alice", 0));
    }
    house.pass(1000);
    assert_eq!(house.me().await, None);
}

/// `PERMANENT_SESSION` of Flask-pyoidc: with Max-Age, or until the browser closes.
#[tokio::test]
async fn a_permanent_cookie_has_a_max_age_that_only_shrinks_and_the_other_has_none() {
    let mut house = signed_in(policy(10_000, 1000)).await;
    let mut ages = vec![house.session_max_age()];
    for _ in 0..3 {
        house.pass(500);
        house.get("/profile").await;
        ages.push(house.session_max_age());
    }
    assert_eq!(ages, [Some(10_000), Some(9500), Some(9000), Some(8500)], "never past the absolute end");

    let transient = SessionPolicy::until_browser_closes().idle(Duration::from_secs(1000));
    let mut house = signed_in(transient).await;
    assert_eq!(house.session_max_age(), None);
    house.pass(500);
    house.get("/profile").await;
    assert_eq!(house.session_max_age(), None, "nor when it is sent again");
}

impl House {
    /// The same house with a copy of the browser, so that looking changes nothing.
    fn another_profile(&self) -> Self {
        Self {
            provider: self.provider.clone(),
            browser: self.browser.clone(),
            clock: self.clock.clone(),
            entered: self.entered.clone(),
            app: self.app.clone(),
        }
    }

    /// Name and value of the session's cookie.
    fn session_cookie(&self) -> Option<(String, String)> {
        let cookie = self.browser.cookies().find(|cookie| cookie.name.ends_with("-session"))?;
        Some((cookie.name.clone(), cookie.value.clone()))
    }

    /// For how long the browser keeps it from now on.
    fn session_max_age(&self) -> Option<i64> {
        let cookie = self.browser.cookies().find(|cookie| cookie.name.ends_with("-session")).expect("signed in");
        cookie.expires.map(|end| end.seconds_since(vestibule::Clock::now(&self.clock)))
    }
}
