//! Answers of a provider, each after the byte that stands for its status.

use serde_json::{Value, json};
use vestibule_core::ResponseType;

use super::{Made, tokens::id_token, with, without};
use crate::stage::{self, ACCESS_TOKEN, CODE, ISSUER, REDIRECT_URI};

pub(super) fn make(made: &mut Made) {
    metadata(made);
    registration(made);
    token(made);
    webfinger(made);
    authorization(made);
}

fn metadata(made: &mut Made) {
    let good = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize?tenant=a"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": "https://keys.example.com/k",
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "end_session_endpoint": format!("{ISSUER}/logout?x"),
        "registration_endpoint": format!("{ISSUER}/register"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "check_session_iframe": format!("{ISSUER}/check"),
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.example.com/token"},
        "response_types_supported": ["code", "id_token code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "backchannel_logout_supported": true,
        "authorization_response_iss_parameter_supported": true,
    });
    made.accepted("metadata", "whole", format!("2{good}"));
    let required = [
        "issuer",
        "authorization_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ];
    for member in required {
        made.refused("metadata", &format!("without-{member}"), format!("2{}", without(good.clone(), member)));
    }
    let alias_alone = without(good.clone(), "token_endpoint");
    made.accepted("metadata", "alias-alone", format!("2{alias_alone}"));
    made.refused("metadata", "without-token-endpoint", format!("2{}", without(alias_alone, "mtls_endpoint_aliases")));
    for (name, member, value) in [
        ("other-issuer", "issuer", json!("https://evil.example")),
        ("loopback-issuer", "issuer", json!("http://127.0.0.1:3001")),
        ("plain-http", "token_endpoint", json!("http://login.example.com/token")),
        ("user", "jwks_uri", json!("https://user:pass@keys.example.com/k")),
        ("fragment", "userinfo_endpoint", json!("https://login.example.com/u#f")),
        ("script", "authorization_endpoint", json!("javascript:alert(1)")),
        ("text-for-list", "response_types_supported", json!("code")),
        ("text-for-flag", "claims_parameter_supported", json!("true")),
    ] {
        made.refused("metadata", name, format!("2{}", with(good.clone(), member, value)));
    }
    let long = format!("https://login.example.com/{}", "x".repeat(6_000));
    made.accepted("metadata", "long-url", format!("2{}", with(good.clone(), "token_endpoint", long)));
    made.refused("metadata", "moved", format!("r{good}"));
    made.refused(
        "metadata",
        "twice",
        format!("2{good}").replace("\"issuer\":", "\"issuer\":\"https://evil.example\",\"issuer\":"),
    );
    made.refused("metadata", "html", "2<html>");
}

fn registration(made: &mut Made) {
    let good = json!({
        "client_id": "s6BhdRkqt3", "client_secret": "CANARY secret: 100% + \"quoted\" \\", "client_secret_expires_at": 1_800_000_000,
        "registration_access_token": "CANARY", "registration_client_uri": format!("{ISSUER}/register?id=1"),
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code"],
        "response_types": ["code"], "id_token_signed_response_alg": "RS256", "default_max_age": 3600, "x": {"y": [1, null]},
    });
    made.accepted("registration", "whole", format!("c{good}"));
    made.accepted("registration", "least", r#"c{"client_id":"x","client_secret":"s","client_secret_expires_at":0}"#);
    for (name, member, value) in [
        ("nobody", "client_id", json!("")),
        ("redirect-uris", "redirect_uris", json!(["https://evil.example/"])),
        ("unusable-method", "token_endpoint_auth_method", json!("private_key_jwt")),
        ("unknown-method", "token_endpoint_auth_method", json!("CANARY")),
        ("short-secret", "id_token_signed_response_alg", json!("HS512")),
        ("secret-type", "client_secret", json!(["CANARY"])),
        ("encrypted", "id_token_encrypted_response_alg", json!("ECDH-ES")),
    ] {
        made.refused("registration", name, format!("c{}", with(good.clone(), member, value)));
    }
    made.refused("registration", "denied", r#"4{"error":"invalid_redirect_uri","error_description":"no"}"#);
    made.refused(
        "registration",
        "twice",
        format!("c{good}").replace("\"client_id\":", "\"client_id\":\"y\",\"client_id\":"),
    );
    // V33: refused at the ID Token, not here.
    made.accepted(
        "registration",
        "unsigned",
        format!("c{}", with(good.clone(), "id_token_signed_response_alg", "none")),
    );
    // Where it is looked after may be anywhere: then it is not.
    let elsewhere = with(good, "registration_client_uri", "https://evil.example/");
    made.accepted("registration", "elsewhere", format!("c{elsewhere}"));
}

fn token(made: &mut Made) {
    let good = json!({
        "access_token": "CANARY", "token_type": "bearer", "expires_in": 300, "refresh_token": "CANARY", "scope": "openid",
        "id_token": "CANARY",
    });
    made.accepted("token_answer", "whole", format!("2{good}"));
    made.accepted("token_answer", "long", format!("2{}", with(good.clone(), "expires_in", i64::MAX)));
    for (name, member, value) in [
        ("other-type", "token_type", json!("mac")),
        ("no-header-has-it", "access_token", json!("CANARY\n")),
        ("seconds-as-text", "expires_in", json!("300")),
        ("error-beside", "error", json!("invalid_grant")),
        ("null", "id_token", Value::Null),
    ] {
        made.refused("token_answer", name, format!("2{}", with(good.clone(), member, value)));
    }
    made.refused("token_answer", "denied", r#"4{"error":"invalid_grant","error_description":"used\u0000"}"#);
    made.refused("token_answer", "endless-error", format!("4{{\"error\":\"{}\"}}", "x".repeat(300)));
    made.refused("token_answer", "trouble", format!("5{good}"));
    made.refused("token_answer", "without-id-token", format!("2{}", without(good, "id_token")));
}

fn webfinger(made: &mut Made) {
    let link = json!({"rel": "http://openid.net/specs/connect/1.0/issuer", "href": ISSUER});
    let other = json!({"rel": "copyright", "href": "http://x/"});
    made.accepted("webfinger_answer", "whole", format!("2{}", json!({"subject": "acct:x@y", "links": [other, link]})));
    made.refused("webfinger_answer", "no-link", format!("2{}", json!({"links": [other]})));
    made.refused("webfinger_answer", "no-links", "2{}");
    made.refused(
        "webfinger_answer",
        "loopback",
        format!("2{}", json!({"links": [with(link.clone(), "href", "http://127.0.0.1")]})),
    );
    made.refused(
        "webfinger_answer",
        "query",
        format!("2{}", json!({"links": [with(link.clone(), "href", "https://a/?b")]})),
    );
    made.refused(
        "webfinger_answer",
        "repaired",
        format!("2{}", json!({"links": [with(link.clone(), "href", "https:/host")]})),
    );
    made.refused("webfinger_answer", "no-text", format!("2{}", json!({"links": [with(link, "rel", 1)]})));
}

fn authorization(made: &mut Made) {
    let state = format!("{}.", stage::pending(ResponseType::Code).attempt());
    let iss = "iss=https%3A%2F%2Flogin.example.com";
    let good = format!("code={CODE}&state={state}&{iss}");
    made.accepted("authorization", "query", format!("q{good}"));
    let id_token = stage::hmac_jws(br#"{"alg":"HS256"}"#, id_token().to_string().as_bytes());
    made.accepted("authorization", "hybrid", format!("f{good}&id_token={id_token}"));
    let implicit =
        format!("fstate={state}&id_token={id_token}&access_token={ACCESS_TOKEN}&token_type=bearer&expires_in=300");
    made.accepted("authorization", "implicit", &implicit);
    made.refused("authorization", "no-number", implicit.replace("=300", "=300s_CANARY"));
    made.refused("authorization", "swapped-token", implicit.replace(ACCESS_TOKEN, "CANARY"));
    made.refused("authorization", "swapped-code", format!("f{good}&id_token={id_token}").replace(CODE, "CANARY"));
    made.refused("authorization", "form", format!("p{good}"));
    made.refused("authorization", "denied", format!("qstate={state}&error=access_denied&error_description=no%0a"));
    made.refused("authorization", "code-and-error", format!("q{good}&error=x"));
    made.refused("authorization", "issuer", format!("qcode=CANARY&state={state}&iss=https%3A%2F%2Fevil.example"));
    made.refused("authorization", "state-twice", format!("q{good}&state={state}"));
    made.refused("authorization", "another-attempt", "qcode=CANARY&state=0123456789abcdefghijkl.CANARY");
    made.refused("authorization", "no-state", "qcode=x");
    made.refused("authorization", "not-utf8", b"pcode=%ff\xff&state=0123456789abcdefghijkl.");
}
