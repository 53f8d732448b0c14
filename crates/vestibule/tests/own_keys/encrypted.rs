//! What is encrypted on its way between the provider and us (Core 10.2), through the door: only what was agreed on is read, and in the
//! form that was agreed on.

use axum::body::Body;
use http::Request;
use serde_json::Value;
use tower::ServiceExt;
use vestibule::{
    Client, ClientMetadata, OwnKeys, Provider, RequestObjects,
    SignatureAlgorithm::{Es256, Hs256, Rs256},
    core::{
        ContentEncryptionAlgorithm::{self as Enc, A128CbcHs256, A128Gcm, A256Gcm},
        KeyManagementAlgorithm::{self as Alg, A128Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep, RsaOaep256},
    },
};
use vestibule_provider::{DevelopmentProvider, EncryptionFault, Fault, RegisteredClient};

use crate::{
    bench::{DAY, JWKS, corp, header, op, run, signs_in},
    house::{APP, House, ISSUER, TestClock, log::Log, provider},
};

const SECRET: &str = "a secret that is long enough for an HMAC";

fn client() -> Client {
    Client::confidential("my-app", SECRET)
}

/// The provider finds our keys, if it needs any.
fn registered() -> RegisteredClient {
    RegisteredClient::confidential("my-app", SECRET)
        .redirect_uri(format!("{APP}/auth/callback/corp"))
        .post_logout_redirect_uri(format!("{APP}/auth/logged_out"))
        .backchannel_logout_uri(format!("{APP}/auth/backchannel_logout/corp"))
        .jwks_uri(format!("{APP}{JWKS}"))
}

fn house(op: &DevelopmentProvider, corp: Provider) -> House {
    run(op, &TestClock::new(), corp, |builder| builder).1
}

/// Keys are made where the algorithm is for a key pair.
fn with_keys(corp: Provider, alg: Alg) -> Provider {
    if alg.is_symmetric() { corp } else { corp.keys(OwnKeys::made()) }
}

/// ID Tokens, and with them logout tokens, are encrypted so.
fn of_id_tokens(alg: Alg, enc: Enc) -> (DevelopmentProvider, House) {
    let op = op(registered().id_token_encrypted_response(alg, enc));
    let corp = with_keys(corp(client().id_token_encrypted_response(alg, enc)), alg);
    let house = house(&op, corp);
    (op, house)
}

/// So are userinfo responses, once they are signed.
fn of_userinfo(alg: Alg, enc: Enc) -> (DevelopmentProvider, House) {
    let registered = registered().userinfo_signed_response_alg(Rs256).userinfo_encrypted_response(alg, enc);
    let client = client().userinfo_signed_response_alg(Rs256).userinfo_encrypted_response(alg, enc);
    let op = op(registered);
    let house = house(&op, with_keys(corp(client), alg));
    (op, house)
}

/// The value of a parameter of the newest request to this path.
fn parameter(op: &DevelopmentProvider, path: &str, name: &str) -> Option<String> {
    let request = op.requests().into_iter().rfind(|request| request.path == path)?;
    let query = request.query.unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).find_map(|(own, value)| (own == name).then(|| value.into_owned()))
}

fn segments(token: &str) -> usize {
    token.split('.').count()
}

/// A login that fails with this reason, and with no request after the one that brought what is refused.
async fn is_refused(house: &mut House, reason: &str, what: &str) {
    let (log, _listening) = Log::listen();
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 502), "{what}");
    let [line] = &log.failures()[..] else { panic!("{what}: one line: {:?}", log.failures()) };
    assert!(line.contains(reason), "{what}: {line}");
    assert_eq!((house.me().await, house.entered()), (None, 0), "{what}");
}

/// Why each of them is refused by a client that agreed on ECDH-ES and A128CBC-HS256.
const REASONS: [(EncryptionFault, &str); 9] = [
    (EncryptionFault::ToAnother, "it does not decrypt"),
    (EncryptionFault::UnknownKid, "no key for ECDH-ES with kid the-key-of-nobody"),
    (EncryptionFault::OtherKeyManagement, "key management by 'ECDH-ES+A128KW', expected ECDH-ES"),
    (EncryptionFault::OtherContentEncryption, "encrypted with 'A256GCM', expected A128CBC-HS256"),
    (EncryptionFault::PlainClaims, "no signed token inside"),
    (EncryptionFault::Twice, "no signed token inside"),
    (EncryptionFault::Compressed, "a compressed content"),
    (EncryptionFault::Broken, "it does not decrypt"),
    (EncryptionFault::Missing, "is not encrypted"),
];

#[test]
fn every_way_to_encrypt_wrongly_is_tried() {
    assert!(EncryptionFault::OF_ENCRYPTED.iter().all(|fault| REASONS.iter().any(|(known, _)| known == fault)));
}

/// The hint at logout is for the provider, which signed what is inside (RP-Initiated Logout 2).
#[tokio::test]
async fn an_encrypted_id_token_signs_people_in_and_the_hint_at_logout_is_what_was_inside() {
    for (alg, enc) in [(RsaOaep256, A256Gcm), (EcdhEs, A128CbcHs256), (A128Kw, A128Gcm), (Dir, A256Gcm)] {
        let (op, mut house) = of_id_tokens(alg, enc);
        assert!(signs_in(&mut house).await, "{alg}");
        let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        assert_eq!((page.text(), house.me().await), ("stranger", None), "{alg}");
        let hint = parameter(&op, "/end_session", "id_token_hint").expect("a hint");
        assert_eq!((segments(&hint), &header(&hint)["alg"]), (3, &"RS256".into()), "{alg}");
    }
}

#[tokio::test]
async fn who_registers_for_encrypted_answers_has_the_keys_made_that_open_them() {
    let op = provider();
    let metadata = ClientMetadata::new("Photo Album")
        .id_token_encrypted_response_alg(RsaOaep256)
        .id_token_encrypted_response_enc(A256Gcm)
        .userinfo_signed_response_alg(Es256)
        .userinfo_encrypted_response_alg(EcdhEs);
    let lab = Provider::discovered(ISSUER, metadata).expect("an issuer").scope("openid profile");
    let mut house = house(&op, lab);
    assert!(signs_in(&mut house).await);
    assert_eq!(house.get("/name").await.text(), "Alice Liddell");
    let jwks: Value = serde_json::from_str(house.get(JWKS).await.text()).expect("JSON");
    let mut algorithms: Vec<_> = jwks["keys"].as_array().expect("keys").iter().map(|key| &key["alg"]).collect();
    algorithms.sort_by_key(ToString::to_string);
    assert_eq!(algorithms, ["ECDH-ES", "RSA-OAEP-256"]);
}

/// V37, Core 3.1.3.7 (1)
#[tokio::test]
async fn an_id_token_in_another_form_than_agreed_on_ends_the_login() {
    for (fault, reason) in REASONS {
        let (op, mut house) = of_id_tokens(EcdhEs, A128CbcHs256);
        op.set_fault(Some(Fault::IdTokenEncryption(fault)));
        is_refused(&mut house, reason, &format!("{fault:?}")).await;
        assert_eq!((op.count("/token"), op.count("/userinfo")), (1, 0), "{fault:?}");
    }
}

/// V37: with a secret of both sides anybody of the two could have made it, so what is inside must be signed all the same.
#[tokio::test]
async fn an_encrypted_token_that_nobody_signed_ends_the_login() {
    for (alg, enc) in [(A128Kw, A128Gcm), (EcdhEs, A256Gcm)] {
        let (op, mut house) = of_id_tokens(alg, enc);
        op.set_fault(Some(Fault::AlgNone));
        is_refused(&mut house, "is not a usable JWS", alg.name()).await;
        assert_eq!(op.count("/userinfo"), 0, "{alg}");
    }
}

/// V37: nobody asked for it, whether or not we could open it.
#[tokio::test]
async fn what_is_encrypted_and_was_not_agreed_on_ends_the_login() {
    let agreed = "is encrypted, which was not agreed on";
    let op_without = op(registered());
    op_without.set_fault(Some(Fault::IdTokenEncryption(EncryptionFault::Unasked)));
    is_refused(&mut house(&op_without, corp(client())), agreed, "without keys").await;
    assert_eq!((op_without.count("/token"), op_without.count("/userinfo")), (1, 0));

    let (op, mut house) = of_userinfo(EcdhEs, A128CbcHs256);
    op.set_fault(Some(Fault::IdTokenEncryption(EncryptionFault::Unasked)));
    is_refused(&mut house, agreed, "with a key that would open it").await;
    assert_eq!((op.count("/token"), op.count("/userinfo")), (1, 0));
    assert!(op.fetches().iter().any(|fetch| fetch.url.ends_with(JWKS)), "it was encrypted for us");

    let (op, mut house) = of_id_tokens(EcdhEs, A128CbcHs256);
    op.set_fault(Some(Fault::UserInfoEncryption(EncryptionFault::Unasked)));
    is_refused(&mut house, agreed, "userinfo").await;
}

#[tokio::test]
async fn userinfo_that_is_signed_and_encrypted_is_read() {
    for (alg, enc) in [(RsaOaep, A128CbcHs256), (EcdhEsA128Kw, A256Gcm), (A128Kw, A128Gcm)] {
        let (op, mut house) = of_userinfo(alg, enc);
        assert!(signs_in(&mut house).await, "{alg}");
        assert_eq!((house.get("/name").await.text(), op.count("/userinfo")), ("Alice Liddell", 1), "{alg}");
    }
}

/// Core 5.3.2
#[tokio::test]
async fn userinfo_in_another_form_than_agreed_on_ends_the_login() {
    for (fault, reason) in REASONS {
        let (op, mut house) = of_userinfo(EcdhEs, A128CbcHs256);
        op.set_fault(Some(Fault::UserInfoEncryption(fault)));
        is_refused(&mut house, reason, &format!("{fault:?}")).await;
        assert_eq!(op.count("/userinfo"), 1, "{fault:?}");
    }
}

/// Core 6.1, 10.2
#[tokio::test]
async fn a_login_is_asked_for_by_an_encrypted_object_by_value_and_by_reference() {
    for (way, name) in [(RequestObjects::ByValue, "request"), (RequestObjects::ByReference, "request_uri")] {
        for (alg, enc) in [(RsaOaep, A256Gcm), (EcdhEs, A128CbcHs256), (A128Kw, A128Gcm)] {
            let op = op(registered().request_object_signing_alg(Hs256).request_object_encryption(alg, enc));
            let client = client().request_object_signing_alg(Hs256).request_object_encryption(alg, enc);
            let mut house = house(&op, corp(client).request_objects(way));
            house.get("/profile").await;
            let carried = parameter(&op, "/authorize", name).expect("a parameter");
            let object = if name == "request" { carried } else { house.browser.get(&carried).await.text().to_owned() };
            assert_eq!((segments(&object), &header(&object)["enc"]), (5, &enc.name().into()), "{way:?} {alg}");
            assert!(signs_in(&mut house).await, "{way:?} {alg}");
        }
    }
}

/// What the provider posts, and the status that it gets.
async fn told(house: &House, token: &str) -> u16 {
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let request = Request::post(format!("{APP}/auth/backchannel_logout/corp"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .expect("a request");
    house.app.clone().oneshot(request).await.expect("infallible").status().as_u16()
}

/// Back-Channel Logout 2.4: as the ID Tokens are.
#[tokio::test]
async fn an_encrypted_logout_token_ends_the_session() {
    for (alg, enc) in [(RsaOaep256, A256Gcm), (EcdhEs, A128CbcHs256), (A128Kw, A128Gcm)] {
        let (op, mut house) = of_id_tokens(alg, enc);
        assert!(signs_in(&mut house).await, "{alg}");
        let token = op.logout_token("my-app").sub("alice").sign();
        assert_eq!((segments(&token), told(&house, &token).await), (5, 200), "{alg}");
        assert_eq!(house.me().await, None, "{alg}");
    }
}

/// V37, Back-Channel Logout 2.6 (1)
#[tokio::test]
async fn a_logout_token_in_another_form_than_agreed_on_ends_nothing() {
    let (op, mut house) = of_id_tokens(EcdhEs, A128CbcHs256);
    assert!(signs_in(&mut house).await);
    for (fault, reason) in REASONS {
        let (log, _listening) = Log::listen();
        op.set_fault(Some(Fault::LogoutTokenEncryption(fault)));
        assert_eq!(told(&house, &op.logout_token("my-app").sub("alice").sign()).await, 400, "{fault:?}");
        assert!(log.lines().iter().any(|line| line.contains(reason)), "{fault:?}: {:?}", log.lines());
    }
    op.set_fault(None);
    assert_eq!(house.me().await.as_deref(), Some("alice"));

    let op = crate::bench::op(registered());
    let mut house = crate::encrypted::house(&op, corp(client()));
    assert!(signs_in(&mut house).await);
    op.set_fault(Some(Fault::LogoutTokenEncryption(EncryptionFault::Unasked)));
    assert_eq!(told(&house, &op.logout_token("my-app").sub("alice").sign()).await, 400);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
}

/// The provider may have our key set from before.
#[tokio::test]
async fn what_was_encrypted_for_a_key_that_was_replaced_is_read_for_one_lifetime_more() {
    let (op, mut house) = of_id_tokens(EcdhEs, A128CbcHs256);
    assert!(signs_in(&mut house).await);
    house.pass(30 * DAY);
    // A login that goes no further than to the provider makes the next key, and nobody fetches it.
    let fetched = op.fetches().len();
    house.browser = house.another_browser();
    house.get("/profile").await;
    let old = op.logout_token("my-app").sub("alice").sign();
    assert_eq!(told(&house, &old).await, 200);
    house.pass(30 * DAY - 1);
    assert_eq!(told(&house, &op.logout_token("my-app").sub("alice").sign()).await, 200);
    house.pass(1);
    // Logout tokens are for the keys at hand: the next login looks what has changed.
    house.get("/profile").await;
    assert_eq!(told(&house, &op.logout_token("my-app").sub("alice").sign()).await, 400);
    assert_eq!(op.fetches().len(), fetched);
}
