use http::Request;
use serde_json::{Value, json};
use vestibule_provider::{Browser, DevelopmentProvider, User};

use crate::{
    front::{self, Response, browser, response, sign_in},
    party::{self, NOW, authorize_url, claims, is_sign_in, send, text},
};

fn provider() -> DevelopmentProvider {
    front::provider().user(
        User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@example.com").acr("pwd").acr("phr"),
    )
}

/// The acr of the ID Token that a request with these changes brings, or the error.
async fn acr(provider: &DevelopmentProvider, changes: &[(&str, &str)]) -> Result<Value, String> {
    let changes = [&[("response_type", "id_token")], changes].concat();
    let response = response(provider, &changes).await;
    match response.get("error") {
        Some(error) => Err(error.to_owned()),
        None => Ok(response.id_token().get("acr").cloned().unwrap_or_default()),
    }
}

/// Core 3.1.2.1, 5.5.1.1
#[tokio::test]
async fn a_sign_in_is_as_sure_as_is_asked_for_and_can_be() {
    let provider = provider();
    let unmet = || Err("unmet_authentication_requirements".to_owned());
    for (name, value, expected) in [
        ("acr_values", "", Ok(json!("pwd"))),
        ("acr_values", "phr", Ok(json!("phr"))),
        ("acr_values", "gold phr pwd", Ok(json!("phr"))),
        ("acr_values", "gold", Ok(json!("pwd"))),
        ("claims", r#"{"id_token":{"acr":{"essential":true,"values":["gold","phr"]}}}"#, Ok(json!("phr"))),
        ("claims", r#"{"id_token":{"acr":{"essential":true,"value":"phr"}}}"#, Ok(json!("phr"))),
        ("claims", r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#, unmet()),
        ("claims", r#"{"id_token":{"acr":{"value":"gold"}}}"#, Ok(json!("pwd"))),
        ("claims", r#"{"id_token":{"acr":{"essential":true}}}"#, Ok(json!("pwd"))),
        ("claims", r#"{"id_token":{"acr":null}}"#, Ok(json!("pwd"))),
    ] {
        assert_eq!(acr(&provider, &[(name, value)]).await, expected, "{value}");
    }
    let provider = front::provider();
    assert_eq!(acr(&provider, &[("acr_values", "phr")]).await, Ok(Value::Null), "nothing is known of this user");
}

/// Core 5.5.1.1
#[tokio::test]
async fn an_earlier_sign_in_that_is_not_sure_enough_is_not_enough() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, &[]).await;
    let essential = r#"{"id_token":{"acr":{"essential":true,"value":"phr"}}}"#;
    let gold = r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#;
    for (name, value, is_asked) in [
        ("acr_values", "pwd", false),
        ("acr_values", "phr", true),
        // Nobody would be recognised so.
        ("acr_values", "gold", false),
        ("claims", essential, true),
        ("claims", gold, true),
    ] {
        let page = browser.get(&authorize_url(&[(name, value)])).await;
        assert_eq!(is_sign_in(&page), is_asked, "{value}");
    }
    for (name, value, error) in [("acr_values", "phr", None), ("claims", essential, Some("login_required"))] {
        let page = browser.get(&authorize_url(&[(name, value), ("prompt", "none")])).await;
        assert_eq!(Response::of(&page).get("error"), error, "{value}");
    }
    // Once is enough.
    sign_in(&mut browser, &[("acr_values", "phr")]).await;
    assert!(!is_sign_in(&browser.get(&authorize_url(&[("claims", essential)])).await));
}

/// Core 5.5
#[tokio::test]
async fn claims_that_are_asked_for_by_name_come_where_they_are_asked_for() {
    let provider = provider();
    let asked = r#"{"id_token":{"name":null,"sub":null,"iss":{"value":"x"},"shoe_size":null},"userinfo":{"email":{"essential":true}}}"#;
    let response = response(&provider, &[("claims", asked)]).await;
    let tokens = response.redeem(&provider).await;
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!((text(&id_token, "name"), text(&id_token, "iss")), ("Alice Liddell", "http://127.0.0.1:3001"));
    assert!(id_token.get("email").is_none() && id_token.get("shoe_size").is_none());
    let request = Request::get("http://127.0.0.1:3001/userinfo")
        .header("authorization", format!("Bearer {}", text(&tokens, "access_token")));
    let userinfo = party::json(&send(&provider, request, "").await);
    assert_eq!(userinfo, json!({"sub": "alice", "email": "alice@example.com"}));
}

/// Core 5.5.1
#[tokio::test]
async fn a_subject_that_is_asked_for_is_the_only_one_that_will_do() {
    let provider = provider();
    for destination in ["id_token", "userinfo"] {
        for (sub, error) in [("alice", None), ("bob", Some("access_denied"))] {
            let asked = json!({destination: {"sub": {"value": sub}}}).to_string();
            let mut browser = browser(&provider);
            assert_eq!(sign_in(&mut browser, &[("claims", &asked)]).await.get("error"), error);
            sign_in(&mut browser, &[]).await;
            assert_eq!(is_sign_in(&browser.get(&authorize_url(&[("claims", &asked)])).await), error.is_some());
        }
    }
}

#[tokio::test]
async fn auth_time_is_that_of_the_sign_in() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, &[]).await;
    provider.set_now(NOW.plus(100));
    let response = sign_in(&mut browser, &[("response_type", "id_token"), ("max_age", "100")]).await;
    assert_eq!((&response.id_token()["auth_time"], &response.id_token()["iat"]), (&json!(NOW), &json!(NOW.plus(100))));
}

/// Registration 2
#[tokio::test]
async fn what_a_request_does_not_say_is_as_the_client_registered() {
    let provider =
        provider().client(front::rp().default_max_age(60).default_acr_value("gold").default_acr_value("phr"));
    let mut browser = browser(&provider);
    let asked = [("response_type", "id_token")];
    let acr = async |browser: &mut Browser, changes: &[(&str, &str)]| {
        sign_in(browser, &[&asked[..], changes].concat()).await.id_token()["acr"].clone()
    };
    assert_eq!(acr(&mut browser, &[]).await, json!("phr"));
    provider.set_now(NOW.plus(61));
    for (changes, is_asked) in [(vec![], true), (vec![("max_age", "60")], true), (vec![("max_age", "61")], false)] {
        assert_eq!(is_sign_in(&browser.get(&authorize_url(&changes)).await), is_asked, "{changes:?}");
    }
    // Either takes the place of what is registered.
    let individual = r#"{"id_token":{"acr":{"value":"pwd"}}}"#;
    for changes in [("acr_values", "pwd"), ("claims", individual)] {
        assert_eq!(acr(&mut browser, &[changes, ("prompt", "login")]).await, json!("pwd"), "{changes:?}");
    }
}

#[tokio::test]
async fn a_client_registers_what_its_requests_do_not_say() {
    let provider = provider();
    let asked = json!({
        "redirect_uris": [party::REDIRECT_URI], "id_token_signed_response_alg": "ES256",
        "default_acr_values": ["phr", "pwd"], "default_max_age": 60,
    });
    let told = party::json(&crate::registration_metadata::register(&provider, &asked).await);
    let client = provider.registered(text(&told, "client_id")).expect("registered");
    assert_eq!((client.acr_values(), client.max_age()), (["phr", "pwd"].map(str::to_owned).as_slice(), Some(60)));
}

/// Core 3.1.2.1: the same as `prompt=login`.
#[tokio::test]
async fn a_max_age_of_zero_asks_again_in_the_same_second() {
    let provider = provider();
    let mut browser = browser(&provider);
    sign_in(&mut browser, &[]).await;
    assert!(is_sign_in(&browser.get(&authorize_url(&[("max_age", "0")])).await));
    assert!(!is_sign_in(&browser.get(&authorize_url(&[("max_age", "1")])).await));
    let response = Response::of(&browser.get(&authorize_url(&[("max_age", "0"), ("prompt", "none")])).await);
    assert_eq!(response.piece("error"), "login_required");
    assert!(sign_in(&mut browser, &[("max_age", "0")]).await.get("code").is_some());
}

/// RFC 8707 2
#[tokio::test]
async fn an_access_token_is_for_the_resources_that_were_asked_for() {
    let provider = provider();
    let resources = [("resource", "https://a.example/"), ("resource", "https://b.example/")];
    let both = ["https://a.example/", "https://b.example/"].map(str::to_owned).to_vec();
    let front = [&[("response_type", "code token")], &resources[..]].concat();
    let response = response(&provider, &front).await;
    assert_eq!(provider.audience_of(response.piece("access_token")), Some(both.clone()));
    assert_eq!(provider.audience_of("nobody's"), None);
    let tokens = response.redeem(&provider).await;
    assert_eq!(provider.audience_of(text(&tokens, "access_token")), Some(both));
}

/// RFC 8707 2.2
#[tokio::test]
async fn a_token_request_narrows_the_resources_and_does_not_widen_them() {
    let provider = provider();
    for (granted, asked, expected) in [
        ("https://a.example/", "https://a.example/", Ok("https://a.example/")),
        ("", "https://a.example/", Ok("https://a.example/")),
        ("https://a.example/", "https://b.example/", Err("invalid_target")),
    ] {
        let code = party::code(&provider, &[("resource", granted)]).await;
        let redeem = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", party::REDIRECT_URI),
            ("code_verifier", party::VERIFIER),
            ("code", &code),
            ("resource", asked),
        ];
        let answer = party::json(&party::post(&provider, "/token", &redeem).await);
        match expected {
            Ok(audience) => {
                let got = provider.audience_of(text(&answer, "access_token"));
                assert_eq!(got, Some(vec![audience.to_owned()]));
            }
            Err(error) => assert_eq!(text(&answer, "error"), error),
        }
    }
}
