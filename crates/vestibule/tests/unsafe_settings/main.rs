//! Settings that would leave a door open, each refused at the stage where it shows: while the settings are read and put together, when
//! the provider's metadata is there, or when it answers a registration. `docs/settings-refused.md` has the table; each of its rows is
//! one test here, of that name, and says what is refused, when, and with which words.

mod at_the_provider;

use std::error::Error;

use vestibule::{Builder, Settings};

const TABLE: &str = include_str!("../../../../docs/settings-refused.md");
const KEY: &str = "YSBrZXkgb2YgdGhlIHRlc3RzIG9mIDMyIGJ5dGVzISE";

/// When a setting is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// `Settings::from_file`, `builder()` or `build()`.
    Start,
    /// `ready()`, or else the first login.
    Metadata,
    /// `ready()` too, for a client that registers itself.
    Registration,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Metadata => "metadata",
            Self::Registration => "registration",
        }
    }
}

/// The rows of the table: name of the test, setting, stage, words.
fn rows() -> Vec<[&'static str; 4]> {
    let cells = |line: &'static str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`'));
    let rows = TABLE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| cells(line).collect::<Vec<_>>().try_into().expect("four cells")).collect()
}

/// Holds what was said to the row of this test.
fn assert_row(test: &str, stage: Stage, said: &str) {
    let row = rows().into_iter().find(|[name, ..]| *name == test);
    let [_, setting, when, words] = row.unwrap_or_else(|| panic!("no row {test}; it says: {said}"));
    assert_eq!(when, stage.name(), "{test}");
    assert!(said.starts_with(setting) && said.contains(words), "{test}: {said}");
}

fn refused_at_start(test: &str, settings: &str) {
    match Settings::from_toml(settings).and_then(|settings| settings.builder()).and_then(Builder::build) {
        Ok(_) => panic!("accepted: {settings}"),
        Err(error) => assert_row(test, Stage::Start, &error.to_string()),
    }
}

/// An error with everything beneath it.
fn chain(error: &dyn Error) -> String {
    let (mut said, mut beneath) = (error.to_string(), error.source());
    while let Some(source) = beneath {
        said = format!("{said}: {source}");
        beneath = source.source();
    }
    said
}

fn file(rest: &str) -> String {
    format!("base_url = 'https://app.example.com'\nsecret_key = '{KEY}'\n{rest}")
}

fn with_provider(top: &str, provider: &str) -> String {
    file(&format!("{top}\n[provider.corp]\nissuer = 'https://login.example.com'\nclient_id = 'my-app'\n{provider}"))
}

fn corp(rest: &str) -> String {
    with_provider("", rest)
}

fn corp_with_secret(rest: &str) -> String {
    corp(&format!("client_secret = 'too short for any hash'\n{rest}"))
}

fn based_at(url: &str) -> String {
    corp("").replace("https://app.example.com", url)
}

fn keyed(keys: &str) -> String {
    corp("").replace(&format!("secret_key = '{KEY}'"), keys)
}

fn registering(rest: &str) -> String {
    file(&format!(
        "[provider.lab]\nissuer = 'https://login.example.com'\n{rest}\n[provider.lab.registration]\nclient_name = 'a'"
    ))
}

/// One test a row.
macro_rules! refused {
    ($($test:ident: $settings:expr;)*) => {
        $(
            #[test]
            fn $test() {
                refused_at_start(stringify!($test), &$settings);
            }
        )*

        const AT_START: &[&str] = &[$(stringify!($test)),*];
    };
}

refused! {
    http_where_everybody_listens: based_at("http://app.example.com");
    a_base_url_with_a_password: based_at("https://me:secret@app.example.com");
    no_secret_key: keyed("");
    a_secret_key_of_five_bytes: keyed("secret_key = 'c2hvcnQ'");
    a_secret_key_that_the_documentation_has: keyed("secret_key = 'c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM'");
    a_secret_key_of_nothing_but_zeros: keyed(&format!("secret_key = '{}'", "A".repeat(43)));
    a_previous_key_that_is_an_example: with_provider("previous_secret_key = 'c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM'", "");
    a_previous_key_that_is_the_present_one: with_provider(&format!("previous_secret_key = '{KEY}'"), "");
    a_secret_key_in_two_places: keyed(&format!("secret_key = '{KEY}'\nsecret_key_file = 'key'"));
    a_secret_below_the_metadata: file(
        "[provider.corp]\nclient_id = 'a'\n[provider.corp.metadata]\nissuer = 'https://a.example'\nclient_secret = 'a secret'"
    );
    a_guard_below_the_metadata: file(
        "[provider.corp]\nclient_id = 'a'\n[provider.corp.metadata]\nissuer = 'https://a.example'\nrequire_logout_token_type = true"
    );
    a_secret_among_the_parameters_of_a_login: corp("[provider.corp.authorization_parameters]\nclient_secret = 'a secret'");
    a_guard_that_is_misspelt: corp("require_logout_token_typ = true");
    an_issuer_over_http: corp("").replace("https://login", "http://login");
    an_issuer_with_a_query: corp("").replace("login.example.com", "login.example.com?tenant=a");
    an_endpoint_over_http: file(
        "[provider.corp]\nclient_id = 'a'\n[provider.corp.metadata]\nissuer = 'https://a.example'\n\
         authorization_endpoint = 'https://a.example/a'\ntoken_endpoint = 'http://a.example/t'\njwks_uri = 'https://a.example/k'"
    );
    id_tokens_that_nobody_signs: corp("id_token_signed_response_alg = 'none'");
    userinfo_that_nobody_signs: corp("userinfo_signed_response_alg = 'none'");
    id_tokens_under_a_short_secret: corp_with_secret("id_token_signed_response_alg = 'HS256'");
    userinfo_under_a_short_secret: corp_with_secret("userinfo_signed_response_alg = 'HS512'");
    assertions_under_a_short_secret: corp_with_secret("token_endpoint_auth_method = 'client_secret_jwt'");
    request_objects_under_a_short_secret: corp_with_secret("request_object_signing_alg = 'HS384'");
    encryption_under_a_short_secret: corp_with_secret("id_token_encrypted_response_alg = 'dir'\nid_token_encrypted_response_enc = 'A256GCM'");
    encryption_by_an_algorithm_that_leaks: corp("id_token_encrypted_response_alg = 'RSA1_5'");
    userinfo_encrypted_and_signed_by_nobody: corp_with_secret("userinfo_encrypted_response_alg = 'A128KW'");
    request_objects_that_nobody_signs: corp("request_object_signing_alg = 'none'");
    five_minutes_and_a_second_of_skew: corp("clock_skew = 301");
    a_skew_below_nothing: corp("clock_skew = -1");
    a_secret_that_is_not_there: corp("token_endpoint_auth_method = 'client_secret_post'");
    a_secret_that_nobody_would_see: corp_with_secret("token_endpoint_auth_method = 'none'");
    a_private_key_that_is_not_there: corp("token_endpoint_auth_method = 'private_key_jwt'");
    a_certificate_that_is_not_there: corp("token_endpoint_auth_method = 'tls_client_auth'");
    a_login_without_openid: corp("scope = 'profile email'");
    a_state_of_somebodys_own: corp("authorization_parameters = { state = 'x' }");
    a_challenge_of_somebodys_own: corp("authorization_parameters = { code_challenge_method = 'plain' }");
    an_id_token_in_a_query: corp("response_type = 'id_token'\nresponse_mode = 'query'");
    a_redirect_path_that_climbs: corp("redirect_path = '/../callback'");
    a_redirect_path_among_our_routes: corp("redirect_path = '/auth/logout'");
    one_redirect_path_for_two_providers: corp(
        "redirect_path = '/r'\n[provider.other]\nissuer = 'https://b.example'\nclient_id = 'b'\nredirect_path = '/r'"
    );
    a_goodbye_on_another_site: with_provider("after_logout = '//evil.example'", "");
    a_wildcard_for_where_we_connect_to: with_provider("outbound_allow = ['*']", "");
    a_session_of_two_years: corp("[session]\nlifetime = '730d'");
    a_provider_of_a_name_that_is_a_path: file("[provider.'../corp']\nissuer = 'https://a.example'\nclient_id = 'a'");
    a_secret_for_a_client_that_gets_its_own: registering("client_secret = 's'");
}

/// The table and the tests are the same list, of at least 25 and no one twice.
#[test]
fn every_row_of_the_table_has_its_test_and_every_test_its_row() {
    let mut tests: Vec<&str> = AT_START.iter().chain(at_the_provider::LATER).copied().collect();
    let mut rows: Vec<&str> = rows().into_iter().map(|[test, ..]| test).collect();
    tests.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, tests);
    rows.dedup();
    assert!(rows.len() >= 25 && rows.len() == tests.len(), "{}", rows.len());
}
