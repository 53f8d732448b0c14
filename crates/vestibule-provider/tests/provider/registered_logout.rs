use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json as value};
use vestibule_provider::DevelopmentProvider;

use crate::{
    party::{REDIRECT_URI, authorize_url, browser, json, parameter, provider, send, text},
    town::told,
};

async fn register(provider: &DevelopmentProvider, more: &Value) -> Response<Bytes> {
    let mut asked = value!({"redirect_uris": [REDIRECT_URI], "id_token_signed_response_alg": "ES256"});
    let members = asked.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    let request = Request::post("http://127.0.0.1:3001/register").header("content-type", "application/json");
    send(provider, request, &asked.to_string()).await
}

/// Back-Channel Logout 2.2, Front-Channel Logout 2
#[tokio::test]
async fn a_client_registers_where_it_is_told_and_is_told_there() {
    let provider = provider();
    let asked = value!({
        "backchannel_logout_uri": "http://localhost:3000/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "http://localhost:3000/front",
        "frontchannel_logout_session_required": true,
    });
    let answer = json(&register(&provider, &asked).await);
    for (name, value) in asked.as_object().expect("an object") {
        assert_eq!(&answer[name], value, "{name}");
    }
    let mut browser = browser(&provider);
    let challenge = [("client_id", text(&answer, "client_id"))];
    let page = browser.get(&authorize_url(&challenge)).await;
    let page = browser.sign_in_as(&page, "alice").await;
    assert!(parameter(page.url(), "code").is_some());
    assert_eq!(provider.log_out("alice"), 1);
    let told = told(&provider);
    assert!(told["http://localhost:3000/back"][0].get("sid").is_some(), "it asked for that");

    let page = browser.get(&authorize_url(&challenge)).await;
    browser.sign_in_as(&page, "alice").await;
    let page = browser.get("http://127.0.0.1:3001/end_session").await;
    let page = browser.submit(&page, "/end_session", &[("confirm", "yes")]).await;
    assert_eq!(browser.load_frames(&page).await.len(), 1);
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_registered() {
    let provider = provider();
    let answer = json(&register(&provider, &value!({})).await);
    let names = answer.as_object().expect("an object").keys();
    assert!(names.into_iter().all(|name| !name.contains("channel")), "{answer}");
    let asked = value!({"backchannel_logout_uri": "http://localhost:3000/back"});
    let answer = json(&register(&provider, &asked).await);
    assert_eq!(answer["backchannel_logout_session_required"], value!(false));
}

#[tokio::test]
async fn a_place_that_is_not_in_order_is_refused() {
    let provider = provider();
    for asked in [
        value!({"backchannel_logout_uri": "http://app.example/back"}),
        value!({"backchannel_logout_uri": "https://app.example/back#top"}),
        value!({"backchannel_logout_uri": ["https://app.example/back"]}),
        value!({"backchannel_logout_uri": "https://app.example/back", "backchannel_logout_session_required": "yes"}),
        value!({"frontchannel_logout_session_required": 1}),
        value!({"frontchannel_logout_uri": "https://app.example/front"}),
        value!({"frontchannel_logout_uri": "http://localhost:3002/front"}),
        value!({"frontchannel_logout_uri": "http://localhost:3000/front#top"}),
    ] {
        let answer = register(&provider, &asked).await;
        let error = json(&answer);
        assert_eq!((answer.status().as_u16(), text(&error, "error")), (400, "invalid_client_metadata"), "{asked}");
    }
    // The back channel leads where it likes.
    let asked = value!({"backchannel_logout_uri": "https://other.example/back"});
    assert_eq!(register(&provider, &asked).await.status().as_u16(), 201);
}

#[tokio::test]
async fn a_client_that_registers_for_refresh_tokens_gets_them() {
    let provider = provider();
    for (grant_types, expected) in
        [(value!(["authorization_code"]), false), (value!(["authorization_code", "refresh_token"]), true)]
    {
        let asked = value!({"grant_types": grant_types, "token_endpoint_auth_method": "client_secret_post"});
        let client = json(&register(&provider, &asked).await);
        assert_eq!(client["grant_types"], grant_types);
        let client_id = text(&client, "client_id");
        let code = crate::party::code(&provider, &[("client_id", client_id)]).await;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", crate::party::VERIFIER)
            .append_pair("client_id", client_id)
            .append_pair("client_secret", text(&client, "client_secret"))
            .finish();
        let request = Request::post("http://127.0.0.1:3001/token");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = json(&send(&provider, request, &body).await);
        assert_eq!(answer.get("refresh_token").is_some(), expected, "{grant_types}");
    }
}
