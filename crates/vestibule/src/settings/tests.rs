mod documented;
mod misplaced;
#[cfg(unix)]
mod open_to_others;
mod own_keys;
mod profiles;
mod stores;

use super::*;
use crate::{Vestibule, session::keeping::Keeping, session_store::Reach};

const KEY: &str = "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM";

fn file(rest: &str) -> String {
    format!("base_url = \"http://localhost:3000\"\nsecret_key = \"{KEY}\"\n{rest}")
}

fn corp(rest: &str) -> String {
    file(&format!("[provider.corp]\nissuer = \"http://127.0.0.1:3001\"\nclient_id = \"my-app\"\n{rest}"))
}

fn error(text: &str) -> String {
    let empty = |_: &str| None;
    match Settings::from_toml(text).and_then(|settings| settings.builder_in(&empty)).and_then(Builder::build) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

fn accepts(text: &str) -> Vestibule {
    let empty = |_: &str| None;
    Settings::from_toml(text).and_then(|settings| settings.builder_in(&empty)).and_then(Builder::build).expect(text)
}

#[test]
fn the_smallest_file_is_enough() {
    assert_eq!(accepts(&corp("")).providers().collect::<Vec<_>>(), ["corp"]);
}

#[test]
fn every_setting_is_read() {
    accepts(&file(
        r#"
        after_logout = "/goodbye"
        default_provider = "described"
        path_prefix = "/sign-in"
        previous_secret_key = "YW5vdGhlciBrZXksIGZyb20gYmVmb3JlOiAzMiBieXQ"
        [session]
        lifetime = "7d"
        idle = "90s"
        until_browser_closes = true
        silent_renewal = "15m"
        tokens = "id_token_only"
        [sessions]
        store = "memory"
        [provider.corp]
        issuer = "https://login.example.com"
        client_id = "my-app"
        client_secret = "secret"
        token_endpoint_auth_method = "client_secret_post"
        id_token_signed_response_alg = "ES256"
        scope = "openid profile"
        userinfo = "off"
        clock_skew = 30
        redirect_path = "/redirect_uri"
        trusted_audiences = ["other"]
        refresh_token_reuse_grace = "60s"
        require_logout_token_type = true
        authorization_parameters = { ui_locales = "en" }
        [provider.lab]
        issuer = "https://lab.example.com"
        scope = "openid"
        [provider.lab.registration]
        client_name = "Photo Album"
        contacts = ["ops@example.com"]
        client_uri = "https://app.example.com"
        logo_uri = "https://app.example.com/logo"
        policy_uri = "https://app.example.com/policy"
        tos_uri = "https://app.example.com/tos"
        initial_access_token = "token"
        [provider.described]
        client_id = "my-app"
        [provider.described.metadata]
        issuer = "https://login.example.org"
        authorization_endpoint = "https://login.example.org/authorize"
        token_endpoint = "https://login.example.org/token"
        jwks_uri = "https://login.example.org/keys"
        "#,
    ));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    for (text, expected) in [
        (file("base_ulr = 1"), "base_ulr: there is no such setting; did you mean base_url?"),
        (
            corp("client_secert = 's'"),
            "provider.corp.client_secert: there is no such setting; did you mean provider.corp.client_secret?",
        ),
        (
            corp("[session]\nlifetme = '1d'"),
            "session.lifetme: there is no such setting; did you mean session.lifetime?",
        ),
        (file("[providers.corp]"), "providers: there is no such setting; did you mean provider?"),
        (
            corp("[session]\nzzzzzzzz = 1"),
            "session.zzzzzzzz: there is no such setting; known are lifetime, idle, until_browser_closes, silent_renewal, tokens",
        ),
    ] {
        assert_eq!(error(&text), expected);
    }
}

#[test]
fn sessions_live_in_cookies_unless_the_file_says_otherwise() {
    let is_memory = |text: &str| match &accepts(&corp(text)).door().keeping {
        Keeping::Cookies(_) => false,
        Keeping::Store(store) => store.reach() == Reach::Process,
    };
    assert!(!is_memory(""));
    assert!(!is_memory("[sessions]"));
    assert!(!is_memory("[sessions]\nstore = \"cookie\""));
    assert!(is_memory("[sessions]\nstore = \"memory\""));
}

#[test]
fn a_session_keeps_the_tokens_that_the_file_says() {
    for (text, expected) in [
        ("", Tokens::Keep),
        ("[session]\nidle = \"1h\"", Tokens::Keep),
        ("[session]\ntokens = \"keep\"", Tokens::Keep),
        ("[session]\ntokens = \"id_token_only\"", Tokens::IdTokenOnly),
        ("[session]\ntokens = \"discard\"", Tokens::Discard),
    ] {
        assert_eq!(accepts(&corp(text)).door().tokens, expected, "{text}");
    }
}

/// Each text is refused with an error that begins like this.
fn refuse_each(table: &[(String, &str)]) {
    for (text, expected) in table {
        let got = error(text);
        assert!(got.starts_with(expected), "expected {expected:?}, got {got:?}");
    }
}

#[test]
fn a_wrong_value_is_named_with_what_it_should_be() {
    refuse_each(&[
        ("x".to_owned(), "settings: line 1 is not TOML"),
        (file("after_logout = 5"), "after_logout: it must be a string"),
        (corp("userinfo = \"put\""), "provider.corp.userinfo = 'put': it must be one of `get`, `post`, `off`"),
        (
            corp("id_token_signed_response_alg = \"none\""),
            "provider.corp.id_token_signed_response_alg = 'none': not a supported signature algorithm",
        ),
        (
            corp("token_endpoint_auth_method = \"magic\""),
            "provider.corp.token_endpoint_auth_method = 'magic': it must be one of",
        ),
        (corp("[session]\nidle = \"soon\""), "session.idle = 'soon': a duration is a number and s, m, h or d"),
        (corp("[session]\nsilent_renewal = \"often\""), "session.silent_renewal = 'often': a duration is a number"),
        (
            corp("[session]\ntokens = \"some\""),
            "session.tokens = 'some': it must be one of `keep`, `id_token_only`, `discard`",
        ),
        (corp("[sessions]\nstores = 1"), "sessions.stores: there is no such setting; did you mean sessions.store?"),
        (corp("refresh_token_reuse_grace = 60"), "provider.corp.refresh_token_reuse_grace: it must be a string"),
        (corp("require_logout_token_type = 1"), "provider.corp.require_logout_token_type: it must be a boolean"),
        (corp("scope = \"profile\""), "provider.corp.scope = 'profile': it does not contain openid"),
        (
            corp("authorization_parameters = { state = \"x\" }"),
            "provider.corp.authorization_parameters: the parameter 'state' is set by the protocol",
        ),
        (corp("clock_skew = 301"), "provider.corp: a clock skew of 301 seconds"),
        (
            corp("token_endpoint_auth_method = \"client_secret_post\""),
            "provider.corp: token_endpoint_auth_method client_secret_post needs a client_secret",
        ),
    ]);
}

#[test]
fn wrong_paths_and_registrations_are_named() {
    refuse_each(&[
        (corp("redirect_path = \"redirect_uri\""), "provider.corp.redirect_path = 'redirect_uri': it is not a path"),
        (corp("redirect_path = \"/auth/x\""), "provider.corp.redirect_path = '/auth/x': it lies among our own routes"),
        (
            corp(
                "redirect_path = \"/r\"\n[provider.other]\nissuer = \"https://a.example\"\nclient_id = \"a\"\nredirect_path = \"/r\"",
            ),
            "provider.other.redirect_path = '/r': two providers have this redirect path",
        ),
        (file("path_prefix = \"/\""), "path_prefix = '/': it is not a path"),
        (file("previous_secret_key = \"x\""), "previous_secret_key: it is not base64url"),
        (corp("registration = { client_name = 'a' }"), "provider.corp.client_id: there is a registration table too"),
        (
            file(
                "[provider.lab]\nissuer = 'https://a.example'\nclient_secret = 's'\nregistration = { client_name = 'a' }",
            ),
            "provider.lab.client_secret: it has no meaning for a client that registers itself",
        ),
        (
            file("[provider.lab]\nissuer = 'https://a.example'\nregistration = { client_nmae = 'a' }"),
            "provider.lab.registration.client_nmae: there is no such setting; did you mean provider.lab.registration.client_name?",
        ),
        (
            file("[provider.lab]\nissuer = 'https://a.example'\nregistration = {}"),
            "provider.lab.registration: missing field",
        ),
    ]);
}

#[test]
fn what_is_missing_or_does_not_fit_is_named_with_the_remedy() {
    refuse_each(&[
        (file("[provider.corp]\nclient_id = 'a'"), "provider.corp.issuer: it is not set"),
        (file("[provider.corp]\nissuer = 'https://a.example'"), "provider.corp.client_id: it is not set"),
        (
            file("[provider.corp]\nclient_id = 'a'\nissuer = 'http://a.example'"),
            "provider.corp.issuer = 'http://a.example': it must be https",
        ),
        (
            file("[provider.corp]\nclient_id = 'a'\n[provider.corp.metadata]\nissuer = 'https://a.example'"),
            "provider.corp.metadata: provider metadata: 'authorization_endpoint' is missing",
        ),
        (
            file("[provider.'a b']\nclient_id = 'a'\nissuer = 'https://a.example'"),
            "provider = 'a b': a name has 1 to 64 letters",
        ),
        (file(""), "provider: there is none to sign in with"),
        (format!("secret_key = \"{KEY}\""), "base_url: it is not set"),
        (corp("").replace(&format!("secret_key = \"{KEY}\""), ""), "secret_key: it is not set"),
        (corp("").replace(KEY, "c2hvcnQ"), "secret_key: it has 5 bytes, not 32"),
        (
            corp("").replace("http://localhost:3000", "http://app.example.com"),
            "base_url = 'http://app.example.com': it must be https",
        ),
        (
            corp("").replace("base_url", "default_provider = \"staff\"\nbase_url"),
            "default_provider = 'staff': no provider has this name",
        ),
        (
            corp("").replace("base_url", "after_logout = \"//evil.example\"\nbase_url"),
            "after_logout = '//evil.example': it is not a path",
        ),
        (
            corp("").replace("base_url", "trusted_ca = \"no-such-file.pem\"\nbase_url"),
            "trusted_ca = 'no-such-file.pem': cannot be read",
        ),
    ]);
}

#[test]
fn a_secret_comes_from_one_place() {
    let folder = std::env::temp_dir().join(format!("vestibule-settings-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("key"), format!("{KEY}\n")).expect("a file");
    let text = corp("").replace(&format!("secret_key = \"{KEY}\""), "secret_key_file = \"key\"");
    let settings = Settings::from_toml(&text).expect("readable").relative_to(&folder);
    assert!(settings.builder_in(&|_| None).and_then(Builder::build).is_ok());
    fs::remove_dir_all(&folder).expect("removed");

    let text = corp("").replace(&format!("secret_key = \"{KEY}\""), "");
    let from_environment = |name: &str| (name == "VESTIBULE_SECRET_KEY").then(|| KEY.to_owned());
    assert!(
        Settings::from_toml(&text)
            .and_then(|settings| settings.builder_in(&from_environment))
            .and_then(Builder::build)
            .is_ok()
    );

    assert!(
        error(&corp("").replace("secret_key", "secret_key_file = \"key\"\nsecret_key"))
            .contains("both secret_key and secret_key_file are set")
    );
    assert!(
        error(&corp("client_secret_file = \"no-such-file\""))
            .starts_with("provider.corp.client_secret_file = 'no-such-file': cannot be read")
    );
}

#[test]
fn a_client_secret_may_come_from_the_environment() {
    let environment = |name: &str| (name == "VESTIBULE_CORP_CLIENT_SECRET").then(|| "from outside".to_owned());
    // With the secret the method is fine; without one it would be refused.
    let text = corp("token_endpoint_auth_method = \"client_secret_post\"");
    assert!(
        Settings::from_toml(&text)
            .and_then(|settings| settings.builder_in(&environment))
            .and_then(Builder::build)
            .is_ok()
    );
}

/// V69
#[test]
fn no_error_prints_a_secret() {
    for text in [
        corp("client_secret = \"canary\"").replace(KEY, "canary"),
        corp("client_secret = { canary = 1 }"),
        corp("client_secret = \"canary"),
        corp("client_secret = canary"),
        corp("client_secret = [\"canary\"]"),
    ] {
        let message = error(&text);
        assert!(!message.contains("canary"), "{message}");
    }
    let settings = Settings::from_toml(&corp("client_secret = \"canary\"")).expect("readable");
    assert!(!format!("{settings:?}").contains("canary") && !format!("{settings:?}").contains(KEY));
}

/// V69: in TOML what follows a heading is below it.
#[test]
fn a_secret_that_was_written_below_the_metadata_is_not_printed() {
    let settings =
        Settings::from_toml("[provider.corp.metadata]\nissuer = \"x\"\nmy_client_secret = \"canary\"\n").expect("TOML");
    let printed = format!("{settings:?}");
    assert!(printed.contains("my_client_secret") && !printed.contains("canary"), "{printed}");
}
