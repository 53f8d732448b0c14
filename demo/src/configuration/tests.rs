use super::*;

mod certification;

pub(crate) fn read(text: &str) -> Result<Configuration, Failure> {
    Configuration::from_toml(text, Path::new(""))
}

fn with(more: &str) -> String {
    format!(
        "{more}\nbase_url = 'https://app.example.com:443/shop/'\n[provider.corp]\nissuer = 'http://127.0.0.1:3001'\n\
         client_id = 'my-app'\nclient_secret = 'canary'\n"
    )
}

#[test]
fn without_a_file_the_settings_are_those_of_this_process() {
    let issuer = "http://127.0.0.1:3001";
    let configuration = Configuration::for_this_process("http://localhost:80", issuer).expect("settings");
    assert!(configuration.builder().expect("a builder").build().is_ok());
    assert_eq!(configuration.base_url(), "http://localhost");
    let clients = configuration.clients_at(issuer).expect("a client");
    let [client] = clients.as_slice() else { panic!("one client") };
    assert_eq!(client.redirect_uri, "http://localhost/auth/callback/demo");
    assert_eq!(client.post_logout_redirect_uri, "http://localhost/auth/logged_out");
}

#[test]
fn the_demos_own_table_is_beside_the_librarys() {
    let text = with("") + "[demo]\nlisten = '0.0.0.0:80'\nembedded_provider = '127.0.0.1:3001'\n";
    let configuration = read(&text).expect("settings");
    assert_eq!(configuration.listen(), "0.0.0.0:80".parse().ok());
    assert_eq!(configuration.embedded_provider(), "127.0.0.1:3001".parse().ok());
    assert_eq!(
        (configuration.base_url().as_str(), configuration.base_path()),
        ("https://app.example.com/shop", "/shop")
    );
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        (with("") + "[demo]\nlisen = '127.0.0.1:1'", "settings: [demo]: unknown field `lisen`"),
        (with("") + "[demo]\nlisten = 'here'", "settings: [demo]: invalid socket address"),
        (with("") + "clientid = 'x'", "settings: provider.corp.clientid: there is no such setting"),
        (with("").replace("base_url", "#"), "settings: base_url: it is not set"),
        (with("").replace("client_id", "#"), "settings: provider.corp.client_id: it is not set"),
        ("nonsense".to_owned(), "settings: settings: line 1 is not TOML"),
    ] {
        let failure = read(&text).expect_err("wrong");
        assert!(failure.to_string().starts_with(expected), "expected {expected:?}, got {:?}", failure.to_string());
        assert_eq!(failure.exit_code(), 2);
    }
    let failure = read(&(with("") + "[sessions]\nstore = 'mysql://a:canary@b'")).expect_err("no such store");
    let said = failure.to_string();
    assert!(said.starts_with("settings: sessions.store: this application knows no store for mysql URLs"), "{said}");
    let is_complete = cfg!(all(feature = "redis", feature = "sql"));
    assert_eq!(said.contains("--features redis,sql"), !is_complete, "{said}");
    assert!(!said.contains("canary"), "{said}");
    let failure = read(&with("")).expect("settings").clients_at("http://127.0.0.1:4000").expect_err("nobody");
    assert!(failure.to_string().contains("issuer = \"http://127.0.0.1:4000\""), "{failure}");
}

#[test]
fn a_client_that_registers_itself_is_not_made_known_beforehand() {
    let text = with("")
        .replace("client_id = 'my-app'\n", "")
        .replace("client_secret = 'canary'", "[provider.corp.registration]\nclient_name = 'Demo'");
    let configuration = read(&text).expect("settings");
    assert!(configuration.clients_at("http://127.0.0.1:3001").expect("a provider").is_empty());
}

/// A table of a provider at 127.0.0.1:3001, beside `rest`, as the development provider there knows the client.
fn registered(rest: &str) -> std::sync::Arc<vestibule_provider::RegisteredClient> {
    let issuer = "http://127.0.0.1:3001";
    let clients = read(&(with("") + rest)).expect("settings").clients_at(issuer).expect("a client");
    let provider = crate::provider::provider(issuer, &clients).expect("a provider");
    provider.registered("my-app").expect("the client is known")
}

#[test]
fn the_provider_knows_of_a_client_what_the_settings_say() {
    use vestibule::{
        SignatureAlgorithm,
        core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm},
    };
    let plain = registered("");
    assert_eq!((plain.id_token_algorithm(), plain.id_token_encryption()), (SignatureAlgorithm::Rs256, None));

    let client = registered(
        "id_token_signed_response_alg = 'ES256'\nid_token_encrypted_response_alg = 'dir'\n\
         userinfo_signed_response_alg = 'PS256'\nuserinfo_encrypted_response_alg = 'A128KW'\n\
         userinfo_encrypted_response_enc = 'A256GCM'\nrequest_object_encryption_alg = 'RSA-OAEP'",
    );
    let read =
        |encryption: Option<vestibule_provider::client::Encryption>| encryption.map(|both| (both.alg(), both.enc()));
    let default = ContentEncryptionAlgorithm::A128CbcHs256;
    assert_eq!(client.id_token_algorithm(), SignatureAlgorithm::Es256);
    assert_eq!(read(client.id_token_encryption()), Some((KeyManagementAlgorithm::Dir, default)));
    assert_eq!(client.userinfo_algorithm(), Some(SignatureAlgorithm::Ps256));
    assert_eq!(
        read(client.userinfo_encryption()),
        Some((KeyManagementAlgorithm::A128Kw, ContentEncryptionAlgorithm::A256Gcm))
    );
    assert_eq!(read(client.request_encryption()), Some((KeyManagementAlgorithm::RsaOaep, default)));
}

#[test]
fn the_provider_fetches_our_keys_where_it_needs_them() {
    let clients = |rest: &str| read(&(with("") + rest)).expect("settings").clients_at("http://127.0.0.1:3001");
    for (rest, needs_keys) in [
        ("", false),
        ("token_endpoint_auth_method = 'client_secret_jwt'", false),
        ("request_object_signing_alg = 'HS256'", false),
        ("request_object_signing_alg = 'none'\ninsecure_unsigned_request_objects = true", false),
        ("id_token_encrypted_response_alg = 'dir'", false),
        ("request_object_signing_alg = 'ES256'", true),
        ("token_endpoint_auth_method = 'private_key_jwt'", true),
        ("id_token_encrypted_response_alg = 'RSA-OAEP'", true),
        ("userinfo_encrypted_response_alg = 'ECDH-ES'", true),
    ] {
        let clients = clients(rest).expect("a client");
        let [client] = clients.as_slice() else { panic!("one client") };
        assert_eq!(client.agreement.needs_keys(), needs_keys, "{rest}");
        assert_eq!(client.jwks_uri, "https://app.example.com/shop/auth/jwks/corp");
    }
}

#[test]
fn a_provider_is_ours_by_its_issuer_its_metadata_or_its_web_finger() {
    let metadata = "[provider.corp.metadata]\nissuer = 'http://127.0.0.1:3001'\n\
                    authorization_endpoint = 'http://127.0.0.1:3001/authorize'\ntoken_endpoint = 'http://127.0.0.1:3001/token'\n\
                    jwks_uri = 'http://127.0.0.1:3001/jwks'\nend_session_endpoint = 'http://127.0.0.1:3002/bye'";
    let issuer = "issuer = 'http://127.0.0.1:3001'\n";
    let found = |account: &str| with("").replace(issuer, &format!("webfinger = '{account}'\n"));
    for (text, is_ours, places) in [
        (with(""), true, ["http://127.0.0.1:3001"].as_slice()),
        (with("").replace(issuer, "") + metadata, true, &["http://127.0.0.1:3001", "http://127.0.0.1:3002"]),
        (found("acct:alice@127.0.0.1:3001"), true, &["http://127.0.0.1:3001"]),
        (found("http://127.0.0.1:3001/alice"), true, &["http://127.0.0.1:3001"]),
        (found("acct:alice@127.0.0.1:3009"), false, &["http://127.0.0.1:3009"]),
    ] {
        let configuration = read(&text).expect("settings");
        assert_eq!(configuration.clients_at("http://127.0.0.1:3001").is_ok(), is_ours, "{text}");
        let mut got: Vec<_> = configuration.http_places().map(|place| place.origin().ascii_serialization()).collect();
        got.dedup();
        assert_eq!(got, places, "{text}");
    }
}

#[test]
fn a_redirect_path_of_ones_own_lies_below_the_public_address() {
    for path in ["/redirect_uri", "/shop/redirect_uri"] {
        let text = with("") + &format!("redirect_path = '{path}'");
        let clients = read(&text).expect("settings").clients_at("http://127.0.0.1:3001").expect("a client");
        let [client] = clients.as_slice() else { panic!("one client") };
        assert_eq!(client.redirect_uri, "https://app.example.com/shop/redirect_uri");
    }
}

#[test]
fn a_client_secret_may_be_in_a_file_beside_the_settings() {
    let folder = std::env::temp_dir().join(format!("vestibule-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("secret"), "from a file\n").expect("a file");
    let text = with("").replace("client_secret = 'canary'", "client_secret_file = 'secret'");
    let configuration = Configuration::from_toml(&text, &folder).expect("settings");
    let clients = configuration.clients_at("http://127.0.0.1:3001").expect("a client");
    std::fs::remove_dir_all(&folder).expect("removed");
    let [client] = clients.as_slice() else { panic!("one client") };
    assert_eq!(client.client_secret, Some("from a file".into()));
}

#[test]
fn no_secret_is_printed() {
    for text in [with(""), with("").replace("'canary'", "['canary']"), with("").replace("'canary'", "'canary")] {
        match read(&text) {
            Ok(configuration) => assert!(!format!("{configuration:?}").contains("canary")),
            Err(failure) => assert!(!format!("{failure} {failure:?}").contains("canary"), "{failure}"),
        }
    }
    let clients = read(&with("")).expect("settings").clients_at("http://127.0.0.1:3001").expect("a client");
    assert!(!format!("{clients:?}").contains("canary"));
}

#[test]
fn the_example_file_is_one_that_works() {
    let configuration = read(include_str!("../../settings.example.toml")).expect("the example");
    let builder = configuration.builder().expect("a builder").secret_key(SecretKey::generate());
    builder.build().expect("a vestibule");
    let issuer = format!("http://{}", configuration.embedded_provider().expect("the example has one"));
    assert_eq!(configuration.clients_at(&issuer).expect("clients").len(), 1);
}

#[test]
fn an_https_address_is_not_served_by_plain_http() {
    let here =
        |base_url: &str| read(&with("").replace("https://app.example.com:443/shop/", base_url)).expect("settings");
    for base_url in ["https://localhost:3000", "https://127.0.0.1:3000/shop", "https://[::1]:3000"] {
        let failure = here(base_url).check_served_by_http_at("127.0.0.1:3000".parse().expect("an address"));
        let failure = failure.expect_err(base_url).to_string();
        assert!(failure.contains(base_url) && failure.contains("give demo.tls_certificate"), "{failure}");
    }
    // A proxy answers there.
    for base_url in
        ["https://localhost", "https://localhost:3443", "https://app.example.com:3000", "http://localhost:3000"]
    {
        let checked = here(base_url).check_served_by_http_at("127.0.0.1:3000".parse().expect("an address"));
        assert!(checked.is_ok(), "{base_url}");
    }
}
