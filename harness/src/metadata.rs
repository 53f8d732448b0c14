//! A provider's metadata, and every request and address that is made of it.

use url::Url;
use vestibule_core::{
    AuthorizationRequest, ClientMetadata, EndSessionRequest, Exchange, Issuer, ProviderMetadata, ResponseType, Secret,
    Subject, TokenTypeHint, UserInfoMethod,
    discovery::{DiscoveryRequest, KeysRequest},
    registration::RegistrationRequest,
    userinfo::UserInfoRequest,
};

use crate::{
    Verdict,
    answer::{accept, status_and_body},
    canary,
    oracle::Members,
    stage::{self, ISSUER, NOW, REDIRECT_URI},
};

pub(crate) const WORDS: &[&str] = &[
    "\"issuer\":\"https://login.example.com\"",
    "\"issuer\":\"http://127.0.0.1\"",
    "https://login.example.com/authorize",
    "http://[::1]/",
    "https://user:pass@host/",
    "https://a/?x=y",
    "https://a/#f",
    "\"token_endpoint\":",
    "\"jwks_uri\":",
    "\"userinfo_endpoint\":",
    "\"end_session_endpoint\":",
    "\"registration_endpoint\":",
    "\"response_types_supported\":[\"code\"]",
    "\"mtls_endpoint_aliases\":{",
    "\"scopes_supported\":[]",
    "true",
    "null",
    "\\u0000",
    "https://\u{e9}.example/",
    "https://a b/",
    "%zz",
];

/// What is believed names endpoints that we may call, and no address or request made of it panics.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let (status, body) = status_and_body(data);
    let issuer = Issuer::parse(ISSUER).expect("an issuer");
    let fetched = accept(DiscoveryRequest::new(issuer), status, body, &[]);
    let described = match ProviderMetadata::from_json(body) {
        Ok(metadata) => Some(metadata),
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            None
        }
    };
    if let Some(fetched) = &fetched {
        assert!(described.as_ref() == Some(fetched), "one document, read in two ways");
        assert_eq!((status, fetched.issuer().as_str()), (200, ISSUER), "another issuer, or no answer");
    }
    let Some(metadata) = &described else { return Verdict::Refused };
    let members = Members::of(body).expect("metadata that is no object");
    assert!(!members.has_duplicates(), "a member twice");
    assert_eq!(members.text("issuer"), Some(metadata.issuer().as_str()), "another issuer");
    assert_endpoints(metadata);
    assert_addresses(metadata);
    ask_everything(metadata);
    Verdict::from(fetched)
}

/// V80: https, or plain http on loopback of an issuer that is that itself; as the document has them.
fn assert_endpoints(metadata: &ProviderMetadata) {
    let issuer = Url::parse(metadata.issuer().as_str()).expect("an issuer that is no URL");
    let endpoints = [
        Some(metadata.authorization_endpoint()),
        metadata.token_endpoint(),
        Some(metadata.jwks_uri()),
        metadata.userinfo_endpoint(),
        metadata.end_session_endpoint(),
        metadata.registration_endpoint(),
        metadata.revocation_endpoint(),
    ];
    for endpoint in endpoints.into_iter().flatten() {
        let is_safe = endpoint.scheme() == "https" || (endpoint.scheme() == "http" && issuer.scheme() == "http");
        assert!(is_safe && endpoint.has_host(), "an endpoint without TLS: {endpoint}");
        assert!(endpoint.fragment().is_none() && endpoint.username().is_empty() && endpoint.password().is_none());
    }
    assert!(metadata.has_the_hosts_of(metadata), "not its own hosts");
}

/// Where browsers are sent: the endpoint, with its own query and each of our parameters once.
fn assert_addresses(metadata: &ProviderMetadata) {
    let pending = stage::pending(ResponseType::Code);
    let url = stage::client().authorize(metadata, &AuthorizationRequest::new(REDIRECT_URI, "openid"), &pending);
    let endpoint = metadata.authorization_endpoint();
    assert_eq!((url.origin(), url.path()), (endpoint.origin(), endpoint.path()), "another endpoint");
    let theirs: Vec<_> = endpoint.query_pairs().collect();
    for name in ["client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope", "response_type"] {
        let count = |pairs: &[(_, _)]| {
            pairs.iter().filter(|(other, _): &&(std::borrow::Cow<'_, str>, _)| other == name).count()
        };
        let ours: Vec<_> = url.query_pairs().collect();
        assert!(count(&ours) <= count(&theirs).max(1), "{name} twice: {url}");
    }
    if let Some(goodbye) = EndSessionRequest::new(metadata, stage::client(), None, "https://app.example.com/bye", "s") {
        assert_eq!(goodbye.url().origin(), goodbye.endpoint().origin(), "another endpoint");
    }
}

/// Every exchange makes a request for the host that the metadata names.
fn ask_everything(metadata: &ProviderMetadata) {
    ask(KeysRequest::new(metadata), metadata.jwks_uri());
    let client = stage::client();
    let _ = client.check_provider(metadata);
    if let (Ok(redeem), Some(at)) = (client.redeem(metadata, REDIRECT_URI, stage::code()), metadata.token_endpoint()) {
        ask(redeem, at);
    }
    if let (Ok(refresh), Some(at)) = (client.refresh(metadata, "r"), metadata.token_endpoint()) {
        ask(refresh, at);
    }
    if let (Ok(Some(revoke)), Some(at)) =
        (client.revoke(metadata, Secret::from("r"), TokenTypeHint::RefreshToken), metadata.revocation_endpoint())
    {
        ask(revoke, at);
    }
    let alice = Subject::parse("alice").expect("a subject");
    let userinfo = UserInfoRequest::new(client, metadata, UserInfoMethod::Get, "t".into(), alice);
    if let (Some(userinfo), Some(at)) = (userinfo, metadata.userinfo_endpoint()) {
        ask(userinfo, at);
    }
    let lab = ClientMetadata::new("Lab");
    let register = RegistrationRequest::new(metadata, &lab, REDIRECT_URI, "https://app.example.com/bye");
    if let (Ok(register), Some(at)) = (register, metadata.registration_endpoint()) {
        ask(register, at);
    }
}

fn ask<E: Exchange>(mut exchange: E, at: &Url) {
    let request = exchange.request(NOW, stage::entropy());
    let uri = Url::parse(&request.uri().to_string()).expect("a request target that is no URL");
    assert_eq!(uri.origin(), at.origin(), "another host was asked");
}
