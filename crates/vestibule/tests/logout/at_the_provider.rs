//! What goes to the provider's end_session_endpoint (R126, V75).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::form_urlencoded;
use vestibule::{Client, Provider};
use vestibule_provider::{RecordedRequest, RegisteredClient};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER,
    log::Log,
    paper::{expect_page_of_ours, joined, own_form, place},
    rejection::parameter,
};

fn parameters(request: &RecordedRequest) -> Vec<(String, String)> {
    let text = match &request.query {
        Some(query) => query.clone().into_bytes(),
        None => request.body.to_vec(),
    };
    form_urlencoded::parse(&text).into_owned().collect()
}

fn value<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    let values: Vec<_> = parameters.iter().filter(|(own, _)| own == name).collect();
    let [(_, value)] = values.as_slice() else { panic!("{name} once: {}", values.len()) };
    value
}

/// The claims of an ID Token, unverified.
fn claims(id_token: &str) -> serde_json::Value {
    let payload = id_token.split('.').nth(1).expect("three segments");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

impl House {
    fn end_session_requests(&self) -> Vec<RecordedRequest> {
        self.provider.requests().into_iter().filter(|request| request.path == "/end_session").collect()
    }
}

/// R126
#[tokio::test]
async fn the_request_has_the_hint_the_client_the_exact_address_and_a_state() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    let requests = house.end_session_requests();
    let [request] = requests.as_slice() else { panic!("one: {}", requests.len()) };
    assert_eq!(request.method, "GET");
    let parameters = parameters(request);
    let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]);
    assert_eq!(value(&parameters, "client_id"), "my-app");
    assert_eq!(value(&parameters, "post_logout_redirect_uri"), format!("{APP}/auth/logged_out"));
    let state = value(&parameters, "state");
    assert!(state.len() == 64 && state.bytes().all(|digit| digit.is_ascii_hexdigit()), "256 bits: {state}");
    let hint = claims(value(&parameters, "id_token_hint"));
    assert_eq!((&hint["sub"], &hint["aud"], &hint["iss"]), (&"alice".into(), &"my-app".into(), &ISSUER.into()));
}

/// R126: each logout has a state of its own.
#[tokio::test]
async fn no_two_logouts_have_the_same_state() {
    let mut house = House::new();
    let mut states = std::collections::BTreeSet::new();
    for _ in 0..5 {
        house.browser = house.another_browser();
        house.sign_in("/profile", "alice").await;
        let page = house.send("/auth/logout", own_form()).await;
        states.insert(parameter(page.header("location").expect("to the provider"), "state"));
    }
    assert_eq!(states.len(), 5);
}

/// V5: the address to come back to is configuration.
#[tokio::test]
async fn no_header_changes_the_address_to_come_back_to() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let request = own_form().header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let page = house
        .send("/auth/logout?post_logout_redirect_uri=https://evil.example&return_to=//evil.example", request)
        .await;
    let location = page.header("location").expect("to the provider");
    assert_eq!(parameter(location, "post_logout_redirect_uri"), format!("{APP}/auth/logged_out"));
    assert!(!location.contains("evil"));
}

/// V75, V69: the hint goes to the provider, and nowhere else.
#[tokio::test]
async fn the_hint_is_in_no_log_and_on_no_page() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let (log, _listening) = Log::listen();
    let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    let parameters = parameters(&house.end_session_requests()[0]);
    for secret in [value(&parameters, "id_token_hint"), value(&parameters, "state")] {
        assert!(log.lines().iter().all(|line| !line.contains(secret)));
        assert!(!page.text().contains(secret) && !page.url().as_str().contains(secret));
    }
    let first = &page.hops()[0];
    assert_eq!((first.method.as_str(), first.status.as_u16()), ("POST", 303), "and by 303, which sends no body on");
}

/// A client_id, and with it an ID Token, that makes the URL longer than some proxies carry.
async fn house_with_a_long_id_token() -> House {
    let client_id = "c".repeat(900);
    let registered = RegisteredClient::confidential(&client_id, CLIENT_SECRET)
        .post_logout_redirect_uri(format!("{APP}/auth/logged_out"));
    let corp = Provider::discovered(ISSUER, Client::confidential(client_id, CLIENT_SECRET)).expect("an issuer");
    let mut house = House::of(registered, corp);
    house.sign_in("/profile", "alice").await;
    house
}

/// V75, V9
#[tokio::test]
async fn a_hint_too_long_for_a_url_goes_as_a_form_that_sends_itself() {
    let mut house = house_with_a_long_id_token().await;
    let page = house.send("/auth/logout", own_form()).await;
    assert_eq!((page.status().as_u16(), page.header("location")), (200, None));
    expect_page_of_ours(&page);
    let policy = joined(&page, "content-security-policy");
    assert!(policy.contains(&format!("; form-action 'self' {ISSUER};")), "{policy}");
    assert!(policy.contains("; script-src 'sha256-") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(page.text().contains("<button type=\"submit\""), "for browsers without scripts");
    assert_eq!(house.me().await, None, "our session ended before anything is sent");

    let page = house.browser.submit(&page, "end_session", &[]).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/", "stranger"));
    let requests = house.end_session_requests();
    let [request] = requests.as_slice() else { panic!("one: {}", requests.len()) };
    assert_eq!((request.method.as_str(), &request.query), ("POST", &None), "nothing in a URL");
    let parameters = parameters(request);
    assert_eq!(value(&parameters, "post_logout_redirect_uri"), format!("{APP}/auth/logged_out"));
    assert_eq!(claims(value(&parameters, "id_token_hint"))["sub"], "alice");
    assert!(page.hops().iter().all(|hop| !hop.url.as_str().contains("id_token_hint")));
}

/// V75: on either side of the limit.
#[tokio::test]
async fn a_url_is_never_longer_than_2000_bytes() {
    let mut forms = 0;
    for bytes in [6, 300, 420, 440, 460, 480, 500, 700] {
        let client_id = "c".repeat(bytes);
        let corp = Provider::discovered(ISSUER, Client::confidential(&client_id, CLIENT_SECRET)).expect("an issuer");
        let mut house = House::of(RegisteredClient::confidential(client_id, CLIENT_SECRET), corp);
        house.sign_in("/profile", "alice").await;
        let page = house.send("/auth/logout", own_form()).await;
        match page.header("location") {
            Some(location) => {
                assert!(location.len() <= 2000, "{bytes}: {}", location.len());
                assert_eq!(forms, 0, "{bytes}");
            }
            None => forms += 1,
        }
    }
    assert!((1..8).contains(&forms), "the limit was crossed: {forms}");
}
