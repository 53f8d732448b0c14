use serde_json::json as value;
use vestibule_core::{JwkSet, SignatureAlgorithm, jose::CompactJws};
use vestibule_provider::{DevelopmentProvider, Fault, LogoutTokenFault};

use crate::{
    party::{GOODBYE, NOW, claims, login, part, send, text},
    town::{browser, logout_token, provider, rp, shop, sign_in, told},
};

const RP_BACK: &str = "http://localhost:3000/back?kept=yes";
const SHOP_BACK: &str = "http://localhost:3002/back";

/// Back-Channel Logout 2.4 and 2.5
#[tokio::test]
async fn a_logout_request_is_a_form_with_a_token_under_the_clients_algorithm() {
    let provider = provider();
    let mut browser = browser(&provider);
    let id_token = claims(text(&login(&provider, &mut browser, "openid").await, "id_token"));
    assert!(provider.end_session(text(&id_token, "sid")));
    let requests = provider.pending_logout_requests();
    assert_eq!((requests.len(), provider.pending_logout_requests().len(), provider.tally().logout_requests), (1, 0, 1));
    let request = &requests[0];
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", RP_BACK));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");

    let token = logout_token(request);
    let mut said = claims(&token);
    assert_eq!(text(&said, "jti").len(), 43);
    said.as_object_mut().expect("an object").remove("jti");
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let expected = value!({
        "iss": "http://127.0.0.1:3001", "aud": "rp", "iat": NOW, "exp": NOW.plus(120), "sub": "alice",
        "sid": id_token["sid"], "events": {event: {}},
    });
    assert_eq!(said, expected);
    assert_eq!(part(&token, 0)["typ"], value!("logout+jwt"));
    let keys = send(&provider, http::Request::get("http://127.0.0.1:3001/jwks"), "").await;
    let keys = JwkSet::from_json(keys.body()).expect("a key set");
    assert!(CompactJws::parse(&token).expect("a token").verify(SignatureAlgorithm::Es256, &keys).is_ok());
}

/// Back-Channel Logout 2.3
#[tokio::test]
async fn only_the_clients_that_learned_of_the_session_are_told() {
    let provider = provider();
    let (mut first, mut second) = (browser(&provider), browser(&provider));
    sign_in(&mut first, "rp", "alice").await;
    sign_in(&mut second, "shop", "alice").await;
    let of_first = text(&claims(text(&login(&provider, &mut first, "openid").await, "id_token")), "sid").to_owned();
    assert!(provider.end_session(&of_first));
    assert_eq!(told(&provider).keys().collect::<Vec<_>>(), [RP_BACK]);
    // A client that was forgotten, or has no place for it, is not told.
    provider.clone().client(shop().backchannel_logout_uri("not a URI"));
    assert_eq!((provider.log_out("alice"), told(&provider).len()), (1, 0));
}

/// Back-Channel Logout 2.7
#[tokio::test]
async fn the_end_of_all_sessions_is_told_once_by_the_subject_or_once_for_each_session() {
    let provider = provider().client(shop().backchannel_logout_session_required());
    for _ in 0..3 {
        let mut browser = browser(&provider);
        sign_in(&mut browser, "rp", "alice").await;
        sign_in(&mut browser, "shop", "alice").await;
    }
    assert_eq!(provider.log_out("alice"), 3);
    let told = told(&provider);
    let [token] = told[RP_BACK].as_slice() else { panic!("once: {told:?}") };
    assert_eq!((token.get("sid"), text(token, "sub")), (None, "alice"));
    let mut sids: Vec<&str> = told[SHOP_BACK].iter().map(|token| text(token, "sid")).collect();
    sids.sort_unstable();
    sids.dedup();
    assert_eq!((sids.len(), provider.tally().logout_requests), (3, 4));
}

async fn leave(provider: &DevelopmentProvider) -> Vec<String> {
    let mut browser = browser(provider);
    sign_in(&mut browser, "shop", "alice").await;
    let hint = text(&login(provider, &mut browser, "openid").await, "id_token").to_owned();
    let url = format!("http://127.0.0.1:3001/end_session?id_token_hint={hint}&post_logout_redirect_uri={GOODBYE}");
    browser.get(&url).await;
    told(provider).into_keys().collect()
}

#[tokio::test]
async fn who_leaves_one_client_leaves_the_others_and_that_one_knows_already() {
    assert_eq!(leave(&provider()).await, [SHOP_BACK]);
    assert_eq!(leave(&provider().tells_the_initiator_too()).await, [RP_BACK, SHOP_BACK]);
}

#[tokio::test]
async fn who_leaves_the_provider_itself_leaves_every_client() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "shop", "alice").await;
    sign_in(&mut browser, "rp", "alice").await;
    let page = browser.get("http://127.0.0.1:3001/end_session").await;
    assert_eq!(told(&provider).len(), 0, "she was only asked");
    browser.submit(&page, "/end_session", &[("confirm", "yes")]).await;
    assert_eq!(told(&provider).into_keys().collect::<Vec<_>>(), [RP_BACK, SHOP_BACK]);
}

/// A POST from another site: the session's cookie does not come along, and the hint says which is meant.
#[tokio::test]
async fn the_session_of_a_hint_is_told_of_though_its_cookie_did_not_come() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, "shop", "alice").await;
    let hint = text(&login(&provider, &mut browser, "openid").await, "id_token").to_owned();
    let fields = [("id_token_hint", hint.as_str())];
    browser.post_form_from("http://localhost:3000", "http://127.0.0.1:3001/end_session", &fields).await;
    assert_eq!((told(&provider).len(), provider.tally().sessions_ended), (1, 1));
}

#[tokio::test]
async fn what_is_wrong_with_logout_tokens_is_wrong_with_those_that_are_sent() {
    let provider = provider();
    sign_in(&mut browser(&provider), "rp", "alice").await;
    provider.set_fault(Some(Fault::LogoutToken(LogoutTokenFault::WrongIssuer)));
    assert_eq!(provider.log_out("alice"), 1);
    assert_eq!(told(&provider)[RP_BACK][0]["iss"], value!("https://stranger.example"));
}

/// V105
#[tokio::test]
async fn the_newest_thousand_requests_wait() {
    let provider = provider().client(rp().backchannel_logout_uri("http://localhost:3000/first"));
    sign_in(&mut browser(&provider), "rp", "alice").await;
    provider.log_out("alice");
    let provider = provider.client(rp());
    for _ in 0..1_000 {
        sign_in(&mut browser(&provider), "rp", "alice").await;
        provider.log_out("alice");
    }
    let told = told(&provider);
    assert_eq!((told.len(), told[RP_BACK].len()), (1, 1_000));
}

/// Back-Channel Logout 2.4, 2.5: what nobody knows is to be ignored.
#[tokio::test]
async fn a_logout_request_can_have_what_nobody_knows_and_lack_what_many_leave_out() {
    let provider = provider().with_unknown_logout_members().without_logout_token_typ();
    sign_in(&mut browser(&provider), "rp", "alice").await;
    assert_eq!(provider.log_out("alice"), 1);
    let requests = provider.pending_logout_requests();
    let fields: Vec<_> = url::form_urlencoded::parse(requests[0].body()).into_owned().collect();
    let [(name, token), (other, _)] = fields.as_slice() else { panic!("two: {fields:?}") };
    assert_eq!((name.as_str(), other.as_str()), ("logout_token", "unknown_parameter"));
    assert_eq!((text(&claims(token), "unknown_claim"), text(&claims(token), "sub")), ("unknown", "alice"));
    assert_eq!(part(token, 0).get("typ"), None);
}
