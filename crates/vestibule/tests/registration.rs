//! Clients that register themselves: once, remembered, and again when they must.

mod house;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use house::{APP, House, ISSUER, TestClock};
use serde_json::{Value, json};
use vestibule::{
    Builder, ClientMetadata, FileRegistrationStore, Provider, ProviderMetadata, RegistrationStore, SecretKey,
    SignatureAlgorithm, StoreError, TokenEndpointAuthMethod, Vestibule, registration_store::Answer,
};
use vestibule_provider::{DevelopmentProvider, Fault, User};

/// Keys and sealed values, the newest last.
type Kept = Vec<(String, Vec<u8>)>;

/// A store in memory that two runs of a program can share, and that can be made to fail.
#[derive(Clone, Debug, Default)]
struct Shelf {
    kept: Arc<Mutex<Kept>>,
    broken: Arc<AtomicUsize>,
}

impl RegistrationStore for Shelf {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let found = self
            .kept
            .lock()
            .expect("no panic")
            .iter()
            .rev()
            .find(|(kept, _)| kept == key)
            .map(|(_, value)| value.clone());
        let broken = self.broken.load(Ordering::SeqCst) > 0;
        Box::pin(std::future::ready(if broken { Err(StoreError::transient("on purpose")) } else { Ok(found) }))
    }

    fn save<'a>(&'a self, key: &'a str, sealed: Vec<u8>) -> Answer<'a, ()> {
        self.kept.lock().expect("no panic").push((key.to_owned(), sealed));
        Box::pin(std::future::ready(Ok(())))
    }
}

fn op() -> DevelopmentProvider {
    DevelopmentProvider::new(ISSUER).expect("an issuer").user(User::new("alice").claim("name", "Alice"))
}

fn asked() -> ClientMetadata {
    ClientMetadata::new("Photo Album")
        .contact("ops@example.com")
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

fn lab(asked: ClientMetadata) -> Provider {
    Provider::discovered(ISSUER, asked).expect("an issuer").scope("openid profile")
}

/// One run of a program with this provider and these settings.
fn run_of(op: &DevelopmentProvider, lab: Provider, settings: impl FnOnce(Builder) -> Builder) -> House {
    let clock = TestClock::new();
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).provider("lab", lab);
    let vestibule =
        settings(builder.http_client(op.clone()).clock(clock.clone())).build().expect("the settings hold together");
    House::around(op.clone(), clock, &vestibule)
}

fn run(op: &DevelopmentProvider) -> House {
    run_of(op, lab(asked()), |builder| builder)
}

async fn signs_in(house: &mut House) -> bool {
    let page = house.sign_in("/profile", "alice").await;
    (page.status().as_u16(), page.text()) == (200, "profile of alice")
}

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
async fn a_restart_does_not_register_again_but_a_changed_redirect_uri_does() {
    let (op, shelf) = (op(), Shelf::default());
    let with_shelf = |provider, key: u8| {
        run_of(&op, provider, |builder| {
            builder.secret_key(SecretKey::from_bytes([key; 32])).registrations(shelf.clone())
        })
    };
    assert!(signs_in(&mut with_shelf(lab(asked()), 7)).await);
    assert!(signs_in(&mut with_shelf(lab(asked()), 7)).await);
    assert_eq!(op.count("/register"), 1);
    assert!(signs_in(&mut with_shelf(lab(asked()).redirect_path("/redirect_uri"), 7)).await);
    assert_eq!(op.count("/register"), 2, "another redirect URI");
    assert!(signs_in(&mut with_shelf(lab(asked()), 7)).await);
    assert_eq!(op.count("/register"), 2, "the first is still remembered");
}

#[tokio::test]
async fn without_a_store_every_start_registers_and_nobody_is_signed_out() {
    let op = op();
    let mut house = run(&op);
    assert!(signs_in(&mut house).await);
    let restarted = run(&op);
    house.browser.site(APP, restarted.app.clone());
    assert_eq!(house.me().await.as_deref(), Some("alice"), "the session outlives the registration");
    assert_eq!(op.count("/register"), 1, "and needs none");
}

/// R102
#[tokio::test]
async fn what_is_remembered_is_sealed() {
    let (op, directory) = (op(), std::env::temp_dir().join(format!("vestibule-registrations-{}", std::process::id())));
    let store = || FileRegistrationStore::new(&directory).expect("a directory");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    let files: Vec<_> =
        std::fs::read_dir(&directory).expect("readable").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files.len(), 1);
    let kept = std::fs::read_to_string(&files[0]).expect("text");
    assert!(!kept.contains("client") && !kept.contains('{'), "{kept}");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    assert_eq!(op.count("/register"), 1);

    // A file that was tampered with is as good as none.
    std::fs::write(&files[0], "tampered").expect("writable");
    assert!(signs_in(&mut run_of(&op, lab(asked()), |builder| builder.registrations(store()))).await);
    assert_eq!(op.count("/register"), 2);
    std::fs::remove_dir_all(directory).expect("removed");
}

#[tokio::test]
async fn a_store_that_cannot_say_is_not_a_store_that_has_none() {
    let (op, shelf) = (op(), Shelf::default());
    let mut house = run_of(&op, lab(asked()), |builder| builder.registrations(shelf.clone()));
    shelf.broken.store(1, Ordering::SeqCst);
    let page = house.get("/profile").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"));
    assert_eq!(op.count("/register"), 0);
    shelf.broken.store(0, Ordering::SeqCst);
    assert!(signs_in(&mut house).await);
}

/// R101
#[tokio::test(start_paused = true)]
async fn an_expired_secret_leads_to_one_new_registration() {
    let op = op().registered_secrets_expire_after(3600);
    let mut house = run(&op);
    assert!(signs_in(&mut house).await);
    house.pass(3500);
    tokio::time::advance(Duration::from_secs(3500)).await;
    let mut second = house.another_browser();
    second.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 1, "still good");
    house.pass(60);
    tokio::time::advance(Duration::from_secs(60)).await;
    second.get_without_redirects(&format!("{APP}/profile")).await;
    second.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 2);
}

/// R101
#[tokio::test(start_paused = true)]
async fn a_provider_whose_secrets_end_at_once_is_not_stormed() {
    let op = op().registered_secrets_expire_after(1);
    let house = run(&op);
    let mut browser = house.another_browser();
    for _ in 0..100 {
        browser.get_without_redirects(&format!("{APP}/profile")).await;
    }
    assert_eq!(op.count("/register"), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    browser.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_provider_forgot_registers_once_more() {
    let (op, shelf) = (op(), Shelf::default());
    let with_shelf = |_: ()| run_of(&op, lab(asked()), |builder| builder.registrations(shelf.clone()));
    assert!(signs_in(&mut with_shelf(())).await);
    // The next run remembers a client that the provider forgot between the login and the token request.
    let mut house = with_shelf(());
    let callback = house.callback_url("/profile").await;
    op.set_fault(Some(Fault::InvalidClient));
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    op.set_fault(None);
    op.forget_clients();
    // The provider still knows alice, though it forgot us.
    assert_eq!(house.get("/profile").await.text(), "profile of alice", "the next login has a new client");
    assert_eq!(op.count("/register"), 2);
    assert!(signs_in(&mut with_shelf(())).await, "and it is remembered");
    assert_eq!(op.count("/register"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_knows_no_client_at_all_is_not_stormed() {
    let op = op();
    let mut house = run(&op);
    op.set_fault(Some(Fault::InvalidClient));
    for _ in 0..5 {
        let callback = house.callback_url("/profile").await;
        assert_eq!(house.browser.get(&callback).await.status().as_u16(), 502);
    }
    assert_eq!(op.count("/register"), 1);
}

#[tokio::test]
async fn an_initial_access_token_opens_the_registration() {
    let op = op().initial_access_token("let me in");
    let mut without = run(&op);
    let page = without.get("/profile").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    assert!(signs_in(&mut run_of(&op, lab(asked().initial_access_token("let me in")), |builder| builder)).await);
}

/// R100
#[tokio::test]
async fn an_answer_that_cannot_be_used_ends_the_login_before_it_began() {
    let refused = Fault::RegistrationError { error: "invalid_client_metadata".to_owned(), error_description: None };
    for fault in [
        refused,
        Fault::RegistrationServerError,
        Fault::RegistrationRedirectUriChanged,
        Fault::RegistrationEmptyClientId,
        Fault::RegistrationAuthMethodUnusable,
    ] {
        let op = op();
        op.set_fault(Some(fault.clone()));
        let mut house = run(&op);
        let page = house.get("/profile").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"), "{fault:?}");
        assert_eq!((op.count("/register"), op.count("/authorize")), (1, 0), "{fault:?}");
        op.set_fault(None);
        assert!(signs_in(&mut house).await, "{fault:?}");
    }
}
