//! What a request asks for, and what of it the pending login remembers.

use super::*;

fn asking(request: &AuthorizationRequest) -> HashMap<String, String> {
    let login = pending(7).asking(request);
    parameters(&Client::public("rp").authorize(&metadata(), request, &login))
}

fn claims_of(sent: &HashMap<String, String>) -> Value {
    serde_json::from_str(&sent["claims"]).expect("JSON")
}

/// R3: to the byte what it was before there were other types.
#[test]
fn the_url_of_a_plain_login_by_code() {
    let request = request().parameter("display", "page").expect("not reserved").login_hint("a b");
    let url = Client::public("rp").authorize(&metadata(), &request, &pending(7).asking(&request));
    let login = pending(7);
    let expected = format!(
        "https://login.example.com/authorize?response_type=code&client_id=rp\
         &redirect_uri=https%3A%2F%2Fapp.example.com%2Fauth%2Fcallback%2Fcorp&scope=openid+email&state={}.&nonce={}\
         &code_challenge={}&code_challenge_method=S256&display=page&login_hint=a+b",
        login.attempt(),
        login.nonce(),
        login.code_challenge(),
    );
    assert_eq!(url.as_str(), expected);
}

/// R4, V18, V19: the nonce always, PKCE wherever there is a code to protect.
#[test]
fn every_type_has_a_nonce_and_each_code_its_challenge() {
    for response_type in ResponseType::ALL {
        let sent = asking(&request().response_type(response_type));
        assert_eq!(sent["response_type"], response_type.name());
        assert_eq!(sent["nonce"], pending(7).nonce(), "{response_type}");
        assert_eq!(sent.contains_key("code_challenge"), response_type.has_code(), "{response_type}");
        assert_eq!(sent.contains_key("code_challenge_method"), response_type.has_code(), "{response_type}");
        assert!(!sent.contains_key("response_mode"), "{response_type}");
    }
}

/// V30: Multiple Response Types 3 and 5
#[test]
fn tokens_never_come_in_a_query() {
    for response_type in ResponseType::ALL {
        for response_mode in ResponseMode::ALL {
            let asked = request().response_type(response_type).response_mode(response_mode);
            if response_mode == ResponseMode::Query && response_type != ResponseType::Code {
                let reason = InvalidAuthorizationRequest::ResponseMode { response_type, response_mode };
                assert_eq!(asked, Err(reason));
                continue;
            }
            let sent = asking(&asked.expect("allowed"));
            let said = (response_mode != response_type.default_mode()).then(|| response_mode.name().to_owned());
            assert_eq!(sent.get("response_mode"), said.as_ref(), "{response_type} {response_mode}");
        }
    }
    // Another type comes in its own mode, until another one is said.
    let request = request().response_mode(ResponseMode::Query).expect("allowed").response_type(ResponseType::IdToken);
    assert_eq!(pending(7).asking(&request).response_mode(), ResponseMode::Fragment);
}

/// R12: in whichever order it is said.
#[test]
fn another_response_type_leaves_what_was_demanded() {
    let demanding = request().max_age(60).response_type(ResponseType::IdToken);
    assert_eq!(asking(&demanding)["max_age"], "60");
    assert_eq!(pending(7).asking(&demanding).to_bytes(), {
        let other_order = request().response_type(ResponseType::IdToken).max_age(60);
        pending(7).asking(&other_order).to_bytes()
    });
}

/// Core 2: auth_time "is REQUIRED" where it is asked for as an essential claim.
#[test]
fn an_auth_time_that_is_essential_is_remembered() {
    let remembered = |claims: Value| {
        let request = request().claims(json!({"id_token": claims})).expect("claims");
        pending(7).asking(&request).to_bytes()
    };
    let essential = remembered(json!({"auth_time": {"essential": true}}));
    let voluntary = remembered(json!({"auth_time": null}));
    assert_ne!(essential, voluntary);
    assert_eq!(voluntary, remembered(json!({"auth_time": {"essential": false}})));
}

/// RFC 8707 2: each resource is a parameter of its own.
#[test]
fn resources_that_come_as_parameters_all_stay() {
    let request = ["https://a.example/", "https://b.example/"]
        .into_iter()
        .try_fold(request(), |request, resource| request.parameter("resource", resource))
        .expect("resources");
    let url = Client::public("rp").authorize(&metadata(), &request, &pending(7).asking(&request));
    let sent: Vec<String> =
        url.query_pairs().filter(|(name, _)| name == "resource").map(|(_, value)| value.into_owned()).collect();
    assert_eq!(sent, ["https://a.example/", "https://b.example/"]);
}

/// R12: what is checked is asked for, and what would not be checked is not.
#[test]
fn only_what_the_pending_login_remembers_is_asked_for() {
    let request = request()
        .response_type(ResponseType::CodeIdToken)
        .max_age(0)
        .response_mode(ResponseMode::FormPost)
        .and_then(|request| request.essential_acr(["phr"]))
        .expect("allowed");
    let sent = asking(&request);
    assert_eq!((sent["max_age"].as_str(), sent["response_mode"].as_str()), ("0", "form_post"));
    assert_eq!(claims_of(&sent), json!({"id_token": {"acr": {"essential": true, "values": ["phr"]}}}));
    let login = pending(7).asking(&request);
    assert_eq!((login.response_type(), login.response_mode()), (ResponseType::CodeIdToken, ResponseMode::FormPost));
    let sent = parameters(&Client::public("rp").authorize(&metadata(), &request, &pending(7)));
    assert_eq!(sent["response_type"], "code");
    for unsaid in ["max_age", "claims", "response_mode"] {
        assert!(!sent.contains_key(unsaid), "{unsaid}");
    }
}

/// Core 5.5.1.1
#[test]
fn essential_acr_values_join_the_other_claims() {
    let claims = json!({"id_token": {"email": null, "acr": null}, "userinfo": {"name": {"essential": true}}});
    let request = request().claims(claims.clone()).expect("claims");
    assert_eq!(claims_of(&asking(&request)), claims);
    let sent = asking(&request.essential_acr(["a b", "c"]).expect("values").acr_values(["c", "d"]));
    let expected = json!({
        "id_token": {"email": null, "acr": {"essential": true, "values": ["a b", "c"]}},
        "userinfo": {"name": {"essential": true}},
    });
    assert_eq!((claims_of(&sent), sent["acr_values"].as_str()), (expected, "c d"));
}

/// R46: what could not be kept, and so not be checked, is not asked for.
#[test]
fn essential_acr_values_that_cannot_be_kept_are_refused() {
    use InvalidAuthorizationRequest::{AcrValue, NoAcrValue, TooManyAcrValues};
    let refusal = |values: &[&str]| request().max_age(1).essential_acr(values.iter().copied()).err();
    assert_eq!(refusal(&[]), Some(NoAcrValue));
    for wrong in ["", "a\0b", "a\n"] {
        assert_eq!(refusal(&["phr", wrong]), Some(AcrValue { got: Excerpt::new(wrong) }), "{wrong:?}");
    }
    assert_eq!(refusal(&[&"x".repeat(503)]), None);
    assert_eq!(refusal(&[&"x".repeat(504)]), Some(TooManyAcrValues));
}

/// R18: RFC 8707 2
#[test]
fn every_resource_is_sent_as_it_was_written() {
    let request = request().resource("https://api.example.com").and_then(|r| r.resource("urn:b?c=d")).expect("URIs");
    let url = Client::public("rp").authorize(&metadata(), &request, &pending(7));
    let sent: Vec<_> = url.query_pairs().filter(|(name, _)| name == "resource").map(|(_, value)| value).collect();
    assert_eq!(sent, ["https://api.example.com", "urn:b?c=d"]);
    for wrong in ["", "api", "/api", "//api.example.com", "https://api.example.com/#", "https://api.example.com#a"] {
        let reason = InvalidAuthorizationRequest::Resource { got: Excerpt::new(wrong) };
        assert_eq!(super::request().resource(wrong), Err(reason), "{wrong}");
    }
}

/// RFC 6749 3.1: none but `resource` more than once.
#[test]
fn what_is_said_later_holds() {
    let request = request()
        .prompt("login")
        .login_hint("alice")
        .ui_locales("de en")
        .parameter("prompt", "none")
        .and_then(|request| request.parameter("id_token_hint", "one"))
        .expect("not reserved")
        .id_token_hint("canary")
        .max_age(0);
    let sent = asking(&request);
    let said = ["prompt", "login_hint", "ui_locales", "id_token_hint", "max_age"].map(|name| sent[name].as_str());
    assert_eq!(said, ["none", "alice", "de en", "canary", "0"]);
    assert!(!format!("{request:?}").contains("canary"), "V69");
}

/// V28: a login begun before an update of the application is finished after it.
#[test]
fn the_bytes_of_a_pending_login_are_read_for_ever() {
    let begun_at = [0, 0, 0, 0, 0x65, 0x53, 0xf1, 0];
    let old = [[7; 32].as_slice(), &begun_at].concat();
    let read = |bytes: &[u8]| PendingLogin::from_bytes(&Secret::new(bytes.to_vec()));
    let login = read(&old).expect("a plain login by code");
    assert_eq!((login.begun_at(), login.attempt().as_str()), (NOW, "krmBGjmdHiXxROHjlkzK1A"));
    assert_eq!((login.response_type(), login.response_mode()), (ResponseType::Code, ResponseMode::Query));
    assert_eq!(login.to_bytes().expose(), &old);

    let request = request().response_type(ResponseType::CodeIdToken).max_age(300).essential_acr(["phr"]);
    let login = login.asking(&request.expect("a value"));
    let new = [old.as_slice(), b"\x01\x03\x01\x01\x00\x00\x01\x2c\x00phr"].concat();
    assert_eq!(login.to_bytes().expose(), &new);
    let login = read(&new).expect("what was written");
    assert_eq!((login.response_type(), login.response_mode()), (ResponseType::CodeIdToken, ResponseMode::Fragment));
    assert_eq!(login.to_bytes().expose(), &new);
    for length in (0..new.len()).filter(|length| *length != old.len()) {
        // A value cut short is another value; the seal is what keeps it whole.
        let is_a_value = length > old.len() + 9 || length == old.len() + 8;
        assert_eq!(read(&new[..length]).is_some(), is_a_value, "{length}");
    }
}
