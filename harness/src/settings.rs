//! The settings file.

use bytes::Bytes;
use http::Request;
use toml::{Table, Value};
use url::Url;
use vestibule::{
    HttpClient, HttpError, Settings,
    core::{Limits, http_client::Answer},
};

use crate::Verdict;

pub(crate) const WORDS: &[&str] = &[
    "base_url = \"http://localhost:3000\"\n",
    "secret_key = \"c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM\"\n",
    "[provider.corp]\n",
    "issuer = \"http://127.0.0.1:3001\"\n",
    "client_id = \"my-app\"\n",
    "client_secret = \"CANARY\"\n",
    "[session]\n",
    "[sessions]\n",
    "store = \"memory\"\n",
    "lifetime = \"7d\"\n",
    "idle = \"18446744073709551615s\"\n",
    "[provider.corp.metadata]\n",
    "[provider.corp.registration]\n",
    "client_name = \"Lab\"\n",
    "scope = \"openid\"\n",
    "response_type = \"code id_token\"\n",
    "redirect_path = \"/x\"\n",
    "path_prefix = \"/a\"\n",
    "clock_skew = 9223372036854775807\n",
    "max_age = 0\n",
    "true",
    "[[",
    "'''",
    "after_logout = \"//evil.example\"\n",
    "id_token_signed_response_alg = \"HS256\"\n",
    "\"\\u0000\"",
    "webfinger = \"joe@example.com\"\n",
    "outbound_allow = [\"10.0.0.5:8443\"]\n",
    "own_keys = true\n",
    "request_object = \"by_reference\"\n",
];

/// What is wrong is said in a line that quotes no secret; what is right is an application on https or on this machine.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(data) else { return Verdict::Refused };
    let settings = match Settings::from_toml(text) {
        Ok(settings) => settings,
        Err(error) => {
            assert_is_quiet(&error.to_string(), text);
            return Verdict::Refused;
        }
    };
    assert_is_quiet(&format!("{settings:?}"), text);
    let table: Table = text.parse().expect("settings that are no TOML");
    if names_files(&Value::Table(table.clone())) {
        return Verdict::Refused;
    }
    let built = settings.relative_to("/nonexistent").builder().and_then(|builder| builder.http_client(Nobody).build());
    match built {
        Ok(vestibule) => {
            let base = table.get("base_url").and_then(Value::as_str).expect("a base URL");
            let base = Url::parse(base).expect("a base URL that is none");
            let is_loopback = matches!(base.host_str(), Some("localhost" | "[::1]"))
                || base.host_str().is_some_and(|host| host.starts_with("127."));
            assert!(
                base.scheme() == "https" || (base.scheme() == "http" && is_loopback),
                "people would sign in without TLS"
            );
            assert!(vestibule.providers().next().is_some(), "nobody to sign in with");
            let path = vestibule.login_path(None, "/");
            assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
            Verdict::Accepted
        }
        Err(error) => {
            assert_is_quiet(&error.to_string(), text);
            Verdict::Refused
        }
    }
}

/// A setting that names a file or a folder: an input shall not read or make any.
fn names_files(value: &Value) -> bool {
    let is_place = |key: &str| ["file", "directory", "trusted_ca", "tls_client"].iter().any(|word| key.contains(word));
    match value {
        Value::Table(table) => table.iter().any(|(key, value)| is_place(key) || names_files(value)),
        Value::Array(values) => values.iter().any(names_files),
        _ => false,
    }
}

/// V69: what a secret setting holds is never said. Keys, and what other settings hold, may be.
fn assert_is_quiet(said: &str, text: &str) {
    if !said.contains(CANARY) {
        return;
    }
    // Of what is no TOML a parser may name a key.
    let Ok(table) = text.parse::<Table>() else { return };
    assert!(sings_aloud(&Value::Table(table)), "a secret was said: {said}");
}

const CANARY: &str = "CANARY";

/// Whether the canary is elsewhere than in secrets.
fn sings_aloud(value: &Value) -> bool {
    let is_secret =
        |key: &str| ["secret_key", "previous_secret_key", "client_secret", "initial_access_token"].contains(&key);
    match value {
        Value::String(text) => text.contains(CANARY),
        Value::Array(values) => values.iter().any(sings_aloud),
        Value::Table(table) => table
            .iter()
            .any(|(key, value)| key.contains(CANARY) || (sings_aloud(value) && !(is_secret(key) && value.is_str()))),
        _ => false,
    }
}

/// A client that is not asked: settings touch no network.
#[derive(Debug)]
struct Nobody;

impl HttpClient for Nobody {
    fn send(&self, _request: Request<Bytes>, _limits: Limits) -> Answer<'_> {
        Box::pin(async { Err(HttpError::Connect("nobody is asked".into())) })
    }
}
