use http::StatusCode;
use vestibule_core::ResponseType;
use vestibule_provider::Warning;

use crate::{
    front::{Response, browser, half_hash, provider, response, rp},
    party::{self, authorize_url, claims, text, userinfo},
};

const ALWAYS: [&str; 3] = ["iss", "session_state", "state"];

/// Core 3.1.2.5, 3.2.2.5, 3.3.2.5
#[tokio::test]
async fn every_response_type_brings_what_it_names_and_nothing_else() {
    let provider = provider();
    let token = ["access_token", "expires_in", "scope", "token_type"];
    for (response_type, way, own) in [
        ("code", "query", vec!["code"]),
        ("id_token", "fragment", vec!["id_token"]),
        ("token id_token", "fragment", [&token[..], &["id_token"]].concat()),
        ("code id_token", "fragment", vec!["code", "id_token"]),
        ("token code", "fragment", [&token[..], &["code"]].concat()),
        ("id_token token code", "fragment", [&token[..], &["code", "id_token"]].concat()),
    ] {
        let response = response(&provider, &[("response_type", response_type)]).await;
        let mut expected = [&own[..], &ALWAYS].concat();
        expected.sort_unstable();
        let names: Vec<&str> = response.pieces.keys().map(String::as_str).collect();
        assert_eq!((response.way, names), (way, expected));
        assert_eq!((response.piece("state"), response.piece("iss")), ("s 1", "http://127.0.0.1:3001"));
        if own.contains(&"access_token") {
            assert_eq!(
                ["token_type", "expires_in", "scope"].map(|name| response.piece(name)),
                ["Bearer", "3600", "openid"]
            );
            assert_eq!(userinfo(&provider, response.piece("access_token")).await, 200);
        }
    }
}

/// Core 3.2.2.10, 3.3.2.11
#[tokio::test]
async fn an_id_token_vouches_for_what_comes_with_it() {
    let provider = provider();
    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let response = response(&provider, &[("response_type", response_type)]).await;
        let id_token = response.id_token();
        for (claim, piece) in [("at_hash", "access_token"), ("c_hash", "code")] {
            let expected = response.get(piece).map(half_hash);
            assert_eq!(id_token[claim].as_str(), expected.as_deref(), "{response_type} {claim}");
        }
        assert_eq!((text(&id_token, "nonce"), text(&id_token, "sub"), text(&id_token, "aud")), ("n-1", "alice", "rp"));
        assert_eq!(id_token["auth_time"], id_token["iat"]);
        assert!(id_token["sid"].is_string());
    }
}

/// Core 3.3.3.6
#[tokio::test]
async fn the_two_id_tokens_of_a_hybrid_flow_agree() {
    let provider = provider();
    for response_type in ["code id_token", "code id_token token"] {
        let response = response(&provider, &[("response_type", response_type)]).await;
        let (front, back) = (response.id_token(), claims(text(&response.redeem(&provider).await, "id_token")));
        for claim in ["iss", "sub", "aud", "nonce", "sid", "auth_time"] {
            assert_eq!(front[claim], back[claim], "{claim}");
        }
        assert!(back["at_hash"].is_string() && back.get("c_hash").is_none());
    }
}

/// Core 5.4: where no access token comes, scopes ask for claims in the ID Token.
#[tokio::test]
async fn claims_are_in_the_id_token_where_there_is_nothing_to_ask_the_userinfo_endpoint_with() {
    let provider = provider();
    for (response_type, has_email) in [("id_token", true), ("id_token token", false), ("code id_token", false)] {
        let response = response(&provider, &[("response_type", response_type), ("scope", "openid email")]).await;
        assert_eq!(response.id_token().get("email").is_some(), has_email, "{response_type}");
        assert!(response.id_token().get("name").is_none());
    }
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_the_access_token_that_came_with_it() {
    let provider = provider();
    let response = response(&provider, &[("response_type", "code token")]).await;
    let first = response.redeem(&provider).await;
    let tokens = [response.piece("access_token"), text(&first, "access_token")];
    for (status, then) in [(200, "invalid_grant"), (401, "invalid_grant")] {
        for token in tokens {
            assert_eq!(userinfo(&provider, token).await, status);
        }
        assert_eq!(text(&response.redeem(&provider).await, "error"), then);
    }
}

/// Multiple Response Types 2.1, Form Post 2
#[tokio::test]
async fn a_response_goes_the_way_that_is_asked_for() {
    let provider = provider();
    for (response_type, mode) in [
        ("code", "query"),
        ("code", "fragment"),
        ("code", "form_post"),
        ("id_token", "fragment"),
        ("id_token", "form_post"),
        ("code id_token token", "form_post"),
    ] {
        let changes = [("response_type", response_type), ("response_mode", mode)];
        let response = response(&provider, &changes).await;
        assert_eq!((response.way, response.piece("state")), (mode, "s 1"), "{response_type}");
        // And an error does.
        let page = browser(&provider).get(&authorize_url(&[&changes[..], &[("prompt", "none")]].concat())).await;
        let response = Response::of(&page);
        assert_eq!((response.way, response.piece("error")), (mode, "login_required"), "{response_type}");
    }
}

/// Multiple Response Types 3 and 5
#[tokio::test]
async fn no_token_goes_in_a_query() {
    let provider = provider();
    for response_type in ["id_token", "code token", "code id_token"] {
        let changes = [("response_type", response_type), ("response_mode", "query")];
        let response = Response::of(&browser(&provider).get(&authorize_url(&changes)).await);
        assert_eq!((response.way, response.piece("error")), ("fragment", "invalid_request"), "{response_type}");
    }
}

#[tokio::test]
async fn a_redirect_uri_keeps_its_query_whatever_the_way() {
    let provider = provider();
    for mode in ["query", "fragment", "form_post"] {
        let mut browser = browser(&provider);
        let changes = [("redirect_uri", "http://localhost:3000/other?kept=yes"), ("response_mode", mode)];
        let page = browser.get(&authorize_url(&changes)).await;
        let page = browser.sign_in_as(&page, "alice").await;
        assert_eq!(party::parameter(page.url(), "kept").as_deref(), Some("yes"), "{mode}");
        assert!(mode == "query" || Response::of(&page).get("code").is_some());
    }
}

/// Form Post 2: without scripts there is a button.
#[tokio::test]
async fn a_form_goes_by_itself_or_by_its_button() {
    let provider = provider();
    let mut browser = browser(&provider);
    browser.disable_scripts();
    let page = browser.get(&authorize_url(&[("response_mode", "form_post"), ("state", "\"><b>")])).await;
    let page = browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.url().path(), page.status()), ("/authorize", StatusCode::OK));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.text().contains("<noscript><button>Continue</button></noscript>"));
    let response = Response::of(&browser.post_form_of(&page).await);
    assert_eq!((response.way, response.piece("state")), ("form_post", "\"><b>"));
}

/// Core 3.2.2.1, 3.3.2.11
#[tokio::test]
async fn a_nonce_is_needed_where_an_id_token_comes_by_the_browser() {
    let provider = provider();
    for (response_type, is_needed) in [
        ("code", false),
        ("code token", false),
        ("id_token", true),
        ("id_token token", true),
        ("code id_token", true),
        ("code id_token token", true),
    ] {
        let response = response(&provider, &[("response_type", response_type), ("nonce", "")]).await;
        let expected = is_needed.then_some("invalid_request");
        assert_eq!(response.get("error"), expected, "{response_type}");
    }
    assert_eq!(provider.warnings(), []);
    response(&provider, &[("nonce", &"n".repeat(44))]).await;
    assert!(provider.warnings().contains(&Warning::UnusualNonce));
}

/// Registration 2: `code`, where nothing is said.
#[tokio::test]
async fn a_client_gets_the_response_types_that_it_registered() {
    let provider = party::provider();
    for (response_types, asked, expected) in [
        (None, "id_token", Some("unauthorized_client")),
        (None, "code", None),
        (Some([ResponseType::CodeIdToken]), "id_token code", None),
        (Some([ResponseType::CodeIdToken]), "code", Some("unauthorized_client")),
        (Some([ResponseType::CodeIdToken]), "code id_token token", Some("unauthorized_client")),
        (Some([ResponseType::CodeIdToken]), "token", Some("unsupported_response_type")),
    ] {
        let client = party_client();
        let client = match response_types {
            Some(response_types) => client.response_types(response_types),
            None => client,
        };
        let response = response(&provider.clone().client(client), &[("response_type", asked)]).await;
        assert_eq!(response.get("error"), expected, "{response_types:?} {asked}");
    }
}

fn party_client() -> vestibule_provider::RegisteredClient {
    rp().response_types([ResponseType::Code])
}

/// RFC 9700 2.1.1: what it protects is a code.
#[tokio::test]
async fn a_public_client_needs_a_code_challenge_for_a_code_alone() {
    let provider = party::provider().client(
        vestibule_provider::RegisteredClient::public("spa")
            .redirect_uri(party::REDIRECT_URI)
            .id_token_signed_response_alg(vestibule_core::SignatureAlgorithm::Es256)
            .response_types(ResponseType::ALL),
    );
    for (response_type, expected) in [("id_token", None), ("code id_token", Some("invalid_request"))] {
        let changes = [
            ("client_id", "spa"),
            ("response_type", response_type),
            ("code_challenge", ""),
            ("code_challenge_method", ""),
        ];
        assert_eq!(response(&provider, &changes).await.get("error"), expected, "{response_type}");
    }
}
