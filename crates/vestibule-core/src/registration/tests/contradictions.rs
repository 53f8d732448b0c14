//! What cannot be asked for, found before anything is sent.

use InvalidClientMetadata as Invalid;

use super::*;
use crate::{
    authorization::ResponseType,
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm},
};

fn plain() -> ClientMetadata {
    ClientMetadata::new("Photo Album")
}

fn with_keys() -> ClientMetadata {
    plain().keys(ClientKeys::jwks_uri("https://app.example.com/auth/keys").expect("an https URL"))
}

#[test]
fn a_contradiction_is_found_before_anything_is_sent() {
    let wrong = plain().id_token_encrypted_response_enc(ContentEncryptionAlgorithm::A256Gcm);
    let reason = wrong.check().expect_err("a contradiction");
    let refused = RegistrationRequest::new(&metadata(json!({})), &wrong, REDIRECT_URI, AFTER_LOGOUT).err();
    assert_eq!(refused, Some(InvalidMetadata::ClientMetadata(reason)));
}

/// V7, V80
#[test]
fn our_own_addresses_are_https_or_on_this_machine() {
    type Set = fn(ClientMetadata, String) -> ClientMetadata;
    let members: [(&str, Set); 5] = [
        ("redirect_uris", ClientMetadata::redirect_uri),
        ("post_logout_redirect_uris", ClientMetadata::post_logout_redirect_uri),
        ("request_uris", ClientMetadata::request_uri),
        ("initiate_login_uri", ClientMetadata::initiate_login_uri),
        ("sector_identifier_uri", ClientMetadata::sector_identifier_uri),
    ];
    for (member, set) in members {
        for good in ["https://app.example.com/a?b", "http://localhost:3000/a", "http://127.0.0.1/a"] {
            assert_eq!(set(plain(), good.to_owned()).check(), Ok(()), "{member} {good}");
        }
        for bad in [
            "http://app.example.com/a",
            "javascript:alert(1)",
            "/a",
            "",
            "https://a:b@app.example.com",
            "https://a@app.example.com",
            "https://:a@app.example.com",
        ] {
            let refused = Err(Invalid::Uri { member, got: Excerpt::new(bad) });
            assert_eq!(set(plain(), bad.to_owned()).check(), refused, "{member} {bad}");
        }
        let with_fragment = set(plain(), "https://app.example.com/a#b".to_owned()).check();
        assert_eq!(with_fragment.is_ok(), member == "request_uris", "{member}");
    }
}

/// Registration 2 and 2.1
#[test]
fn what_people_read_are_web_pages_in_languages_and_addresses_to_write_to() {
    for (client, member) in [
        (plain().client_uri("javascript:alert(1)"), "client_uri"),
        (plain().logo_uri("data:image/png,"), "logo_uri"),
        (plain().policy_uri("policy"), "policy_uri"),
        (plain().tos_uri("ftp://app.example.com"), "tos_uri"),
        (plain().tos_uri_in("fr", "javascript:alert(1)"), "tos_uri"),
    ] {
        assert!(matches!(client.check(), Err(Invalid::WebPage { member: got, .. }) if got == member), "{member}");
    }
    assert_eq!(plain().client_name_in("ja-Hani-JP", "not a URL").check(), Ok(()));
    for tag in ["", "ja#", "de_CH", "de-", "abcdefghi"] {
        let refused = Invalid::LanguageTag { member: "client_name", got: Excerpt::new(tag) };
        assert_eq!(plain().client_name_in(tag, "a").check(), Err(refused));
    }
    assert_eq!(plain().contact("ops").check(), Err(Invalid::Contact { got: Excerpt::new("ops") }));
}

/// Registration 2
#[test]
fn what_to_encrypt_with_goes_with_how_the_key_arrives() {
    let enc = ContentEncryptionAlgorithm::A256Gcm;
    for (client, alg, enc) in [
        (
            plain().id_token_encrypted_response_enc(enc),
            "id_token_encrypted_response_alg",
            "id_token_encrypted_response_enc",
        ),
        (
            plain().userinfo_encrypted_response_enc(enc),
            "userinfo_encrypted_response_alg",
            "userinfo_encrypted_response_enc",
        ),
        (plain().request_object_encryption_enc(enc), "request_object_encryption_alg", "request_object_encryption_enc"),
    ] {
        assert_eq!(client.check(), Err(Invalid::EncryptionWithoutAlgorithm { alg, enc }));
    }
}

/// Core 9 and 10, RFC 8705 2.2.2
#[test]
fn what_needs_keys_of_ours_is_not_asked_for_without_them() {
    use TokenEndpointAuthMethod::{PrivateKeyJwt, SelfSignedTlsClientAuth};
    type Wish = fn(ClientMetadata) -> ClientMetadata;
    const ES256: SignatureAlgorithm = SignatureAlgorithm::Es256;
    let wishes: [(Wish, &str, &str); 5] = [
        (|c| c.token_endpoint_auth_method(PrivateKeyJwt), "token_endpoint_auth_method", "private_key_jwt"),
        (
            |c| c.token_endpoint_auth_method(SelfSignedTlsClientAuth),
            "token_endpoint_auth_method",
            "self_signed_tls_client_auth",
        ),
        (|c| c.request_object_signing_alg(SignatureAlgorithm::Ps256), "request_object_signing_alg", "PS256"),
        (
            |c| c.id_token_encrypted_response_alg(KeyManagementAlgorithm::RsaOaep),
            "id_token_encrypted_response_alg",
            "RSA-OAEP",
        ),
        (
            |c| c.userinfo_signed_response_alg(ES256).userinfo_encrypted_response_alg(KeyManagementAlgorithm::EcdhEs),
            "userinfo_encrypted_response_alg",
            "ECDH-ES",
        ),
    ];
    for (wish, member, wanted) in wishes {
        assert_eq!(wish(plain()).check(), Err(Invalid::KeysMissing { member, wanted }));
        assert_eq!(wish(with_keys()).check(), Ok(()));
    }
    // These need the secret, which the provider gives.
    assert_eq!(plain().request_object_signing_alg(SignatureAlgorithm::Hs256).check(), Ok(()));
    assert_eq!(plain().id_token_encrypted_response_alg(KeyManagementAlgorithm::Dir).check(), Ok(()));
    // This needs the provider's key.
    let objects = plain().request_object_signing_alg(SignatureAlgorithm::Hs256);
    assert_eq!(objects.request_object_encryption_alg(KeyManagementAlgorithm::RsaOaep).check(), Ok(()));
}

/// V37: what is only encrypted may be from anybody.
#[test]
fn nothing_is_asked_to_be_encrypted_that_is_not_signed() {
    let (ecdh, es256) = (KeyManagementAlgorithm::EcdhEs, SignatureAlgorithm::Es256);
    let unsigned = |encrypted, signed| Err(Invalid::EncryptedUnsigned { encrypted, signed });
    let userinfo = with_keys().userinfo_encrypted_response_alg(ecdh);
    assert_eq!(userinfo.check(), unsigned("userinfo_encrypted_response_alg", "userinfo_signed_response_alg"));
    assert_eq!(userinfo.userinfo_signed_response_alg(es256).check(), Ok(()));
    let objects = with_keys().request_object_encryption_alg(ecdh);
    let refused = unsigned("request_object_encryption_alg", "request_object_signing_alg");
    assert_eq!(objects.check(), refused);
    assert_eq!(objects.clone().insecure_unsigned_request_objects().check(), refused);
    assert_eq!(objects.request_object_signing_alg(es256).check(), Ok(()));
    assert_eq!(with_keys().id_token_encrypted_response_alg(ecdh).check(), Ok(()), "ID Tokens are always signed");
}

/// Core 10.1 and 10.2
#[test]
fn a_public_client_asks_for_nothing_that_is_done_with_a_secret() {
    let (hs256, dir) = (SignatureAlgorithm::Hs256, KeyManagementAlgorithm::Dir);
    let userinfo = plain().userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let objects = with_keys().request_object_signing_alg(SignatureAlgorithm::Es256);
    for (client, member, wanted) in [
        (plain().id_token_signed_response_alg(hs256), "id_token_signed_response_alg", "HS256"),
        (plain().userinfo_signed_response_alg(hs256), "userinfo_signed_response_alg", "HS256"),
        (plain().request_object_signing_alg(hs256), "request_object_signing_alg", "HS256"),
        (plain().id_token_encrypted_response_alg(dir), "id_token_encrypted_response_alg", "dir"),
        (userinfo.userinfo_encrypted_response_alg(dir), "userinfo_encrypted_response_alg", "dir"),
        (objects.request_object_encryption_alg(dir), "request_object_encryption_alg", "dir"),
    ] {
        assert_eq!(client.check(), Ok(()));
        let public = client.token_endpoint_auth_method(TokenEndpointAuthMethod::None);
        assert_eq!(public.check(), Err(Invalid::SecretMissing { member, wanted }));
    }
}

/// Core 9, Registration 2
#[test]
fn assertions_are_signed_as_their_method_signs_them() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt};
    for (method, algorithm, is_good) in [
        (Some(PrivateKeyJwt), SignatureAlgorithm::Es256, true),
        (Some(PrivateKeyJwt), SignatureAlgorithm::Hs256, false),
        (Some(ClientSecretJwt), SignatureAlgorithm::Hs256, true),
        (Some(ClientSecretJwt), SignatureAlgorithm::Es256, false),
        (Some(ClientSecretBasic), SignatureAlgorithm::Es256, false),
        (None, SignatureAlgorithm::Hs256, false),
    ] {
        let client = with_keys().token_endpoint_auth_signing_alg(algorithm);
        let client = method.into_iter().fold(client, ClientMetadata::token_endpoint_auth_method);
        let expected = if is_good { Ok(()) } else { Err(Invalid::AuthSigningAlgorithm(algorithm)) };
        assert_eq!(client.check(), expected, "{method:?} {algorithm}");
    }
}

/// RFC 8705 2.1.2
#[test]
fn the_name_in_the_certificate_is_for_tls_client_auth_and_needed_there() {
    let tls = plain().token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    let subject = TlsClientAuthSubject::SanDns("app.example.com".to_owned());
    assert_eq!(tls.check(), Err(Invalid::TlsSubjectMissing));
    assert_eq!(tls.tls_client_auth_subject(subject.clone()).check(), Ok(()));
    assert_eq!(plain().tls_client_auth_subject(subject).check(), Err(Invalid::TlsSubjectUnused));
}

/// RFC 8705 3: a token is bound to the certificate that is shown where it is asked for.
#[test]
fn tokens_are_bound_to_a_certificate_only_where_one_is_shown() {
    use TokenEndpointAuthMethod::{
        ClientSecretBasic, None as Public, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth,
    };
    let bound = || with_keys().tls_client_certificate_bound_access_tokens();
    assert_eq!(bound().check(), Err(Invalid::NoCertificateToBindTo));
    for method in [ClientSecretBasic, Public, PrivateKeyJwt] {
        assert_eq!(
            bound().token_endpoint_auth_method(method).check(),
            Err(Invalid::NoCertificateToBindTo),
            "{method:?}"
        );
    }
    assert_eq!(bound().token_endpoint_auth_method(SelfSignedTlsClientAuth).check(), Ok(()));
    let subject = TlsClientAuthSubject::SanDns("app.example.com".to_owned());
    assert_eq!(bound().token_endpoint_auth_method(TlsClientAuth).tls_client_auth_subject(subject).check(), Ok(()));
}

/// RFC 9101 10.5
#[test]
fn required_request_objects_are_signed() {
    let required = with_keys().require_signed_request_object();
    assert_eq!(required.check(), Err(Invalid::UnsignedRequestObjects));
    let unsigned = required.clone().insecure_unsigned_request_objects();
    assert_eq!(unsigned.check(), Err(Invalid::UnsignedRequestObjects));
    assert_eq!(required.request_object_signing_alg(SignatureAlgorithm::Es256).check(), Ok(()));
}

/// RFC 6749 4.2.2
#[test]
fn refresh_tokens_come_with_a_code_only() {
    let client = plain().refresh_tokens().response_type(ResponseType::IdTokenToken);
    assert_eq!(client.check(), Err(Invalid::RefreshWithoutCode));
    assert_eq!(client.response_type(ResponseType::CodeIdToken).check(), Ok(()));
}

/// Core 8.1
#[test]
fn pairwise_subjects_on_several_hosts_need_a_sector() {
    let request = |client: &ClientMetadata| {
        RegistrationRequest::new(&metadata(json!({})), client, REDIRECT_URI, AFTER_LOGOUT).err()
    };
    let pairwise = plain().subject_type(SubjectType::Pairwise);
    assert_eq!(request(&pairwise), None);
    assert_eq!(request(&pairwise.clone().redirect_uri("https://app.example.com/other")), None);
    let several = pairwise.redirect_uri("https://other.example.com/callback");
    assert_eq!(request(&several), Some(InvalidMetadata::ClientMetadata(Invalid::SectorIdentifierMissing)));
    assert_eq!(request(&several.sector_identifier_uri("https://app.example.com/sector")), None);
    let public = plain().subject_type(SubjectType::Public).redirect_uri("https://other.example.com/callback");
    assert_eq!(request(&public), None);
}

/// RFC 7591 2, RFC 7518 6: whoever has the other half signs in our name.
#[test]
fn only_public_keys_are_registered() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let set = json!({"keys": [{"kty": "EC", "x": "x", "y": "y"}, {"kty": "RSA", member: "canary"}]});
        let refused = ClientKeys::jwks(set).expect_err("a private key");
        assert_eq!(refused, InvalidClientKeys::Private { member });
        assert!(!format!("{refused} {refused:?}").contains("canary"));
    }
    for set in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": ["a"]})] {
        assert_eq!(ClientKeys::jwks(set), Err(InvalidClientKeys::NotASet));
    }
    assert!(ClientKeys::jwks_uri("http://localhost:3000/keys").is_ok());
    let refused = InvalidClientKeys::Uri { got: Excerpt::new("http://app.example.com/keys") };
    assert_eq!(ClientKeys::jwks_uri("http://app.example.com/keys"), Err(refused));
}
