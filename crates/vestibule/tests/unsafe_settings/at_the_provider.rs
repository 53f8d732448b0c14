//! What only the provider's metadata shows, or its answer to a registration.

use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use serde_json::{Value, json};
use vestibule::{
    HttpClient, Settings,
    core::{Limits, http_client::Answer},
};

use super::{Stage, assert_row, chain, corp, corp_with_secret, registering};

/// A provider that says this of itself, and to a registration what is asked, with these members in the place of others.
#[derive(Clone, Debug)]
struct Says {
    metadata: Value,
    registered: Value,
}

impl HttpClient for Says {
    fn send(&self, request: Request<Bytes>, _: Limits) -> Answer<'_> {
        let (status, answer) = match request.uri().path() {
            "/.well-known/openid-configuration" => (200, self.metadata.clone()),
            "/register" => {
                let asked = serde_json::from_slice(request.body()).expect("JSON");
                (201, joined(joined(asked, &json!({"client_id": "given"})), &self.registered))
            }
            _ => (200, json!({"keys": []})),
        };
        let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
        Box::pin(std::future::ready(Ok(response.body(answer.to_string().into()).expect("an answer"))))
    }
}

fn joined(mut object: Value, more: &Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    object.as_object_mut().expect("an object").extend(more);
    object
}

fn at(path: &str) -> String {
    format!("https://login.example.com{path}")
}

/// Holds what `ready()` says to the row of this test.
async fn refused(test: &str, stage: Stage, settings: &str, metadata: Value, registered: Value) {
    let good = json!({
        "issuer": at(""), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/keys"),
        "registration_endpoint": at("/register"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
    });
    let says = Says { metadata: joined(good, &metadata), registered };
    let builder = Settings::from_toml(settings).and_then(|settings| settings.builder()).expect("settings");
    let vestibule = builder.http_client(says).build().expect("what only the provider shows is not known yet");
    match vestibule.ready().await {
        Ok(()) => panic!("ready: {settings}"),
        Err(error) => assert_row(test, stage, &chain(&error)),
    }
}

/// One test a row.
macro_rules! refused {
    ($($test:ident: $stage:ident, $settings:expr, $metadata:tt, $registered:tt;)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                refused(stringify!($test), Stage::$stage, &$settings, json!($metadata), json!($registered)).await;
            }
        )*

        pub(super) const LATER: &[&str] = &[$(stringify!($test)),*];
    };
}

fn lab() -> String {
    registering("")
}

refused! {
    metadata_of_another_issuer: Metadata, corp(""), {"issuer": "https://evil.example"}, {};
    a_token_endpoint_over_http: Metadata, corp(""), {"token_endpoint": "http://login.example.com/token"}, {};
    keys_over_http: Metadata, corp(""), {"jwks_uri": "http://login.example.com/keys"}, {};
    a_provider_without_s256: Metadata, corp(""), {"code_challenge_methods_supported": ["plain"]}, {};
    a_provider_that_signs_with_nothing: Metadata, corp(""), {"id_token_signing_alg_values_supported": ["none"]}, {};
    a_provider_that_takes_no_such_proof: Metadata, corp_with_secret("token_endpoint_auth_method = 'client_secret_post'"),
        {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, {};
    a_registration_over_http: Metadata, lab(), {"registration_endpoint": "http://login.example.com/register"}, {};
    a_redirect_uri_that_was_not_asked_for: Registration, lab(), {}, {"redirect_uris": ["https://evil.example/callback"]};
    a_client_without_a_name: Registration, lab(), {}, {"client_id": ""};
    a_method_that_proves_nothing_we_have: Registration, lab(), {}, {"token_endpoint_auth_method": "client_secret_basic"};
    a_registered_secret_too_short: Registration, registering("token_endpoint_auth_method = 'client_secret_jwt'"), {},
        {"client_secret": "short", "client_secret_expires_at": 0};
    a_response_type_that_was_not_asked_for: Registration, lab(), {}, {"response_types": ["id_token"]};
}
