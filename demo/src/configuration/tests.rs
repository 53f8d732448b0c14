use super::*;

fn read(text: &str) -> Result<Configuration, Failure> {
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
