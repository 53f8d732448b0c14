//! Who registers, when, and with what.

use serde_json::{Value, json};
use vestibule::{Provider, ProviderMetadata, SignatureAlgorithm, TokenEndpointAuthMethod};

use crate::{
    house::{APP, ISSUER},
    lab::{asked, lab, op, run, run_of, signs_in},
};

#[tokio::test]
async fn a_client_registers_itself_when_somebody_first_signs_in() {
    let op = op();
    let mut house = run(&op);
    house.get("/").await;
    assert_eq!(op.requests().len(), 0, "nobody signed in yet");
    assert!(signs_in(&mut house).await);
    let registrations: Vec<Value> = op
        .requests()
        .iter()
        .filter(|request| request.path == "/register")
        .map(|request| serde_json::from_slice(&request.body).expect("JSON"))
        .collect();
    assert_eq!(registrations.len(), 1);
    assert_eq!(registrations[0]["redirect_uris"], json!([format!("{APP}/auth/callback/lab")]));
    assert_eq!(registrations[0]["post_logout_redirect_uris"], json!([format!("{APP}/auth/logged_out")]));
    assert_eq!(
        (&registrations[0]["client_name"], &registrations[0]["contacts"]),
        (&json!("Photo Album"), &json!(["ops@example.com"]))
    );
}

/// R54
#[tokio::test]
async fn credentials_of_any_characters_serve() {
    for method in [
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::ClientSecretPost,
        TokenEndpointAuthMethod::None,
    ] {
        let op = op().with_awkward_credentials();
        let mut house = run_of(&op, lab(asked().token_endpoint_auth_method(method)), |builder| builder);
        assert!(signs_in(&mut house).await, "{method:?}");
        let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        assert_eq!((page.text(), house.me().await), ("stranger", None), "{method:?}");
    }
}

/// R104
#[tokio::test]
async fn a_thousand_first_logins_at_once_register_once() {
    let op = op();
    let house = run(&op);
    let hold = op.hold("/register");
    let browsers: Vec<_> = (0..1000)
        .map(|_| {
            let mut browser = house.another_browser();
            tokio::spawn(
                async move { browser.get_without_redirects(&format!("{APP}/profile")).await.status().as_u16() },
            )
        })
        .collect();
    hold.until_waiting(1).await;
    hold.release();
    for browser in browsers {
        assert_eq!(browser.await.expect("no panic"), 303);
    }
    assert_eq!(op.count("/register"), 1);
}

#[tokio::test]
async fn all_four_mixes_of_provider_and_client_sign_in() {
    let describe = || {
        let metadata = json!({
            "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"), "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/jwks"), "userinfo_endpoint": format!("{ISSUER}/userinfo"),
            "registration_endpoint": format!("{ISSUER}/register"),
        });
        ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata")
    };
    let given = || vestibule::Client::public("given").id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let mixes: [(&str, Provider, usize, usize); 4] = [
        ("described, given", Provider::described(describe(), given()), 0, 0),
        (
            "described, registering",
            Provider::described(
                describe(),
                asked().token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic),
            ),
            0,
            1,
        ),
        ("discovered, given", Provider::discovered(ISSUER, given()).expect("an issuer"), 1, 0),
        ("discovered, registering", lab(asked()), 1, 1),
    ];
    for (name, provider, discoveries, registrations) in mixes {
        let op = op().client(
            vestibule_provider::RegisteredClient::public("given")
                .redirect_uri(format!("{APP}/auth/callback/lab"))
                .id_token_signed_response_alg(SignatureAlgorithm::Es256),
        );
        let mut house = run_of(&op, provider, |builder| builder);
        assert!(signs_in(&mut house).await, "{name}");
        assert_eq!(
            (op.count("/.well-known/openid-configuration"), op.count("/register")),
            (discoveries, registrations),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_initial_access_token_opens_the_registration() {
    let op = op().initial_access_token("let me in");
    let mut without = run(&op);
    let page = without.get("/profile").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    assert!(signs_in(&mut run_of(&op, lab(asked().initial_access_token("let me in")), |builder| builder)).await);
}
