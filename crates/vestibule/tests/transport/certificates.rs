//! R63: whose certificate is believed. Each case shows the reason for which it is refused, and a server that was told nothing.

use crate::{
    asking::{ask, assert_not_connected, trusting},
    authority::{Authority, Identity, named},
    server::{EVERY_VERSION, Server},
};

/// A server that shows this identity is not talked to, for this reason.
async fn refused(authority: &Authority, identity: Identity, reason: &str) {
    let server = Server::over_tls(identity, EVERY_VERSION).await;
    let answer = ask(&trusting(authority), &server.https("/token")).await;
    assert_not_connected(answer, reason);
    assert_eq!((server.connections(), server.requests().await.len()), (1, 0), "{reason}");
}

/// R63: what the cases below are measured against.
#[tokio::test]
async fn a_certificate_that_holds_is_accepted() {
    let authority = Authority::new();
    let server = Server::over_tls(authority.identity(), EVERY_VERSION).await;
    let answer = ask(&trusting(&authority), &server.https("/token")).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, b"{}".as_slice()));
    assert_eq!(server.requests().await.len(), 1);
}

/// R63 (1)
#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_refused() {
    refused(&Authority::new(), Identity::self_signed(), "UnknownIssuer").await;
}

/// R63 (2)
#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let authority = Authority::new();
    for name in ["127.0.0.2", "localhost", "login.example.com", "*.0.0.1"] {
        refused(
            &authority,
            authority.identity_but(|params| params.subject_alt_names = named(name).subject_alt_names),
            "NotValidForName",
        )
        .await;
    }
}

/// R63 (2): RFC 9525 6.1: the common name is not a name to compare with.
#[tokio::test]
async fn a_name_in_the_subject_alone_is_refused() {
    let authority = Authority::new();
    let identity = authority.identity_but(|params| {
        params.subject_alt_names.clear();
        params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
    });
    refused(&authority, identity, "NotValidForName").await;
}

/// R63 (3)
#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let authority = Authority::new();
    let identity = authority.identity_but(|params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    refused(&authority, identity, "Expired").await;
}

/// R63 (4)
#[tokio::test]
async fn a_certificate_that_is_not_valid_yet_is_refused() {
    let authority = Authority::new();
    let identity = authority.identity_but(|params| {
        params.not_before = rcgen::date_time_ymd(2999, 1, 1);
        params.not_after = rcgen::date_time_ymd(3000, 1, 1);
    });
    refused(&authority, identity, "NotValidYet").await;
}

/// R63 (5), V82
#[tokio::test]
async fn a_certificate_of_an_authority_that_is_not_trusted_is_refused() {
    refused(&Authority::new(), Authority::called("another").identity(), "UnknownIssuer").await;
    // One that only bears the name of the one that is.
    refused(&Authority::new(), Authority::new().identity(), "BadSignature").await;
}

/// R63: a certificate for something else, such as signing code.
#[tokio::test]
async fn a_certificate_that_is_not_for_servers_is_refused() {
    let authority = Authority::new();
    let identity =
        authority.identity_but(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::CodeSigning]);
    refused(&authority, identity, "EkuError").await;
}
