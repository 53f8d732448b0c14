//! What a provider offers, and where those go who show a certificate.

use super::*;
use crate::{
    authorization::{ResponseMode, ResponseType},
    http_client::ClientCertificate,
};

const LISTS: [&str; 19] = [
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "acr_values_supported",
    "code_challenge_methods_supported",
    "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
];

const PROMISES: [&str; 7] = [
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens",
    "authorization_response_iss_parameter_supported",
];

fn aliases(aliases: &Value) -> Result<ProviderMetadata, InvalidMetadata> {
    described(&with(published(), "mtls_endpoint_aliases", aliases.clone()))
}

/// R99
#[test]
fn a_list_or_a_promise_of_the_wrong_type_is_named() {
    for member in LISTS {
        for value in [json!("x"), json!({"x": 1}), json!(["x", 1]), json!(null), json!(true)] {
            let reason = InvalidMetadata::Json(JsonFault::WrongType { member });
            assert_eq!(described(&with(published(), member, value.clone())).err(), Some(reason), "{member}: {value}");
        }
    }
    for member in PROMISES {
        for value in [json!("true"), json!(1), json!(null), json!([true])] {
            let reason = InvalidMetadata::Json(JsonFault::WrongType { member });
            assert_eq!(described(&with(published(), member, value.clone())).err(), Some(reason), "{member}: {value}");
        }
    }
}

/// Multiple Response Types 3: "the order of the values does not matter".
#[test]
fn response_types_are_compared_as_sets() {
    let document =
        with(published(), "response_types_supported", json!(["token code id_token", "id_token code", "code"]));
    let metadata = read(&document).expect("metadata");
    for (response_type, offered) in [
        (ResponseType::Code, true),
        (ResponseType::CodeIdToken, true),
        (ResponseType::CodeIdTokenToken, true),
        (ResponseType::CodeToken, false),
        (ResponseType::IdToken, false),
        (ResponseType::IdTokenToken, false),
    ] {
        assert_eq!(metadata.offers_response_type(response_type), offered, "{response_type}");
    }
    let silent = described(&without(published(), "response_types_supported")).expect("metadata");
    assert!(ResponseType::ALL.into_iter().all(|response_type| silent.offers_response_type(response_type)));
}

/// Discovery 3
#[test]
fn unsaid_response_modes_are_query_and_fragment() {
    let offered = |document: &Value| {
        let metadata = described(document).expect("metadata");
        [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost]
            .map(|mode| metadata.offers_response_mode(mode))
    };
    assert_eq!(offered(&published()), [true, true, false]);
    assert_eq!(
        offered(&with(published(), "response_modes_supported", json!(["form_post", "query"]))),
        [true, false, true]
    );
}

/// Discovery 3, RFC 9101 10.5, RFC 8705 3.3: each with its default.
#[test]
fn what_is_not_promised_has_the_default_of_its_specification() {
    let promises = |metadata: &ProviderMetadata| {
        [
            metadata.claims_parameter_supported(),
            metadata.request_parameter_supported(),
            metadata.request_uri_parameter_supported(),
            metadata.require_request_uri_registration(),
            metadata.require_signed_request_object(),
            metadata.tls_client_certificate_bound_access_tokens(),
            metadata.authorization_response_iss_parameter_supported(),
        ]
    };
    let silent = without(published(), "authorization_response_iss_parameter_supported");
    let defaults = [false, false, true, false, false, false, false];
    assert_eq!(promises(&described(&silent).expect("metadata")), defaults);
    for (nth, member) in PROMISES.into_iter().enumerate() {
        let mut expected = defaults;
        expected[nth] = !defaults[nth];
        let said = with(silent.clone(), member, !defaults[nth]);
        assert_eq!(promises(&described(&said).expect("metadata")), expected, "{member}");
    }
}

#[test]
fn lists_are_read_by_their_names() {
    for member in LISTS {
        let metadata = described(&with(published(), member, json!(["code", "b"]))).expect("metadata");
        assert_eq!(metadata.list(member).names, Some(&["code".to_owned(), "b".to_owned()][..]), "{member}");
    }
    let document =
        with(with(published(), "acr_values_supported", json!(["phr"])), "grant_types_supported", json!(["implicit"]));
    let metadata = described(&document).expect("metadata");
    assert_eq!(metadata.acr_values_supported(), Some(&["phr".to_owned()][..]));
    assert_eq!(metadata.grant_types_supported(), Some(&["implicit".to_owned()][..]));
    assert_eq!(metadata.subject_types_supported(), Some(&["public".to_owned()][..]));
    assert_eq!(described(&published()).expect("metadata").acr_values_supported(), None);
}

/// R98: Discovery 3, "unless only the Implicit Flow is used".
#[test]
fn a_token_endpoint_is_wanted_where_a_response_type_has_a_code() {
    let with_types =
        |types: Value| described(&with(without(published(), "token_endpoint"), "response_types_supported", types));
    let missing = Some(InvalidMetadata::Json(JsonFault::Missing { member: "token_endpoint" }));
    for types in [json!(["code"]), json!(["id_token", "id_token token code"]), json!([])] {
        assert_eq!(with_types(types.clone()).err(), missing, "{types}");
    }
    for types in [json!(["id_token"]), json!(["token id_token", "id_token"]), json!(["id_token", "token"])] {
        assert_eq!(with_types(types.clone()).expect("metadata").token_endpoint(), None, "{types}");
    }
    let unsaid = without(without(published(), "token_endpoint"), "response_types_supported");
    assert_eq!(described(&unsaid).err(), missing);
}

/// R57: RFC 8705 5
#[test]
fn an_alias_that_cannot_be_used_is_an_error_that_names_it() {
    for (name, member) in [
        ("token_endpoint", "mtls_endpoint_aliases.token_endpoint"),
        ("userinfo_endpoint", "mtls_endpoint_aliases.userinfo_endpoint"),
        ("revocation_endpoint", "mtls_endpoint_aliases.revocation_endpoint"),
    ] {
        for refused in
            ["::", "", "/token", "http://mtls.example.com/t", "https://user@mtls.example.com/t", "https://m.example/#f"]
        {
            let document = with(published(), "mtls_endpoint_aliases", json!({name: refused}));
            assert_eq!(described(&document).err(), not_https(member, refused), "{name}: {refused}");
            assert_eq!(read(&document).err(), not_https(member, refused).and_then(misbehaved), "{name}: {refused}");
        }
        for value in [json!(1), json!(null), json!(["https://mtls.example.com/t"])] {
            let reason = InvalidMetadata::Json(JsonFault::WrongType { member });
            assert_eq!(aliases(&json!({name: value})).err(), Some(reason));
        }
    }
    for value in [json!("https://mtls.example.com"), json!([]), json!(null)] {
        let reason = InvalidMetadata::Json(JsonFault::WrongType { member: "mtls_endpoint_aliases" });
        assert_eq!(aliases(&value).err(), Some(reason), "{value}");
    }
    assert!(aliases(&json!({"unheard_of_endpoint": 7})).is_ok(), "R99");
}

/// RFC 8705 5
#[test]
fn an_alias_is_for_who_shows_a_certificate() {
    let metadata = aliases(
        &json!({"token_endpoint": "https://mtls.example.com/t", "userinfo_endpoint": "https://mtls.example.com/u"}),
    );
    let metadata = metadata.expect("metadata");
    let text = |url: Option<&Url>| url.map(ToString::to_string).unwrap_or_default();
    assert_eq!(text(metadata.token_endpoint_for(Some(ClientCertificate))), "https://mtls.example.com/t");
    assert_eq!(text(metadata.token_endpoint_for(None)), "https://login.example.com/token");
    assert_eq!(text(metadata.userinfo_endpoint_for(Some(ClientCertificate))), "https://mtls.example.com/u");
    assert_eq!(text(metadata.userinfo_endpoint_for(None)), "https://login.example.com/userinfo");
    assert_eq!(metadata.revocation_endpoint_for(Some(ClientCertificate)), None);
}

/// R108
#[test]
fn an_alias_that_moves_to_another_host_is_noticed() {
    let at = |url: &str| aliases(&json!({"token_endpoint": url})).expect("metadata");
    assert!(at("https://mtls.example.com/b").has_the_hosts_of(&at("https://mtls.example.com/a")));
    assert!(!at("https://evil.example/a").has_the_hosts_of(&at("https://mtls.example.com/a")));
}

#[test]
fn a_list_is_read_by_its_wire_name() {
    let metadata = described(&with(published(), "acr_values_supported", json!(["phr"]))).expect("metadata");
    assert_eq!(metadata.offered("acr_values_supported"), Some(&["phr".to_owned()][..]));
    assert_eq!(metadata.offered("no_such_member"), None);
}
