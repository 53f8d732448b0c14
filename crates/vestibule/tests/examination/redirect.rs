//! Whether the provider knows client and redirect URI.

use http::{HeaderValue, StatusCode};
use vestibule::{Client, RequestObjects, SignatureAlgorithm, examination::Code};
use vestibule_provider::Fault;

use crate::{
    bench::{Line, assert_found, assert_not_found, confidential, discovered, found},
    house::APP,
};

#[tokio::test]
async fn a_redirect_uri_that_is_registered_is_told_from_one_that_is_not() {
    let findings = Line::straight().examine().await;
    assert_found(findings.findings(), Code::RedirectUriAccepted, "knows client and redirect URI");
    let elsewhere = Line::straight().examine_other(discovered(confidential()).redirect_path("/redirect_uri")).await;
    assert_found(&elsewhere, Code::RedirectUri, &format!("{APP}/redirect_uri"));
    assert_found(&elsewhere, Code::RedirectUriRefused, "status 400");
    let remedy = found(&elsewhere, Code::RedirectUriRefused).remedy().expect("a remedy");
    assert!(remedy.contains(&format!("{APP}/redirect_uri")), "{remedy}");
}

#[tokio::test]
async fn a_client_that_is_not_known_is_refused_too() {
    let findings = Line::straight().examine_other(discovered(Client::public("nobody"))).await;
    assert_found(&findings, Code::RedirectUriRefused, "status 400");
}

#[tokio::test]
async fn a_request_that_is_refused_says_with_what_error() {
    let line = Line::straight();
    let error = "invalid_scope".to_owned();
    line.provider
        .set_fault(Some(Fault::AuthorizeError { error, error_description: Some("no <such> scope".to_owned()) }));
    let findings = line.examine().await;
    assert_found(findings.findings(), Code::RequestRefused, "'invalid_scope'");
    assert_not_found(findings.findings(), Code::RedirectUriAccepted);
}

/// Only what can be told reliably is told.
#[tokio::test]
async fn a_page_a_redirect_elsewhere_and_a_request_object_tell_nothing() {
    let at_authorize = |change: fn(&mut http::Response<bytes::Bytes>)| {
        Line::new(move |path, answer| {
            if path == "/authorize" {
                change(answer);
            }
        })
    };
    let page = at_authorize(|answer| {
        answer.headers_mut().remove("location");
        *answer.status_mut() = StatusCode::OK;
    });
    let forbidden = at_authorize(|answer| *answer.status_mut() = StatusCode::FORBIDDEN);
    let elsewhere = at_authorize(|answer| {
        let location = HeaderValue::from_static("/sign-in?error=login_required");
        answer.headers_mut().insert("location", location);
    });
    let like_ours = at_authorize(|answer| {
        let location = HeaderValue::from_static("http://localhost:3000/auth/callback/corp/x?error=login_required");
        answer.headers_mut().insert("location", location);
    });
    for line in [page, forbidden, elsewhere, like_ours] {
        let findings = line.examine().await;
        assert_found(findings.findings(), Code::RedirectUriUntold, "cannot be told from here");
        assert_not_found(findings.findings(), Code::RedirectUriAccepted);
    }
    let client = Client::confidential("my-app", "a secret that is long enough to sign with, surely")
        .request_object_signing_alg(SignatureAlgorithm::Hs256);
    let line = Line::straight();
    let findings = line.examine_other(discovered(client).request_objects(RequestObjects::ByValue)).await;
    assert_found(&findings, Code::RedirectUriUntold, "request objects");
    assert_eq!(line.provider.count("/authorize"), 1, "that of the other provider");
}
