//! A client that registers itself says where it takes logouts (Back-Channel Logout 2.2, Front-Channel Logout 2).

use serde_json::{Value, json};
use vestibule::{ClientMetadata, Provider};

use crate::{
    bench::{Bench, Mode},
    house::{APP, ISSUER},
    op::ES256,
};

async fn registered(says: Value) -> Value {
    let metadata = ClientMetadata::new("My App").id_token_signed_response_alg(ES256);
    let bench = Bench::of(Mode::Cookies, Provider::discovered(ISSUER, metadata).expect("an issuer"), |builder| builder);
    for (member, value) in says.as_object().expect("an object") {
        bench.corp.says(member, value.clone());
    }
    bench.browser().get(&format!("{APP}/auth/login/corp")).await;
    let request = bench.corp.provider.requests().into_iter().find(|request| request.path == "/register");
    serde_json::from_slice(&request.expect("a registration").body).expect("JSON")
}

#[tokio::test]
async fn a_client_registers_where_it_takes_logout_tokens_and_frames() {
    let asked = registered(json!({
        "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true,
    }))
    .await;
    assert_eq!(asked["backchannel_logout_uri"], format!("{APP}/auth/backchannel_logout/corp"));
    assert_eq!(asked["backchannel_logout_session_required"], true);
    assert_eq!(asked["frontchannel_logout_uri"], format!("{APP}/auth/frontchannel_logout/corp"));
    assert_eq!(asked["frontchannel_logout_session_required"], true);
}

#[tokio::test]
async fn a_provider_that_sends_no_logouts_is_not_told_where_to() {
    let asked = registered(json!({
        "backchannel_logout_supported": null, "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": false,
    }))
    .await;
    let logout = asked.as_object().expect("an object").keys().filter(|name| name.contains("channel_logout")).count();
    assert_eq!(logout, 0, "{asked}");
}
