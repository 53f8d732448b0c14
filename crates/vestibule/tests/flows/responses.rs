//! Each response type, by its own way and by a form: what comes of it, and what is asked of the provider for it (R35, V30).

use axum::{Router, routing::get};
use vestibule::{AccessToken, EndUser, ResponseMode, ResponseType};

use crate::{
    bench::{asked, corp_by, departures, finish_sign_in, house, house_around, last_said, op, said, stopped},
    house::{House, paper::place},
};

/// What is asked of the provider after a response of each type, in this order.
const ASKED: [(ResponseType, &[&str]); 6] = [
    (ResponseType::Code, &["/token", "/jwks", "/userinfo"]),
    (ResponseType::IdToken, &["/jwks"]),
    (ResponseType::IdTokenToken, &["/jwks", "/userinfo"]),
    (ResponseType::CodeIdToken, &["/jwks", "/token", "/userinfo"]),
    (ResponseType::CodeToken, &["/token", "/jwks", "/userinfo"]),
    (ResponseType::CodeIdTokenToken, &["/jwks", "/token", "/userinfo"]),
];

/// What was asked since the browser was at the provider.
fn asked_since(house: &House) -> Vec<String> {
    let requests = house.provider.requests();
    let since = requests.iter().rev().take_while(|request| request.path != "/authorize");
    let mut paths: Vec<String> = since.map(|request| request.path.clone()).collect();
    paths.reverse();
    paths
}

/// R35, V30: what comes through the browser is verified before anything else is asked.
#[tokio::test]
async fn every_response_type_signs_in_by_its_own_way_and_by_a_form() {
    for (response_type, expected) in ASKED {
        for mode in [None, Some(ResponseMode::FormPost)] {
            let what = format!("{response_type} {mode:?}");
            let mut house = house(corp_by(response_type, mode));
            let page = house.get("/profile?tab=1").await;
            assert_eq!(last_said(&house, "response_type").as_deref(), Some(response_type.name()), "{what}");
            assert_eq!(last_said(&house, "response_mode").as_deref(), mode.map(|_| "form_post"), "{what}");
            assert!(last_said(&house, "nonce").is_some_and(|nonce| nonce.len() == 43), "{what}");
            let page = finish_sign_in(&mut house.browser, &page, "alice").await;
            assert_eq!((page.text(), place(&page)), ("profile of alice", "/profile?tab=1".to_owned()), "{what}");
            assert_eq!(asked_since(&house), expected, "{what}");
            assert_eq!(house.get("/name").await.text(), "Alice Liddell", "{what}: by whichever way the claims came");
            assert_eq!(departures(&house), 1, "{what}");
        }
    }
}

/// V30: nothing but a code, unless the settings say so.
#[tokio::test]
async fn a_code_in_a_query_is_what_is_asked_for_unless_said() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let [request] = &asked(&house)[..] else { panic!("one departure") };
    assert_eq!((said(request, "response_type").as_deref(), said(request, "response_mode")), (Some("code"), None));
}

/// Pages that need an access token, or take one if there is one.
fn with_tokens(response_type: ResponseType) -> House {
    house_around(
        op(),
        |builder| builder.provider("corp", corp_by(response_type, None)),
        |_| {
            Router::new()
                .route("/profile", get(async |user: EndUser| user.subject().to_string()))
                .route("/photos", get(async |token: AccessToken| token.secret().expose().clone()))
                .route(
                    "/perhaps",
                    get(async |token: Option<AccessToken>| {
                        token.map_or("none".to_owned(), |token| token.secret().expose().clone())
                    }),
                )
        },
    )
}

/// Core 3.2.2.5, 3.3.3.8: the token endpoint's access token is the one that counts, where there are two.
#[tokio::test]
async fn a_handler_gets_the_access_token_that_the_login_ended_with() {
    for (response_type, expected) in ASKED {
        let mut house = with_tokens(response_type);
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        let answer = stopped.arrive(&mut house.browser).await;
        assert_eq!(answer.header("location"), Some("/profile"), "{response_type}");
        let (token, in_front) = (house.get("/perhaps").await.text().to_owned(), stopped.parameter("access_token"));
        let has_token = response_type != ResponseType::IdToken;
        assert_eq!(token != "none", has_token, "{response_type}");
        assert_eq!(house.provider.audience_of(&token).is_some(), has_token, "{response_type}: it is the provider's");
        let is_front = response_type == ResponseType::IdTokenToken;
        assert_eq!(in_front.as_ref() == Some(&token), is_front, "{response_type}");
        let bearers: Vec<_> =
            house.provider.requests().into_iter().filter(|request| request.path == "/userinfo").collect();
        assert_eq!(bearers.len(), usize::from(expected.contains(&"/userinfo")), "{response_type}");
        for request in bearers {
            assert_eq!(request.headers["authorization"].to_str().ok(), Some(format!("Bearer {token}").as_str()));
        }
    }
}

/// A sign-in that brings no access token brings none the next time either: nobody is sent round in circles for one, and it is the
/// application's settings that are to blame.
#[tokio::test]
async fn a_handler_that_needs_a_token_where_none_is_ever_given_is_the_applications_mistake() {
    let mut house = with_tokens(ResponseType::IdToken);
    let page = house.get("/profile").await;
    finish_sign_in(&mut house.browser, &page, "alice").await;
    for seconds in [0, 3600] {
        house.pass(seconds);
        let page = house.get("/photos").await;
        assert_eq!((page.status().as_u16(), place(&page)), (500, "/photos".to_owned()), "{seconds}");
    }
    assert_eq!(departures(&house), 1);
    assert_eq!(house.get("/profile").await.text(), "alice", "who is signed in still is");
}
