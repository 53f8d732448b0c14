//! Where people come out: on the page that they wanted, or on the front page, and never anywhere else.

use axum::{Router, body::Body, routing::get};
use http::Request;
use tower::ServiceExt;
use url::form_urlencoded;
use vestibule::{Builder, Client, EndUser, Provider, SecretKey, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, builder,
    paper::{navigation, path_and_query, place},
    provider,
    rejection::parameter,
};

fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

impl House {
    /// Signs in by `/auth/login` with this query, and gives where that ends.
    async fn land(&mut self, query: &str) -> String {
        let page = self.get(&format!("/auth/login?{query}")).await;
        let page =
            if page.url().as_str().starts_with(ISSUER) { self.browser.sign_in_as(&page, "alice").await } else { page };
        for hop in page.hops() {
            let origin = hop.url.origin().ascii_serialization();
            assert!(origin == APP || origin == ISSUER, "{query}: by way of {origin}");
        }
        assert_eq!(self.me().await.as_deref(), Some("alice"), "{query}");
        place(&page)
    }
}

/// V1, V3, V4, V7, V8: the table of open redirects, from the front door.
#[tokio::test]
async fn no_return_to_leads_anywhere_else() {
    let mut house = House::new();
    for evil in [
        "https://evil.example/",
        "http://evil.example",
        "//evil.example",
        "///evil.example",
        "////evil.example/%2f..",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        " //evil.example",
        "\u{0}//evil.example",
        "/\u{0}",
        "/.//evil.example",
        "/..//evil.example",
        "/%2e//evil.example",
        "/%2E%2e//evil.example",
        "/x/..//evil.example",
        "http:evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "@evil.example",
        ".evil.example",
        ":80",
        "?x",
        "#x",
        "evil",
        "",
        "http://localhost:3000.evil.example/",
        "http://localhost:3000@evil.example/",
        "http://localhost:3000/profile",
        "%2F%2Fevil.example",
        "/profile\r\nSet-Cookie: a=b",
        "/profile\u{7f}",
    ] {
        assert_eq!(house.land(&query("return_to", evil)).await, "/", "{evil:?}");
    }
    assert_eq!(house.land(&query("return_to", &format!("/{}", "x".repeat(512)))).await, "/", "V4: refused, not cut");
}

/// V1: as it would be typed, without the decent encoding of a form.
#[tokio::test]
async fn no_query_as_typed_leads_anywhere_else() {
    let mut house = House::new();
    for (query, expected) in [
        ("return_to=//evil.example", "/"),
        ("return_to=%2F%2Fevil.example", "/"),
        ("return_to=%2f%5cevil.example", "/"),
        ("return_to=/%5Cevil.example", "/"),
        ("return_to=%09//evil.example", "/"),
        ("return_to=/%0d%0aLocation:%20//evil.example", "/"),
        ("return_to=%252F%252Fevil.example", "/"),
        ("return_to=", "/"),
        ("return_to", "/"),
        ("", "/"),
        ("Return_To=/profile", "/"),
        ("next=/profile&redirect_uri=//evil.example", "/"),
        ("return_to=/profile&return_to=//evil.example", "/profile"),
        ("return_to=//evil.example&return_to=/profile", "/"),
        ("return_to=/profile%3Fnext=//evil.example", "/profile?next=//evil.example"),
        ("return_to=/%252F/evil.example", "/%2F/evil.example"),
        ("return_to=/profile%23fragment", "/profile"),
        ("return_to=/a/../profile", "/profile"),
    ] {
        assert_eq!(house.land(query).await, expected, "{query}");
    }
}

/// A sign-in never ends on a page of the sign-in itself: on a logout, a callback, or another login.
#[tokio::test]
async fn no_return_to_leads_to_our_own_routes() {
    let mut house = House::new();
    for own in [
        "/auth/login",
        "/auth/login/corp?return_to=/profile",
        "/auth/logout",
        "/auth/logged_out?state=x",
        "/auth/error",
        "/auth/callback/corp?error=access_denied&state=x",
        "/auth/",
        "/auth//logout",
        "/./auth/logout",
        "/%2e/auth/logout",
        "/x/../auth/logout",
        "/auth/../auth/logout",
        "/auth/x/../logout",
    ] {
        assert_eq!(house.land(&query("return_to", own)).await, "/", "{own}");
    }
    for page_of_the_app in ["/authors", "/auth", "/x/auth/logout", "/AUTH/logout", "/%61uth/logout", "/auth%2flogout"] {
        assert_eq!(house.land(&query("return_to", page_of_the_app)).await, page_of_the_app, "{page_of_the_app}");
    }
}

/// V1: links that an application makes pass the same judge.
#[test]
fn a_login_path_leaves_out_what_leads_away() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    assert_eq!(vestibule.login_path(Some("corp"), "/a?b=c"), "/auth/login/corp?return_to=%2Fa%3Fb%3Dc");
    assert_eq!(vestibule.login_path(None, "//evil.example"), "/auth/login");
    assert_eq!(vestibule.login_path(None, "https://evil.example/"), "/auth/login");
}

/// V4: an address that does not fit into `state` is not cut.
#[tokio::test]
async fn an_address_that_is_too_long_to_come_back_to_falls_back_to_the_front_page() {
    for (bytes, expected) in [(512, true), (513, false), (4000, false)] {
        let mut house = House::new();
        let path = format!("/profile?x={}", "y".repeat(bytes - "/profile?x=".len()));
        let page = house.sign_in(&path, "alice").await;
        assert_eq!(place(&page), if expected { path.as_str() } else { "/" }, "{bytes}");
        assert_eq!(house.me().await.as_deref(), Some("alice"));
    }
}

/// V5, V6, R17: the base URL is configuration, and a request says nothing about it.
#[tokio::test]
async fn no_header_of_a_request_changes_the_addresses_that_we_give_out() {
    let mut house = House::new();
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "8443"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-url", "//evil.example"),
        ("x-rewrite-url", "//evil.example"),
        ("x-original-host", "evil.example"),
    ] {
        let page = house.send("/profile", navigation().header(name, value)).await;
        let location = page.header("location").expect("the way to the provider").to_owned();
        assert!(location.starts_with(&format!("{ISSUER}/authorize?")), "{name}: {location}");
        assert_eq!(parameter(&location, "redirect_uri"), format!("{APP}/auth/callback/corp"), "{name}");
        assert!(!location.contains("evil"), "{name}: {location}");

        let problem = house.send("/profile", Request::get("/").header(name, value)).await;
        assert!(problem.text().contains("\"login_url\":\"http://localhost:3000/auth/login/corp\""), "{name}");
        let error = house.send("/auth/callback/corp?error=x", navigation().header(name, value)).await;
        assert_eq!(error.header("location"), Some("/auth/error"), "{name}");
    }
}

/// V5: not even the request line.
#[tokio::test]
async fn a_request_line_with_a_host_of_its_own_comes_back_to_ours() {
    let mut house = House::new();
    for uri in ["http://evil.example/profile?x=1", "https://localhost:3000/profile?x=1"] {
        let request = navigation().uri(uri).body(Body::empty()).expect("a request");
        let Ok(response) = house.app.clone().oneshot(request).await;
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).expect("a redirect");
        assert!(!location.contains("evil"), "{location}");
        for line in response.headers().get_all("set-cookie") {
            house.browser.set_cookie(APP, line.to_str().expect("text"));
        }
        let at_the_provider = house.browser.get(location).await;
        let back = match at_the_provider.url().as_str().starts_with(ISSUER) {
            true => house.browser.sign_in_as(&at_the_provider, "alice").await,
            false => at_the_provider,
        };
        assert_eq!(place(&back), "/profile?x=1", "{uri}");
        house.browser = house.another_browser();
    }
}

/// A path with two slashes in front is a page of ours to the router, and another host to a browser.
#[tokio::test]
async fn a_request_for_what_looks_like_another_host_comes_back_to_the_front_page() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let anything = Router::new().fallback(async |_: EndUser| "anything");
    let app = vestibule.wrap(Router::new().route("/", get(async || "front")).merge(anything));
    let mut house = House::around_app(provider, clock, app, std::sync::Arc::default());
    for path in ["//evil.example/x", "//evil.example", "/\\evil.example", "/x/..//evil.example"] {
        house.browser = house.another_browser();
        let page = house.sign_in(path, "alice").await;
        assert_eq!((page.url().as_str(), page.text()), ("http://localhost:3000/", "front"), "{path}");
    }
}

/// The layer keeps the path as it saw it, before nesting took its prefix away.
#[tokio::test]
async fn in_a_nested_router_the_return_address_is_the_whole_one() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let area = Router::new()
        .route("/inner/{id}", get(async |user: EndUser| format!("inner of {}", user.subject())))
        .route("/gated", get(async || "gated"))
        .route_layer(vestibule.require_login());
    let deep = Router::new().nest("/deep", area.clone());
    let app = vestibule.wrap(Router::new().nest("/area", area).nest("/very", deep));
    let mut house = House::around_app(provider, clock, app, std::sync::Arc::default());
    for path in ["/area/inner/7?x=%2F&y=a+b", "/area/gated?x=1", "/very/deep/gated", "/very/deep/inner/x%2Fy"] {
        house.browser = house.another_browser();
        let page = house.sign_in(path, "alice").await;
        assert_eq!((place(&page).as_str(), page.status().as_u16()), (path, 200));
    }
}

const SHOP: &str = "https://host.example/shop";

fn shop(provider: &DevelopmentProvider, clock: &TestClock) -> Builder {
    let client = Client::confidential("shop", CLIENT_SECRET);
    Vestibule::builder(SHOP)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", Provider::discovered(ISSUER, client).expect("an issuer"))
        .after_logout("/bye")
        .http_client(provider.clone())
        .clock(clock.clone())
}

/// The application at `/shop` of a host that it shares with others: the prefix is taken away before the vestibule sees it, as
/// a proxy does that strips, and as `nest` does.
#[tokio::test]
async fn below_a_path_of_a_shared_host_everything_stays_below_it() {
    let provider = provider().client(
        RegisteredClient::confidential("shop", CLIENT_SECRET)
            .redirect_uri(format!("{SHOP}/auth/callback/corp"))
            .post_logout_redirect_uri(format!("{SHOP}/auth/logged_out")),
    );
    let clock = TestClock::new();
    let vestibule = shop(&provider, &clock).build().expect("the settings hold together");
    let app = vestibule.wrap(
        Router::new()
            .route("/cart", get(async |user: EndUser| format!("cart of {}", user.subject())))
            .route("/bye", get(async || "bye"))
            .fallback(async || "the shop"),
    );
    let mut browser = Browser::new();
    browser.set_now(vestibule::Clock::now(&clock));
    provider.set_now(vestibule::Clock::now(&clock));
    browser.site("https://host.example", Router::new().nest("/shop", app).fallback(async || "another tenant"));
    browser.site(ISSUER, provider.router());

    let page = browser.get(&format!("{SHOP}/cart?x=1")).await;
    let page = browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.url().as_str(), page.text()), ("https://host.example/shop/cart?x=1", "cart of alice"));

    for evil in ["/", "/other", "/shopping", "/shop/../other", "//evil.example", "/shop/..//evil.example"] {
        let page = browser.get(&format!("{SHOP}/auth/login?{}", query("return_to", evil))).await;
        assert_eq!(path_and_query(page.url()), "/shop", "{evil}: the front page, as the base URL has it");
    }
    let page = browser.get(&format!("{SHOP}/auth/login?return_to=/shop/auth/logout")).await;
    assert_eq!(path_and_query(page.url()), "/shop");
    let mut stranger = browser.clone();
    stranger.remove_cookie(&session_name(&browser));
    let problem = stranger.fetch(&format!("{SHOP}/cart")).await;
    assert!(
        problem.text().contains("\"login_url\":\"https://host.example/shop/auth/login/corp\""),
        "{}",
        problem.text()
    );

    let page = browser.get(&format!("{SHOP}/auth/logout")).await;
    let page = browser.submit(&page, "/shop/auth/logout", &[]).await;
    assert_eq!((page.url().as_str(), page.text()), ("https://host.example/shop/bye", "bye"));
    assert!(page.hops().iter().any(|hop| hop.url.path() == "/shop/auth/logged_out"));
    assert_eq!(browser.fetch(&format!("{SHOP}/cart")).await.status(), 401);
}

fn session_name(browser: &Browser) -> String {
    browser.cookies().find(|cookie| cookie.name.ends_with("-session")).expect("signed in").name.clone()
}
