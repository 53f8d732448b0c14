//! Discovery 2, RFC 7033

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::party::{ISSUER, json as parsed, provider, provider_at, send};

const RELATION: &str = "http://openid.net/specs/connect/1.0/issuer";

async fn ask(provider: &DevelopmentProvider, parameters: &[(&str, &str)]) -> Response<Bytes> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    send(provider, Request::get(format!("http://127.0.0.1:3001/.well-known/webfinger?{query}")), "").await
}

async fn issuer_of(provider: &DevelopmentProvider, resource: &str) -> Option<Value> {
    let answer = ask(provider, &[("resource", resource), ("rel", RELATION)]).await;
    if answer.status() == StatusCode::NOT_FOUND {
        return None;
    }
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/jrd+json".parse().expect("valid"))
    );
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let document = parsed(&answer);
    let said = ["/subject", "/links/0/rel"].map(|pointer| document.pointer(pointer).and_then(Value::as_str));
    assert_eq!(said, [Some(resource), Some(RELATION)]);
    document.pointer("/links/0/href").cloned()
}

#[tokio::test]
async fn a_user_of_this_host_and_a_url_of_it_lead_to_this_issuer_and_nobody_else_does() {
    let provider = provider();
    for (resource, is_ours) in [
        ("acct:alice@127.0.0.1:3001", true),
        ("acct:bob@127.0.0.1:3001", true),
        ("http://127.0.0.1:3001/joe", true),
        ("http://127.0.0.1:3001/", true),
        ("acct:carol@127.0.0.1:3001", false),
        ("acct:alice@127.0.0.1", false),
        ("acct:alice@stranger.example", false),
        ("acct:alice", false),
        ("https://127.0.0.1:3001/joe", false),
        ("http://stranger.example/joe", false),
    ] {
        assert_eq!(issuer_of(&provider, resource).await, is_ours.then(|| json!(ISSUER)), "{resource}");
    }
}

#[tokio::test]
async fn an_identifier_can_lead_to_any_issuer() {
    let elsewhere = "http://127.0.0.1:3001/AbCdEfGhIj";
    let provider = provider().discovered_by("acct:joe@127.0.0.1:3001", elsewhere).discovered_by(ISSUER, elsewhere);
    for resource in ["acct:joe@127.0.0.1:3001", ISSUER] {
        assert_eq!(issuer_of(&provider, resource).await, Some(json!(elsewhere)));
    }
    assert_eq!(issuer_of(&provider, "acct:alice@127.0.0.1:3001").await, Some(json!(ISSUER)));
}

/// RFC 7033 4
#[tokio::test]
async fn the_document_is_below_the_host_whatever_the_path_of_the_issuer() {
    let issuer = "http://127.0.0.1:3001/tenant";
    assert_eq!(issuer_of(&provider_at(issuer), "acct:alice@127.0.0.1:3001").await, Some(json!(issuer)));
}

/// RFC 7033 4.2
#[tokio::test]
async fn a_question_that_names_nobody_or_two_is_refused() {
    let provider = provider();
    let (alice, bob) = (("resource", "acct:alice@127.0.0.1:3001"), ("resource", "acct:bob@127.0.0.1:3001"));
    for parameters in [
        &[("rel", RELATION)][..],
        &[alice, bob],
        &[("resource", "")],
        &[("resource", "alice@127.0.0.1:3001")],
        &[("resource", "mailto:alice@127.0.0.1:3001")],
        &[("resource", "http://127.0.0.1:3001/#joe")],
        &[("resource", "acct:al ice@127.0.0.1:3001")],
    ] {
        assert_eq!(ask(&provider, parameters).await.status(), StatusCode::BAD_REQUEST, "{parameters:?}");
    }
}

/// RFC 7033 4.3
#[tokio::test]
async fn only_links_of_the_relations_that_are_asked_for_are_there() {
    let provider = provider();
    let resource = ("resource", "acct:alice@127.0.0.1:3001");
    let other = ("rel", "http://webfinger.net/rel/avatar");
    for (parameters, count) in
        [(&[resource][..], 1), (&[resource, other], 0), (&[resource, other, ("rel", RELATION)], 1)]
    {
        let document = parsed(&ask(&provider, parameters).await);
        assert_eq!(document["links"].as_array().map(Vec::len), Some(count), "{parameters:?}");
    }
}

#[tokio::test]
async fn every_fault_breaks_one_rule() {
    let provider = provider();
    let resource = "acct:alice@127.0.0.1:3001";
    let question = [("resource", resource), ("rel", RELATION)];
    let good = parsed(&ask(&provider, &question).await);
    for (fault, pointer, value) in [
        (Fault::WebFingerOtherSubject, "/subject", json!("acct:somebody-else@stranger.example")),
        (Fault::WebFingerWrongRel, "/links/0/rel", json!("http://webfinger.net/rel/profile-page")),
        (Fault::WebFingerInsecureIssuer, "/links/0/href", json!("http://stranger.example")),
        (Fault::WebFingerNoLink, "/links", json!([])),
    ] {
        provider.set_fault(Some(fault.clone()));
        let document = parsed(&ask(&provider, &question).await);
        assert_eq!(document.pointer(pointer), Some(&value), "{fault:?}");
        assert_ne!(good.pointer(pointer), Some(&value));
    }
    provider.set_fault(Some(Fault::WebFingerMalformed));
    assert_eq!(ask(&provider, &question).await.headers()["content-type"], "text/html; charset=utf-8");
    provider.set_fault(Some(Fault::WebFingerRedirect));
    let answer = ask(&provider, &question).await;
    assert_eq!(
        (answer.status(), answer.headers()["location"].to_str().ok()),
        (StatusCode::FOUND, Some("http://stranger.example/.well-known/webfinger"))
    );
}
