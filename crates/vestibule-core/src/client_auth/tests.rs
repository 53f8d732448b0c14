use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::*;
use crate::{
    client::Client,
    discovery::ProviderMetadata,
    error::{Excerpt, InvalidMetadata, JsonFault},
    jose::{CompactJws, JwkSet, SignatureAlgorithm, SigningKey, base64url},
    revocation::TokenTypeHint,
};

const ISSUER: &str = "https://login.example.com";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const SECRET: &str = "canary-canary-canary-canary-canary-canary-canary-canary-canary-canary";

fn metadata(members: &[(&str, Value)]) -> ProviderMetadata {
    let mut json = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "revocation_endpoint": "https://login.example.com/revoke",
        "jwks_uri": "https://login.example.com/keys",
    });
    for (name, value) in members {
        json[*name] = value.clone();
    }
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn key(algorithm: SignatureAlgorithm) -> Arc<SigningKey> {
    Arc::new(SigningKey::generate(algorithm).expect("a key"))
}

fn entropy(number: u32) -> Entropy {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Entropy::from_bytes(bytes)
}

/// The request by which this client would ask for tokens.
fn sent(client: &Client, metadata: &ProviderMetadata) -> Request<Bytes> {
    client.token_endpoint(metadata).expect("a method").post(NOW, entropy(0), [("grant_type", "x")])
}

fn refusal(client: &Client, metadata: &ProviderMetadata) -> Option<InvalidMetadata> {
    client.token_endpoint(metadata).err()
}

fn form(request: &Request<Bytes>) -> Vec<(String, String)> {
    form_urlencoded::parse(request.body()).into_owned().collect()
}

fn names(request: &Request<Bytes>) -> Vec<String> {
    form(request).into_iter().map(|(name, _)| name).collect()
}

fn assertion(request: &Request<Bytes>) -> String {
    let found = form(request).into_iter().find(|(name, _)| name == "client_assertion");
    found.expect("an assertion").1
}

fn part(token: &str, nth: usize) -> Value {
    let segment = token.split('.').nth(nth).expect("a segment");
    serde_json::from_slice(&base64url::decode(segment).expect("base64url")).expect("JSON")
}

fn header_of(request: &Request<Bytes>) -> Value {
    part(&assertion(request), 0)
}

fn claims_of(request: &Request<Bytes>) -> Value {
    part(&assertion(request), 1)
}

fn unsupported(
    what: &'static str,
    wanted: &'static str,
    member: &'static str,
    offered: &str,
) -> Option<InvalidMetadata> {
    Some(InvalidMetadata::Unsupported { what, wanted, member, offered: Excerpt::new(offered) })
}

/// R54: the provider decodes exactly what we hold, whatever characters it has.
#[test]
fn basic_credentials_survive_every_character() {
    for (id, secret) in [("rp", "plain"), ("a:b", "a:b%+é &=\"'\\"), ("client_ab 1%", "secret_:%+\" ")] {
        let value = basic(id, secret);
        let encoded = value.to_str().expect("ASCII").strip_prefix("Basic ").expect("Basic");
        let joined = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8");
        let parts: Vec<_> = joined.split(':').collect();
        assert_eq!(parts.len(), 2, "{joined}");
        let decode =
            |part: &str| form_urlencoded::parse(format!("v={part}").as_bytes()).next().expect("one").1.into_owned();
        assert_eq!((decode(parts[0]).as_str(), decode(parts[1]).as_str()), (id, secret));
    }
}

#[test]
fn the_header_does_not_print_its_secret() {
    assert_eq!(format!("{:?}", basic("rp", "canary")), "Sensitive");
}

/// R55: Core 9, RFC 7523 3
#[test]
fn a_thousand_assertions_have_a_thousand_identifiers_and_one_audience() {
    let key = key(SignatureAlgorithm::Es256);
    let client = Client::public("rp").signing_key(Arc::clone(&key));
    let endpoint = client.token_endpoint(&metadata(&[])).expect("a method");
    let mut seen = BTreeSet::new();
    for number in 0..1000 {
        let claims = claims_of(&endpoint.post(NOW, entropy(number), []));
        assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!("rp"), &json!("rp"), &json!(ISSUER)));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW.plus(60))));
        seen.insert(claims["jti"].as_str().expect("a string").to_owned());
    }
    assert_eq!(seen.len(), 1000);
    assert!(seen.iter().all(|jti| jti.len() == 43), "32 bytes");
}

/// That it has nothing to show is for `check` to say, which names the setting.
#[test]
fn a_client_whose_key_is_missing_shows_nothing() {
    let client = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt);
    assert!(client.check().is_err());
    assert_eq!(names(&sent(&client, &metadata(&[]))), ["grant_type", "client_id"]);
}

/// RFC 7523 2.2, RFC 7521 4.2
#[test]
fn an_assertion_is_signed_by_the_key_and_stands_in_the_form_with_its_type() {
    let key = key(SignatureAlgorithm::Ps256);
    let request = sent(&Client::public("rp").signing_key(Arc::clone(&key)), &metadata(&[]));
    assert_eq!(names(&request), ["grant_type", "client_id", "client_assertion_type", "client_assertion"]);
    let form = form(&request);
    assert_eq!(form[1].1, "rp");
    assert_eq!(form[2].1, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert_eq!(header_of(&request), json!({"alg": "PS256", "typ": "JWT", "kid": key.kid()}));
    let keys = JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("keys");
    let token = assertion(&request);
    assert_eq!(CompactJws::parse(&token).and_then(|jws| jws.verify(SignatureAlgorithm::Ps256, &keys)), Ok(()));
}

/// R56, V86: who names another provider's token endpoint gets what is good nowhere but with him.
#[test]
fn an_assertion_is_for_the_issuer_whatever_the_token_endpoint_is_called() {
    let key = key(SignatureAlgorithm::Es256);
    let client = Client::public("rp").signing_key(key);
    let attacker = metadata(&[
        ("issuer", json!("https://attacker.example")),
        ("token_endpoint", json!("https://honest.example/token")),
        ("revocation_endpoint", json!("https://honest.example/revoke")),
    ]);
    assert_eq!(claims_of(&sent(&client, &attacker))["aud"], json!("https://attacker.example"));
    let revocation = client.revocation_endpoint(&attacker).expect("a method").expect("an endpoint");
    assert_eq!(claims_of(&revocation.post(NOW, entropy(0), []))["aud"], json!("https://attacker.example"));
}

/// V86
#[test]
fn audience_and_type_are_others_where_the_settings_say_so() {
    let client = Client::public("rp")
        .signing_key(key(SignatureAlgorithm::Es256))
        .assertion_audience(AssertionAudience::TokenEndpoint)
        .assertion_typ(AssertionTyp::ClientAuthenticationJwt);
    let aliases = json!({"token_endpoint": "https://mtls.example.com/token"});
    let metadata = metadata(&[("mtls_endpoint_aliases", aliases)]);
    let request = sent(&client, &metadata);
    assert_eq!(claims_of(&request)["aud"], json!("https://login.example.com/token"));
    assert_eq!(header_of(&request)["typ"], json!("client-authentication+jwt"));
    let revocation = client.revocation_endpoint(&metadata).expect("a method").expect("an endpoint");
    let request = revocation.post(NOW, entropy(0), []);
    assert_eq!(claims_of(&request)["aud"], json!("https://login.example.com/token"), "Core 9");
}

/// V54, V69: Core 9
#[test]
fn a_secret_jwt_is_an_hmac_and_the_secret_stays_here() {
    let client = |algorithm| {
        Client::confidential("rp", SECRET)
            .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretJwt)
            .token_endpoint_auth_signing_alg(algorithm)
    };
    for algorithm in [SignatureAlgorithm::Hs256, SignatureAlgorithm::Hs384, SignatureAlgorithm::Hs512] {
        let request = sent(&client(algorithm), &metadata(&[]));
        assert_eq!(names(&request), ["grant_type", "client_id", "client_assertion_type", "client_assertion"]);
        assert_eq!(header_of(&request), json!({"alg": algorithm.name(), "typ": "JWT"}));
        assert_eq!(claims_of(&request)["aud"], json!(ISSUER));
        let token = assertion(&request);
        let verified = CompactJws::parse(&token).and_then(|jws| jws.verify_with_secret(algorithm, &SECRET.into()));
        assert_eq!(verified, Ok(()));
        let shown = format!("{request:?} {:?} {}", form(&request), claims_of(&request));
        assert!(!shown.contains("canary"), "{shown}");
    }
}

/// V69
#[test]
fn debug_prints_neither_secret_nor_key() {
    let metadata = metadata(&[]);
    let key = key(SignatureAlgorithm::Es256);
    for client in [
        Client::confidential("rp", SECRET),
        Client::confidential("rp", SECRET).token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost),
        Client::confidential("rp", SECRET).token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretJwt),
        Client::public("rp").signing_key(key),
    ] {
        let shown = format!("{client:?} {:?}", client.token_endpoint(&metadata).expect("a method"));
        assert!(!shown.contains("canary") && !shown.contains("pair"), "{shown}");
    }
}

/// RFC 8414 2, V54: the first that is offered and that the secret is long enough for.
#[test]
fn the_hmac_is_one_that_is_offered_and_that_the_secret_is_long_enough_for() {
    const MEMBER: &str = "token_endpoint_auth_signing_alg_values_supported";
    let client = |bytes| {
        Client::confidential("rp", "x".repeat(bytes))
            .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretJwt)
    };
    let chosen = |bytes, offered: &[&str]| {
        header_of(&sent(&client(bytes), &metadata(&[(MEMBER, json!(offered))])))["alg"].clone()
    };
    assert_eq!(chosen(64, &["RS256", "HS512", "HS256"]), json!("HS512"));
    assert_eq!(chosen(48, &["HS512", "HS384", "HS256"]), json!("HS384"));
    assert_eq!(chosen(32, &["HS512", "HS384", "HS256"]), json!("HS256"));
    assert_eq!(header_of(&sent(&client(64), &metadata(&[])))["alg"], json!("HS256"), "where nothing is said");
    let what = "client assertions signed with";
    let only = |offered: &[&str]| refusal(&client(32), &metadata(&[(MEMBER, json!(offered))]));
    assert_eq!(only(&["HS512"]), unsupported(what, "HS256", MEMBER, "HS512"));
    assert_eq!(only(&["RS256", "ES256"]), unsupported(what, "HS256", MEMBER, "RS256 ES256"));
    let set = client(64).token_endpoint_auth_signing_alg(SignatureAlgorithm::Hs384);
    assert_eq!(refusal(&set, &metadata(&[(MEMBER, json!(["HS256"]))])), unsupported(what, "HS384", MEMBER, "HS256"));
}

/// RFC 8414 2
#[test]
fn the_key_is_the_first_whose_algorithm_is_offered_or_set() {
    const MEMBER: &str = "token_endpoint_auth_signing_alg_values_supported";
    let client =
        Client::public("rp").signing_key(key(SignatureAlgorithm::Es256)).signing_key(key(SignatureAlgorithm::EdDsa));
    let chosen = |client: &Client, offered: &[&str]| {
        header_of(&sent(client, &metadata(&[(MEMBER, json!(offered))])))["alg"].clone()
    };
    assert_eq!(header_of(&sent(&client, &metadata(&[])))["alg"], json!("ES256"), "where nothing is said");
    assert_eq!(chosen(&client, &["EdDSA", "ES256"]), json!("ES256"));
    assert_eq!(chosen(&client, &["RS256", "EdDSA"]), json!("EdDSA"));
    let set = client.clone().token_endpoint_auth_signing_alg(SignatureAlgorithm::EdDsa);
    assert_eq!(chosen(&set, &["EdDSA", "ES256"]), json!("EdDSA"));
    let what = "client assertions signed with";
    let only = |client: &Client, offered: &[&str]| refusal(client, &metadata(&[(MEMBER, json!(offered))]));
    assert_eq!(only(&client, &["RS256"]), unsupported(what, "ES256", MEMBER, "RS256"));
    assert_eq!(only(&set, &["ES256"]), unsupported(what, "EdDSA", MEMBER, "ES256"));
}

/// RFC 8414 2: another endpoint may take other methods and algorithms.
#[test]
fn at_the_revocation_endpoint_its_own_lists_count() {
    let revocation = |client: &Client, members: &[(&str, Value)]| {
        let endpoint = client.revocation_endpoint(&metadata(members)).expect("a method").expect("an endpoint");
        endpoint.post(NOW, entropy(0), [])
    };
    let client =
        Client::public("rp").signing_key(key(SignatureAlgorithm::Es256)).signing_key(key(SignatureAlgorithm::EdDsa));
    let tokens = ("token_endpoint_auth_signing_alg_values_supported", json!(["ES256"]));
    let own = ("revocation_endpoint_auth_signing_alg_values_supported", json!(["EdDSA"]));
    assert_eq!(header_of(&revocation(&client, std::slice::from_ref(&tokens)))["alg"], json!("ES256"));
    assert_eq!(header_of(&revocation(&client, &[tokens, own]))["alg"], json!("EdDSA"));
    let members = [
        ("token_endpoint_auth_methods_supported", json!(["client_secret_basic"])),
        ("revocation_endpoint_auth_methods_supported", json!(["client_secret_post"])),
    ];
    let request = revocation(&Client::confidential("rp", "secret"), &members);
    assert_eq!(names(&request), ["client_id", "client_secret"]);
}

/// V87: from the metadata, never by trial.
#[test]
fn an_unset_method_is_the_first_usable_one_that_is_offered() {
    const MEMBER: &str = "token_endpoint_auth_methods_supported";
    let proof = |client: &Client, offered: &[&str]| {
        let request = sent(client, &metadata(&[(MEMBER, json!(offered))]));
        (request.headers().contains_key(header::AUTHORIZATION), names(&request).split_off(1).join(" "))
    };
    let by_secret = Client::confidential("rp", SECRET);
    let (post, jwt) = ("client_id client_secret", "client_id client_assertion_type client_assertion");
    for (offered, expected) in [
        (&["private_key_jwt", "client_secret_jwt", "client_secret_post", "client_secret_basic"][..], (true, "")),
        (&["client_secret_jwt", "client_secret_post"], (false, post)),
        (&["private_key_jwt", "client_secret_jwt"], (false, jwt)),
    ] {
        assert_eq!(proof(&by_secret, offered), (expected.0, expected.1.to_owned()), "{offered:?}");
    }
    assert!(
        sent(&by_secret, &metadata(&[])).headers().contains_key(header::AUTHORIZATION),
        "the default of Discovery 3"
    );
    let by_key = Client::public("rp").signing_key(key(SignatureAlgorithm::Es256));
    assert_eq!(proof(&by_key, &["client_secret_basic", "private_key_jwt"]), (false, jwt.to_owned()));
    assert_eq!(proof(&Client::public("rp"), &["client_secret_basic"]), (false, "client_id".to_owned()));

    let what = "client authentication by";
    let only = |client: &Client, offered: &[&str]| refusal(client, &metadata(&[(MEMBER, json!(offered))]));
    assert_eq!(
        only(&by_secret, &["tls_client_auth"]),
        unsupported(what, "client_secret_basic", MEMBER, "tls_client_auth")
    );
    assert_eq!(
        only(&Client::confidential("rp", "x".repeat(31)), &["client_secret_jwt"]),
        unsupported(what, "client_secret_basic", MEMBER, "client_secret_jwt"),
        "V54: it is too short"
    );
    assert_eq!(
        only(&by_key, &["client_secret_basic"]),
        unsupported(what, "private_key_jwt", MEMBER, "client_secret_basic")
    );
}

/// R57: RFC 8705 2, 5
#[test]
fn who_shows_a_certificate_goes_to_the_alias_and_says_only_its_name() {
    let aliases = json!({"token_endpoint": "https://mtls.example.com/token", "revocation_endpoint": "https://mtls.example.com/revoke"});
    for method in [TokenEndpointAuthMethod::TlsClientAuth, TokenEndpointAuthMethod::SelfSignedTlsClientAuth] {
        let client = Client::public("rp").token_endpoint_auth_method(method);
        let with_aliases = metadata(&[("mtls_endpoint_aliases", aliases.clone())]);
        let request = sent(&client, &with_aliases);
        assert_eq!(request.uri(), "https://mtls.example.com/token");
        assert!(request.extensions().get::<ClientCertificate>().is_some());
        assert_eq!(names(&request), ["grant_type", "client_id"]);
        assert!(!request.headers().contains_key(header::AUTHORIZATION));

        let revocation = client.revoke(&with_aliases, "t", TokenTypeHint::AccessToken).expect("a method");
        let request = crate::Exchange::request(&mut revocation.expect("an endpoint"), NOW, entropy(0));
        assert_eq!(request.uri(), "https://mtls.example.com/revoke");
        assert!(request.extensions().get::<ClientCertificate>().is_some());

        // RFC 8705 5: an endpoint without an alias is used as it is.
        let request = sent(&client, &metadata(&[("mtls_endpoint_aliases", json!({}))]));
        assert_eq!(request.uri(), "https://login.example.com/token");
        assert!(request.extensions().get::<ClientCertificate>().is_some());
    }
}

/// RFC 8705 5: aliases are for who uses mutual TLS.
#[test]
fn without_a_certificate_aliases_are_nothing_to_us() {
    let aliases = json!({"token_endpoint": "https://mtls.example.com/token", "revocation_endpoint": "https://mtls.example.com/revoke"});
    let metadata = metadata(&[("mtls_endpoint_aliases", aliases)]);
    for client in [
        Client::public("rp"),
        Client::confidential("rp", "secret"),
        Client::public("rp").signing_key(key(SignatureAlgorithm::Es256)),
    ] {
        let request = sent(&client, &metadata);
        assert_eq!(request.uri(), "https://login.example.com/token");
        assert!(request.extensions().get::<ClientCertificate>().is_none());
        let revocation = client.revocation_endpoint(&metadata).expect("a method").expect("an endpoint");
        let request = revocation.post(NOW, entropy(0), []);
        assert_eq!(request.uri(), "https://login.example.com/revoke");
        assert!(request.extensions().get::<ClientCertificate>().is_none());
    }
}

/// Discovery 3: a provider of the implicit flow alone has no token endpoint.
#[test]
fn without_a_token_endpoint_nothing_is_asked_there() {
    let mut json = json!({"issuer": ISSUER, "authorization_endpoint": "https://login.example.com/a",
        "jwks_uri": "https://login.example.com/k", "response_types_supported": ["id_token", "token id_token"]});
    let missing = Some(InvalidMetadata::Json(JsonFault::Missing { member: "token_endpoint" }));
    let metadata = ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata");
    assert_eq!(metadata.token_endpoint(), None);
    assert_eq!(refusal(&Client::public("rp"), &metadata), missing);
    // The one for certificates is not for those who have none, and names no audience.
    json["mtls_endpoint_aliases"] = json!({"token_endpoint": "https://mtls.example.com/token"});
    let metadata = ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata");
    assert_eq!(refusal(&Client::public("rp"), &metadata), missing);
    let by_certificate = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    assert_eq!(sent(&by_certificate, &metadata).uri(), "https://mtls.example.com/token");
}

#[test]
fn options_are_read_by_their_names() {
    assert_eq!(serde_json::from_value(json!("token_endpoint")).ok(), Some(AssertionAudience::TokenEndpoint));
    assert_eq!(serde_json::from_value(json!("issuer")).ok(), Some(AssertionAudience::Issuer));
    for typ in [AssertionTyp::Jwt, AssertionTyp::ClientAuthenticationJwt] {
        assert_eq!(serde_json::from_value(json!(typ.name())).ok(), Some(typ));
    }
}
