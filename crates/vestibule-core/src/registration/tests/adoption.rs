//! What an answer changes, and what it must not.

use super::*;
use crate::{
    authorization::ResponseType,
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm},
};

/// A secret that is long enough for every HMAC.
const LONG: &str = "secret_0123456789012345678901234567890123456789012345678901234567";

fn keyed() -> ClientMetadata {
    let keys = ClientKeys::jwks_uri("https://app.example.com/auth/keys").expect("an https URL");
    ClientMetadata::new("Photo Album").keys(keys)
}

/// What comes of this answer to this wish.
fn answered(client: &ClientMetadata, members: Value) -> Result<ClientInformation, InvalidRegistration> {
    let mut answer = good();
    let Value::Object(members) = members else { panic!("an object") };
    answer.as_object_mut().expect("an object").extend(members);
    request_of(client, &metadata(json!({}))).adopt(answer.as_object().expect("an object"), None)
}

/// R100: every member on which both settle is read back, and kept over a restart.
#[test]
fn every_negotiated_member_is_adopted_and_kept() {
    let client = keyed()
        .request_object_signing_alg(SignatureAlgorithm::Rs256)
        .request_object_encryption_alg(KeyManagementAlgorithm::RsaOaep);
    let information = answered(
        &client,
        json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES384",
            "id_token_signed_response_alg": "PS256",
            "id_token_encrypted_response_alg": "RSA-OAEP-256",
            "id_token_encrypted_response_enc": "A256GCM",
            "userinfo_signed_response_alg": "EdDSA",
            "userinfo_encrypted_response_alg": "ECDH-ES",
            "request_object_signing_alg": "ES256",
            "request_object_encryption_alg": "ECDH-ES+A128KW",
            "request_object_encryption_enc": "A128GCM",
            "require_signed_request_object": true,
            "response_types": ["token", "id_token code", "code"],
            "grant_types": ["implicit", "refresh_token", "authorization_code"],
            "subject_type": "pairwise",
            "default_max_age": 60,
            "require_auth_time": true,
            "default_acr_values": ["phr"],
            "scope": "openid",
        }),
    )
    .expect("adopted");
    let kept = ClientInformation::from_bytes(&information.to_bytes()).expect("readable");
    for information in [information, kept] {
        assert_eq!(information.token_endpoint_auth_method(), TokenEndpointAuthMethod::PrivateKeyJwt);
        assert_eq!(information.token_endpoint_auth_signing_alg(), Some(SignatureAlgorithm::Es384));
        assert_eq!(information.id_token_signed_response_alg(), SignatureAlgorithm::Ps256);
        let encrypted = Some((KeyManagementAlgorithm::RsaOaep256, ContentEncryptionAlgorithm::A256Gcm));
        assert_eq!(information.id_token_encrypted_response(), encrypted);
        assert_eq!(information.userinfo_signed_response_alg(), Some(SignatureAlgorithm::EdDsa));
        // Registration 2: what is meant where no enc is said.
        let encrypted = Some((KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::A128CbcHs256));
        assert_eq!(information.userinfo_encrypted_response(), encrypted);
        let signing = Some(RequestObjectSigning::With(SignatureAlgorithm::Es256));
        assert_eq!(information.request_object_signing_alg(), signing);
        let encrypted = Some((KeyManagementAlgorithm::EcdhEsA128Kw, ContentEncryptionAlgorithm::A128Gcm));
        assert_eq!(information.request_object_encryption(), encrypted);
        assert!(information.require_signed_request_object());
        assert_eq!(information.response_types(), [ResponseType::CodeIdToken, ResponseType::Code]);
        assert!(information.may_refresh());
        assert_eq!(information.subject_type(), Some(SubjectType::Pairwise));
        assert_eq!((information.default_max_age(), information.require_auth_time()), (Some(60), true));
        assert_eq!((information.default_acr_values(), information.scope()), (&["phr".to_owned()][..], Some("openid")));
    }
}

/// RFC 7591 3.2.1: what an answer does not mention is as it was asked; so is what it has as `null`.
#[test]
fn what_an_answer_does_not_say_is_as_it_was_asked() {
    let client = keyed()
        .refresh_tokens()
        .default_max_age(60)
        .require_auth_time()
        .userinfo_signed_response_alg(SignatureAlgorithm::Es256)
        .id_token_encrypted_response_alg(KeyManagementAlgorithm::EcdhEs);
    for members in
        [json!({}), json!({"default_max_age": null, "userinfo_signed_response_alg": null, "grant_types": null})]
    {
        let information = answered(&client, members).expect("adopted");
        assert!(information.may_refresh() && information.require_auth_time());
        assert_eq!(information.default_max_age(), Some(60));
        assert_eq!(information.userinfo_signed_response_alg(), Some(SignatureAlgorithm::Es256));
        assert!(information.id_token_encrypted_response().is_some());
        assert_eq!(information.response_types(), [ResponseType::Code]);
    }
    let plain = answered(&ClientMetadata::new("a"), json!({})).expect("adopted");
    assert_eq!((plain.may_refresh(), plain.userinfo_signed_response_alg()), (false, None));
}

/// R12, R47: how old a sign-in may be is checked here, so an answer can make it stricter, and not laxer.
#[test]
fn an_answer_cannot_loosen_how_fresh_a_sign_in_must_be() {
    let strict = ClientMetadata::new("a").default_max_age(60).require_auth_time();
    let laxer = json!({"default_max_age": 86_400, "require_auth_time": false});
    let stricter = json!({"default_max_age": 30, "require_auth_time": true});
    for (client, members, max_age) in
        [(&strict, laxer, 60), (&strict, stricter.clone(), 30), (&ClientMetadata::new("a"), stricter, 30)]
    {
        let information = answered(client, members).expect("adopted");
        assert_eq!((information.default_max_age(), information.require_auth_time()), (Some(max_age), true));
    }
}

/// R100
#[test]
fn a_dropped_response_type_or_its_grant_is_refused() {
    let client = ClientMetadata::new("a").response_type(ResponseType::CodeIdToken);
    let refusal = |members| answered(&client, members).err();
    let lacks = ResponseType::CodeIdToken;
    assert_eq!(refusal(json!({"response_types": ["code"]})), Some(InvalidRegistration::ResponseType { lacks }));
    assert_eq!(refusal(json!({"response_types": ["id_token code"]})), None);
    for (grant_types, lacks) in [
        (&["authorization_code"][..], Some("implicit")),
        (&["implicit"], Some("authorization_code")),
        (&["implicit", "authorization_code"], None),
    ] {
        let expected = lacks.map(|lacks| InvalidRegistration::GrantType { lacks });
        assert_eq!(refusal(json!({"grant_types": grant_types})), expected);
    }
}

/// R100: every redirect URI that we asked for.
#[test]
fn a_further_redirect_uri_that_is_dropped_is_missed() {
    let client = ClientMetadata::new("a").redirect_uri("https://app.example.com/other");
    assert_eq!(answered(&client, json!({})).err(), Some(InvalidRegistration::RedirectUris));
    let both = json!({"redirect_uris": ["https://app.example.com/other", REDIRECT_URI]});
    assert!(answered(&client, both).is_ok());
}

/// R100, RFC 7591 3.2.1
#[test]
fn a_method_is_adopted_when_we_have_what_it_takes() {
    let method = |name: &str| json!({"token_endpoint_auth_method": name, "client_secret": LONG});
    let plain = ClientMetadata::new("a");
    let no_keys = InvalidRegistration::NoKeys { member: "token_endpoint_auth_method" };
    assert_eq!(answered(&plain, method("private_key_jwt")).err(), Some(no_keys));
    assert!(answered(&keyed(), method("private_key_jwt")).is_ok());
    assert!(answered(&keyed(), json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": ""})).is_ok());
    assert!(answered(&plain, method("client_secret_jwt")).is_ok());
    let short = InvalidRegistration::SecretTooShort { member: "token_endpoint_auth_signing_alg", bytes: 32 };
    assert_eq!(answered(&plain, json!({"token_endpoint_auth_method": "client_secret_jwt"})).err(), Some(short));
    let tls = TokenEndpointAuthMethod::SelfSignedTlsClientAuth;
    assert!(answered(&keyed().token_endpoint_auth_method(tls), json!({"client_secret": ""})).is_ok());
    let subject = TlsClientAuthSubject::SanDns("app.example.com".to_owned());
    let tls = plain.token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth).tls_client_auth_subject(subject);
    assert!(answered(&tls, json!({"client_secret": ""})).is_ok());
    let other = InvalidRegistration::AuthMethod { got: Excerpt::new("self_signed_tls_client_auth") };
    assert_eq!(answered(&tls, method("self_signed_tls_client_auth")).err(), Some(other));
}

/// Core 9, Registration 2: `none` is none, and each method has its kind of key.
#[test]
fn an_algorithm_for_assertions_is_one_of_its_method() {
    let answer = |method: &str, alg: &str| {
        let members = json!({
            "token_endpoint_auth_method": method, "token_endpoint_auth_signing_alg": alg, "client_secret": LONG,
        });
        answered(&keyed(), members).map(|information| information.token_endpoint_auth_signing_alg())
    };
    for (method, alg) in [("private_key_jwt", "HS256"), ("client_secret_jwt", "ES256"), ("private_key_jwt", "none")] {
        let member = "token_endpoint_auth_signing_alg";
        assert_eq!(answer(method, alg), Err(InvalidRegistration::Algorithm { member, got: Excerpt::new(alg) }));
    }
    assert_eq!(answer("client_secret_jwt", "HS512"), Ok(Some(SignatureAlgorithm::Hs512)));
    assert_eq!(answer("client_secret_basic", "none"), Ok(None), "no concern of ours");
    let client = keyed()
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .token_endpoint_auth_signing_alg(SignatureAlgorithm::Es256);
    let information = answered(&client, json!({})).expect("adopted");
    assert_eq!(information.token_endpoint_auth_signing_alg(), Some(SignatureAlgorithm::Es256));
    let other = json!({"token_endpoint_auth_method": "client_secret_jwt", "client_secret": LONG});
    let information = answered(&client, other).expect("adopted");
    assert_eq!(information.token_endpoint_auth_signing_alg(), None, "asked for another method");
}

/// R100: an answer that we could not read, or not without keys, a secret or a certificate.
#[test]
fn what_we_could_not_hold_to_is_refused() {
    let plain = ClientMetadata::new("a");
    for member in [
        "userinfo_signed_response_alg",
        "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc",
        "userinfo_encrypted_response_alg",
        "userinfo_encrypted_response_enc",
    ] {
        let refused = InvalidRegistration::Algorithm { member, got: Excerpt::new("RSA1_5") };
        assert_eq!(answered(&keyed(), json!({member: "RSA1_5"})).err(), Some(refused));
    }
    for member in ["id_token_encrypted_response_alg", "userinfo_encrypted_response_alg"] {
        let no_keys = Some(InvalidRegistration::NoKeys { member });
        assert_eq!(answered(&plain, json!({member: "ECDH-ES"})).err(), no_keys);
        assert!(answered(&plain, json!({member: "A128KW", "userinfo_signed_response_alg": "ES256"})).is_ok());
        let public = json!({member: "A128KW", "token_endpoint_auth_method": "none"});
        assert_eq!(answered(&plain, public).err(), Some(InvalidRegistration::NoSecret { member }));
    }
    let symmetric = keyed().request_object_signing_alg(SignatureAlgorithm::Es256);
    let symmetric = symmetric.request_object_encryption_alg(KeyManagementAlgorithm::Dir);
    let no_secret = InvalidRegistration::NoSecret { member: "request_object_encryption_alg" };
    assert_eq!(answered(&symmetric, json!({"token_endpoint_auth_method": "none"})).err(), Some(no_secret));
    let short = |member| Some(InvalidRegistration::SecretTooShort { member, bytes: 32 });
    let member = "userinfo_signed_response_alg";
    assert_eq!(answered(&plain, json!({member: "HS256"})).err(), short(member));
    assert!(answered(&plain, json!({member: "HS256", "client_secret": LONG})).is_ok());
    let hmac = plain.clone().request_object_signing_alg(SignatureAlgorithm::Hs256);
    let member = "request_object_signing_alg";
    assert_eq!(answered(&hmac, json!({})).err(), short(member));
    let no_keys = Some(InvalidRegistration::NoKeys { member });
    assert_eq!(answered(&hmac, json!({member: "RS256", "client_secret": LONG})).err(), no_keys);
    let bound = json!({"tls_client_certificate_bound_access_tokens": true});
    assert_eq!(answered(&plain, bound.clone()).err(), Some(InvalidRegistration::CertificateBoundTokens));
    let tls = plain.token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    let asked = tls
        .tls_client_auth_subject(TlsClientAuthSubject::SanDns("app.example.com".to_owned()))
        .tls_client_certificate_bound_access_tokens();
    assert!(answered(&asked, bound).is_ok_and(|information| information.tls_client_certificate_bound_access_tokens()));
    let by_secret = json!({"token_endpoint_auth_method": "client_secret_basic", "tls_client_certificate_bound_access_tokens": true});
    assert_eq!(answered(&asked, by_secret).err(), Some(InvalidRegistration::CertificateBoundTokens));
}

/// Core 10.2, 16.19, V54
#[test]
fn a_registered_secret_holds_as_much_as_the_key_that_comes_of_it() {
    let (almost, enough) = ("x".repeat(31), "x".repeat(32));
    let signed = ClientMetadata::new("a").userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let objects = keyed().request_object_signing_alg(SignatureAlgorithm::Es256);
    let objects = objects.request_object_encryption_alg(KeyManagementAlgorithm::A256GcmKw);
    for (client, member, alg) in [
        (&signed, "id_token_encrypted_response_alg", "A256KW"),
        (&signed, "userinfo_encrypted_response_alg", "dir"),
        (&objects, "request_object_encryption_alg", "A256GCMKW"),
    ] {
        let answer = |secret: &str| answered(client, json!({member: alg, "client_secret": secret})).err();
        assert_eq!(answer(&almost), Some(InvalidRegistration::SecretTooShort { member, bytes: 32 }));
        assert_eq!(answer(&enough), None, "{member}");
    }
}

/// Core 6.1, RFC 9101 10.5: nobody but the application makes request objects unsigned.
#[test]
fn signed_request_objects_stay_signed() {
    let none = json!({"request_object_signing_alg": "none"});
    let signed = keyed().request_object_signing_alg(SignatureAlgorithm::Es256);
    assert_eq!(answered(&signed, none.clone()).err(), Some(InvalidRegistration::UnsignedRequestObjects));
    let unsigned = keyed().insecure_unsigned_request_objects();
    let signing = |client: &ClientMetadata, members: Value| {
        answered(client, members).map(|information| information.request_object_signing_alg())
    };
    assert_eq!(signing(&unsigned, none.clone()), Ok(Some(RequestObjectSigning::Unsigned)));
    let stricter = Ok(Some(RequestObjectSigning::With(SignatureAlgorithm::Ps256)));
    assert_eq!(signing(&unsigned, json!({"request_object_signing_alg": "PS256"})), stricter);
    // Who sends none does not care.
    for other in [none, json!({"request_object_signing_alg": "XS256", "request_object_encryption_alg": "RSA1_5"})] {
        assert_eq!(signing(&ClientMetadata::new("a"), other), Ok(None));
    }
    let required = json!({"require_signed_request_object": true});
    for client in [ClientMetadata::new("a"), unsigned] {
        assert_eq!(answered(&client, required.clone()).err(), Some(InvalidRegistration::SignedRequestObjects));
    }
    assert!(answered(&signed, required).is_ok());
}

/// V33
#[test]
fn none_for_userinfo_is_not_adopted() {
    let client = ClientMetadata::new("a").userinfo_signed_response_alg(SignatureAlgorithm::Rs256);
    let information = answered(&client, json!({"userinfo_signed_response_alg": "none"})).expect("adopted otherwise");
    assert_eq!(information.userinfo_signed_response_alg(), Some(SignatureAlgorithm::Rs256));
}

/// R100
#[test]
fn members_of_a_wrong_type_are_named() {
    for (member, value) in [
        ("default_max_age", json!(-1)),
        ("require_auth_time", json!("yes")),
        ("response_types", json!("code")),
        ("grant_types", json!([1])),
        ("userinfo_signed_response_alg", json!(7)),
    ] {
        let refused = InvalidRegistration::Json(JsonFault::WrongType { member });
        assert_eq!(answered(&keyed(), json!({member: value})).err(), Some(refused));
    }
    let unknown = answered(&keyed(), json!({"subject_type": "ephemeral"})).expect("adopted");
    assert_eq!(unknown.subject_type(), None);
}

/// R54: an id and a secret of any characters that RFC 6749 A allows are held and shown as they are.
#[test]
fn awkward_ids_and_secrets_are_adopted_unchanged() {
    let every_character: String = (0x20_u8..=0x7e).map(char::from).collect();
    let members = json!({"client_id": every_character, "client_secret": every_character});
    let information = answered(&ClientMetadata::new("a"), members).expect("adopted");
    let kept = ClientInformation::from_bytes(&information.to_bytes()).expect("readable");
    let client = kept.client();
    assert_eq!(client.client_id(), every_character);
    let metadata = metadata(json!({}));
    let endpoint = client.token_endpoint(&metadata).expect("basic");
    let sent = endpoint.post(NOW, Entropy::from_bytes([7; 32]), []);
    let shown = sent.headers()[header::AUTHORIZATION].to_str().expect("ASCII").strip_prefix("Basic ").expect("Basic");
    let shown = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, shown).expect("base64");
    let shown = String::from_utf8(shown).expect("UTF-8");
    let (id, secret) = shown.split_once(':').expect("two parts");
    let decoded = |part: &str| {
        let pair = format!("v={part}");
        url::form_urlencoded::parse(pair.as_bytes()).next().expect("one").1.into_owned()
    };
    assert_eq!((decoded(id), decoded(secret)), (every_character.clone(), every_character));
}

/// What was kept before there were terms is read as what held then.
#[test]
fn bytes_of_the_first_form_are_still_read() {
    let first_form = br#"{"client_id":"c","client_secret":"s","client_secret_expires_at":1700000001,"id_token_signed_response_alg":"ES256","registration_access_token":"t","registration_client_uri":"https://lab.example.com/r","token_endpoint_auth_method":"client_secret_post"}"#;
    let information = ClientInformation::from_bytes(&Secret::new(first_form.to_vec())).expect("readable");
    assert_eq!(information.client().client_id(), "c");
    assert_eq!(information.client_secret_expires_at(), Some(NOW.plus(1)));
    assert_eq!(information.token_endpoint_auth_method(), TokenEndpointAuthMethod::ClientSecretPost);
    assert_eq!(information.response_types(), [ResponseType::Code]);
    assert_eq!((information.userinfo_signed_response_alg(), information.id_token_encrypted_response()), (None, None));
}

/// Registration 2, RFC 9101 10.5, RFC 8705 3.4: the default of each is false.
#[test]
fn what_was_neither_asked_for_nor_answered_is_not_required() {
    let information = adopt(&good()).expect("adopted");
    assert!(!information.require_auth_time() && !information.require_signed_request_object());
    assert!(!information.tls_client_certificate_bound_access_tokens());
}

/// V83
#[test]
fn an_answer_is_at_most_64_kibibytes_long() {
    let limit = RegistrationRequest::LIMITS.body_bytes;
    assert_eq!(limit, 65_536);
    let refused = adopt(&with("logo_uri", "x".repeat(limit))).err();
    assert_eq!(refused, Some(Misbehaviour::BodyTooLarge { limit }.into()));
}
