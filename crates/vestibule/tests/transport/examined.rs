//! What the doctor says of a certificate that does not hold, and of one that does.

use rcgen::date_time_ymd;
use vestibule::{
    Client, Examination, Provider, SecretKey, Vestibule,
    examination::{Code, Finding},
};

use crate::{
    authority::{Authority, Identity, named},
    server::{EVERY_VERSION, Server},
};

async fn examine(identity: Identity, trusted: &Authority) -> Examination {
    let server = Server::over_tls(identity, EVERY_VERSION).await;
    let provider = Provider::discovered(&server.https(""), Client::public("my-app")).expect("an issuer");
    let builder = Vestibule::builder("https://app.example.com").secret_key(SecretKey::generate());
    let vestibule = builder.trusted_ca(trusted.pem.as_bytes()).provider("corp", provider).build();
    vestibule.expect("settings").examine().await
}

fn found(examination: &Examination, code: Code) -> Finding {
    let finding = examination.findings().iter().find(|finding| finding.code() == code);
    finding.unwrap_or_else(|| panic!("{code}: {examination:#?}")).clone()
}

/// R63, in words that somebody can act on.
#[tokio::test]
async fn a_certificate_that_does_not_hold_is_told_by_what_is_wrong_with_it() {
    let authority = Authority::new();
    let expired = authority.identity_but(|params| {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    });
    let early = authority.identity_but(|params| {
        (params.not_before, params.not_after) = (date_time_ymd(2999, 1, 1), date_time_ymd(3000, 1, 1));
    });
    let other_name = authority.identity_but(|params| params.subject_alt_names = named("localhost").subject_alt_names);
    for (identity, code, words) in [
        (expired, Code::TlsExpired, "has expired"),
        (early, Code::TlsNotYetValid, "does not hold yet"),
        (other_name, Code::TlsWrongName, "is for another name"),
        (Authority::called("a stranger").identity(), Code::TlsUnknownIssuer, "not trusted here"),
    ] {
        let finding = found(&examine(identity, &authority).await, code);
        assert!(finding.sentence().contains(words) && finding.remedy().is_some(), "{finding:?}");
        assert_eq!(finding.provider(), Some("corp"));
    }
    let found = examine(Identity::self_signed(), &authority).await;
    assert!(found.findings().iter().any(|finding| finding.code().name().starts_with("tls_")), "{found:#?}");
}

#[tokio::test]
async fn a_certificate_that_holds_is_told_from_what_comes_over_it() {
    let authority = Authority::new();
    let examination = examine(authority.identity(), &authority).await;
    assert!(found(&examination, Code::Tls).sentence().contains("holds"));
    // The server says `{}`.
    assert!(found(&examination, Code::DiscoveryUnusable).sentence().contains("'issuer' is missing"));
    assert!(found(&examination, Code::TrustAnchors).sentence().contains("trusted_ca adds 1"));
}
