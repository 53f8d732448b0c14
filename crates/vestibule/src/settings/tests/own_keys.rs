//! Keys of our own, request objects and claims from elsewhere.

use std::time::Duration;

use vestibule_core::{
    Client,
    KeyManagementAlgorithm::EcdhEs,
    SignatureAlgorithm::Es256,
    TokenEndpointAuthMethod::PrivateKeyJwt,
    jose::{DecryptionKey, SigningKey},
};

use super::*;
use crate::provider::{OwnKeys, Provider, RequestObjects};

/// A client that needs a key for ES256.
const BY_KEY: &str = "token_endpoint_auth_method = \"private_key_jwt\"\ntoken_endpoint_auth_signing_alg = \"ES256\"\n";

fn by_key() -> Client {
    Client::public("my-app").token_endpoint_auth_method(PrivateKeyJwt).token_endpoint_auth_signing_alg(Es256)
}

/// The provider at work by these settings of the file.
fn of_the_file(rest: &str) -> String {
    format!("{:?}", accepts(&corp(rest)).door().provider("corp"))
}

/// The same, set up in code.
fn of_the_builder(client: Client, settings: impl FnOnce(Provider) -> Provider) -> String {
    let corp = Provider::discovered("http://127.0.0.1:3001", client).expect("an issuer");
    let builder =
        Vestibule::builder("http://localhost:3000").secret_key(SecretKey::from_base64url(KEY).expect("a key"));
    let vestibule = builder.provider("corp", settings(corp)).build().expect("the settings hold together");
    format!("{:?}", vestibule.door().provider("corp"))
}

/// A file in this folder.
fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

#[test]
fn keys_that_we_make_are_asked_for_with_or_without_a_lifetime() {
    assert_eq!(
        of_the_file(&format!("{BY_KEY}own_keys = true")),
        of_the_builder(by_key(), |corp| corp.keys(OwnKeys::made()))
    );
    let keys = || OwnKeys::made_for(Duration::from_secs(7 * 24 * 3600));
    for rest in ["own_keys_lifetime = \"7d\"", "own_keys = true\nown_keys_lifetime = \"7d\""] {
        assert_eq!(
            of_the_file(&format!("{BY_KEY}{rest}")),
            of_the_builder(by_key(), |corp| corp.keys(keys())),
            "{rest}"
        );
    }
    let error = error(&corp(&format!("{BY_KEY}own_keys_lifetime = \"1d\"")));
    assert!(error.starts_with("provider.corp.keys"), "{error}");
}

#[test]
fn keys_that_are_given_are_read_from_their_file() {
    let set = |jwk: &Secret<String>| format!("{{\"keys\": [{}]}}", jwk.expose());
    let signing = set(&SigningKey::generate(Es256).expect("a key").to_private_jwk().expect("a JWK"));
    let opening = set(&DecryptionKey::generate(EcdhEs).expect("a key").to_private_jwk().expect("a JWK"));
    let file = |path: &Path| format!("{BY_KEY}jwks_file = '{}'", path.display());
    let folder = std::env::temp_dir().join(format!("vestibule-own-keys-{}", std::process::id()));
    let good = file(&written(&folder, "good.json", &signing));
    let keys = OwnKeys::from_jwks(signing.as_bytes()).expect("a set");
    assert_eq!(of_the_file(&good), of_the_builder(by_key(), |corp| corp.keys(keys)));
    for (text, expected) in [
        (file(&written(&folder, "bad.json", "{")), "provider.corp.jwks_file = '"),
        (file(Path::new("no-such-file.json")), "provider.corp.jwks_file = 'no-such-file.json': cannot be read"),
        (file(&written(&folder, "other.json", &opening)), "provider.corp"),
        (format!("{good}\nown_keys = true"), "provider.corp.jwks_file: keys of our own making"),
        (format!("{good}\nown_keys_lifetime = \"7d\""), "provider.corp.jwks_file: keys of our own making"),
    ] {
        let error = error(&corp(&text));
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn request_objects_go_the_way_that_the_file_says() {
    let signed =
        "client_secret = \"a secret that is long enough for an HMAC\"\nrequest_object_signing_alg = \"HS256\"\n";
    let client = || {
        let client = Client::confidential("my-app", "a secret that is long enough for an HMAC");
        client.request_object_signing_alg(vestibule_core::SignatureAlgorithm::Hs256)
    };
    for (name, way) in [("by_value", RequestObjects::ByValue), ("by_reference", RequestObjects::ByReference)] {
        let expected = of_the_builder(client(), |corp| corp.request_objects(way));
        assert_eq!(of_the_file(&format!("{signed}request_object = \"{name}\"")), expected, "{name}");
        assert_ne!(of_the_file(signed), expected, "{name}");
    }
    let error = error(&corp(&format!("{signed}request_object = \"by_mail\"")));
    assert!(error.starts_with("provider.corp.request_object"), "{error}");
}

#[test]
fn what_is_off_unless_said_is_turned_on() {
    let client = || Client::public("my-app");
    let plain = of_the_builder(client(), |corp| corp);
    assert_eq!(of_the_file("distributed_claims = false\ninitiate_login = false\nown_keys = false"), plain);
    for (rest, settings) in [
        ("distributed_claims = true", Provider::distributed_claims as fn(Provider) -> Provider),
        ("initiate_login = true", Provider::initiate_login),
    ] {
        let expected = of_the_builder(client(), settings);
        assert_eq!(of_the_file(rest), expected, "{rest}");
        assert_ne!(plain, expected, "{rest}");
    }
}
