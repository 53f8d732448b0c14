//! The application looks after its registration (RFC 7592): it reads, updates and ends it.

use std::{
    error::Error,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tokio::sync::Notify;
use vestibule::{
    Client, ClientMetadata, ClientRegistration, HttpClient, HttpError, ProviderError, RegistrationError, SecretKey,
    SignatureAlgorithm, Vestibule,
    core::{
        Limits, Misbehaviour, ProtocolError,
        error::InvalidRegistration,
        http_client::Answer,
        registration::management::{ManagementRefused, Unmanageable},
    },
};
use vestibule_provider::{DevelopmentProvider, Fault, RecordedRequest};

use crate::{
    house::{APP, House, TestClock},
    lab::{Shelf, asked, lab, op, signs_in},
};

/// One run of the program, and what it has of its registration.
struct Run {
    house: House,
    registration: ClientRegistration,
}

/// A run with another way to the provider, and wishes of its own.
fn run_over(op: &DevelopmentProvider, http: impl HttpClient + 'static, shelf: &Shelf, asked: ClientMetadata) -> Run {
    let clock = TestClock::new();
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).provider("lab", lab(asked));
    let builder = builder.http_client(http).clock(clock.clone()).registrations(shelf.clone());
    let vestibule = builder.build().expect("the settings hold together");
    let registration = vestibule.registration("lab");
    Run { house: House::around(op.clone(), clock, &vestibule), registration }
}

fn run(op: &DevelopmentProvider, shelf: &Shelf) -> Run {
    run_over(op, op.clone(), shelf, asked())
}

/// A run in which somebody has signed in already.
async fn registered(op: &DevelopmentProvider, shelf: &Shelf) -> Run {
    let mut run = run(op, shelf);
    assert!(signs_in(&mut run.house).await);
    run
}

async fn read_id(run: &Run) -> String {
    let information = run.registration.read().await.expect("registered");
    information.client().client_id().to_owned()
}

fn of_management(op: &DevelopmentProvider) -> Vec<RecordedRequest> {
    op.requests().into_iter().filter(|request| request.path == "/registration").collect()
}

#[tokio::test]
async fn a_registration_is_read_and_updated_under_the_id_that_it_has() {
    let (op, shelf) = (op(), Shelf::default());
    let mut run = registered(&op, &shelf).await;
    let id = read_id(&run).await;
    let updated = run.registration.update().await.expect("updated");
    assert_eq!(updated.client().client_id(), id);
    let requests = of_management(&op);
    assert_eq!(requests.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(), ["GET", "PUT"]);
    let sent: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!((&sent["client_id"], &sent["client_name"]), (&id.into(), &"Photo Album".into()));
    run.house.browser = run.house.another_browser();
    assert!(signs_in(&mut run.house).await);
    assert_eq!(op.count("/register"), 1);
}

/// RFC 7592 5
#[tokio::test]
async fn an_access_that_the_provider_changed_is_the_one_that_is_shown_next_also_by_the_next_run() {
    let (op, shelf) = (op().rotates_registration_access_tokens(), Shelf::default());
    let first = registered(&op, &shelf).await;
    for _ in 0..2 {
        first.registration.update().await.expect("updated");
    }
    let next = run(&op, &shelf);
    next.registration.update().await.expect("updated by the next run, before anybody signs in");
    first.registration.read().await.expect("the first one looks into the store");
    assert_eq!(op.count("/register"), 1);
}

#[tokio::test]
async fn whoever_comes_at_the_same_time_waits_for_the_new_access() {
    let (op, shelf) = (op().rotates_registration_access_tokens(), Shelf::default());
    let run = registered(&op, &shelf).await;
    let hold = op.hold("/registration");
    let both = async { tokio::join!(run.registration.update(), run.registration.update()) };
    let (both, ()) = tokio::join!(both, async {
        hold.until_waiting(1).await;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hold.waiting(), 1);
        hold.release();
    });
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
}

/// A provider whose answers to an update take their time on the way.
#[derive(Clone)]
struct FarAway {
    op: DevelopmentProvider,
    answered: Arc<Notify>,
    arrives: Arc<Notify>,
}

impl HttpClient for FarAway {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            let is_update = request.method() == "PUT";
            let response = self.op.send(request, limits).await?;
            if is_update {
                self.answered.notify_one();
                self.arrives.notified().await;
            }
            Ok(response)
        })
    }
}

#[tokio::test]
async fn whoever_hangs_up_does_not_lose_the_new_access() {
    let op = op().rotates_registration_access_tokens();
    let far = FarAway { op: op.clone(), answered: Arc::default(), arrives: Arc::default() };
    let mut run = run_over(&op, far.clone(), &Shelf::default(), asked());
    assert!(signs_in(&mut run.house).await);
    let updating = tokio::spawn({
        let registration = run.registration.clone();
        async move { registration.update().await.is_ok() }
    });
    far.answered.notified().await;
    updating.abort();
    assert!(updating.await.expect_err("hung up").is_cancelled());
    far.arrives.notify_one();
    run.registration.read().await.expect("the new access was kept");
}

/// RFC 7592 2.3
#[tokio::test]
async fn a_registration_that_was_deleted_is_forgotten_and_the_next_login_registers_anew() {
    let (op, shelf) = (op(), Shelf::default());
    let mut one = registered(&op, &shelf).await;
    let id = read_id(&one).await;
    one.registration.delete().await.expect("deleted");
    assert!(op.registered(&id).is_none());
    assert_eq!(one.house.me().await.as_deref(), Some("alice"), "people stay signed in");
    for run in [&one, &run(&op, &shelf)] {
        let again = run.registration.delete().await;
        assert!(matches!(again, Err(RegistrationError::NotRegistered)), "{again:?}");
    }
    one.house.browser = one.house.another_browser();
    assert!(signs_in(&mut one.house).await);
    assert_eq!(op.count("/register"), 2);
    assert_ne!(read_id(&one).await, id);
}

#[tokio::test]
async fn before_anybody_signed_in_there_is_nothing_to_look_after() {
    let op = op();
    let run = run(&op, &Shelf::default());
    let read = run.registration.read().await;
    assert!(matches!(read, Err(RegistrationError::NotRegistered)), "{read:?}");
    assert_eq!((op.count("/register"), op.count("/registration")), (0, 0));
}

#[tokio::test]
async fn a_client_that_was_registered_by_hand_is_somebody_elses_to_look_after() {
    let op = op();
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).http_client(op.clone());
    let given = vestibule::Provider::discovered(crate::house::ISSUER, Client::public("given")).expect("an issuer");
    let vestibule = builder.provider("corp", given).build().expect("the settings hold together");
    let read = vestibule.registration("corp").read().await;
    assert!(matches!(read, Err(RegistrationError::GivenClient)), "{read:?}");
    assert_eq!(op.requests().len(), 0);
}

#[test]
#[should_panic(expected = "registration(\"corp\"): no provider of this name")]
fn a_name_that_no_provider_has_panics() {
    let builder = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).http_client(op());
    let _ = builder.provider("lab", lab(asked())).build().expect("the settings hold together").registration("corp");
}

/// 401 says that the access is no good, or that the client is gone (RFC 7592 2.1). What is there may still be good for logins, so
/// only who gives it up forgets it.
#[tokio::test]
async fn a_client_that_the_provider_forgot_is_kept_until_it_is_deleted() {
    let (op, shelf) = (op(), Shelf::default());
    let run = registered(&op, &shelf).await;
    op.forget_clients();
    let results = [
        run.registration.read().await.map(drop),
        run.registration.update().await.map(drop),
        run.registration.delete().await,
    ];
    for result in results {
        assert!(matches!(result, Err(RegistrationError::Refused(ManagementRefused::Token))), "{result:?}");
    }
    let read = run.registration.read().await;
    assert!(matches!(read, Err(RegistrationError::NotRegistered)), "{read:?}");
}

#[tokio::test]
async fn what_goes_wrong_is_named_and_changes_nothing() {
    let (op, shelf) = (op(), Shelf::default());
    let run = registered(&op, &shelf).await;
    let id = read_id(&run).await;
    op.set_fault(Some(Fault::Unreachable));
    let unreachable = run.registration.delete().await.expect_err("nobody answers");
    assert!(matches!(&unreachable, RegistrationError::Provider(ProviderError::Unreachable(_))), "{unreachable:?}");
    op.set_fault(Some(Fault::RegistrationOfAnother));
    let another = run.registration.read().await.expect_err("another client");
    let RegistrationError::Provider(ProviderError::Protocol(ProtocolError::Misbehaved(reason))) = &another else {
        panic!("{another:?}")
    };
    assert!(matches!(reason, Misbehaviour::Registration(InvalidRegistration::ClientId { .. })), "{reason:?}");
    op.set_fault(None);
    shelf.broken.store(1, Ordering::SeqCst);
    let store = run.registration.delete().await.expect_err("the store cannot say");
    assert!(matches!(&store, RegistrationError::Provider(ProviderError::Store(_))), "{store:?}");
    shelf.broken.store(0, Ordering::SeqCst);
    assert_eq!(read_id(&run).await, id);
}

/// A provider that gives no access to registrations.
#[derive(Clone)]
pub(crate) struct WithoutAccess(pub(crate) DevelopmentProvider);

impl HttpClient for WithoutAccess {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            let response: Response<Bytes> = self.0.send(request, limits).await?;
            let (parts, body) = response.into_parts();
            let mut object: Value =
                serde_json::from_slice(&body).map_err(|error| HttpError::Transport(error.into()))?;
            if let Some(members) = object.as_object_mut() {
                members.remove("registration_client_uri");
            }
            Ok(Response::from_parts(parts, object.to_string().into()))
        })
    }
}

#[tokio::test]
async fn a_registration_without_access_cannot_be_looked_after() {
    let op = op();
    let mut run = run_over(&op, WithoutAccess(op.clone()), &Shelf::default(), asked());
    assert!(signs_in(&mut run.house).await);
    let error = run.registration.update().await.expect_err("no access");
    let expected = Unmanageable::NoAccess { member: "registration_client_uri" };
    assert!(matches!(&error, RegistrationError::NotManageable(reason) if *reason == expected), "{error:?}");
    assert_eq!(error.source().map(ToString::to_string), Some(expected.to_string()));
    assert_eq!(op.count("/registration"), 0);
}

/// What is asked for follows the provider's metadata: what was remembered of the old wishes does not come back.
#[tokio::test(start_paused = true)]
async fn an_update_to_what_is_asked_for_now_is_remembered_as_that() {
    let (op, shelf) = (op().advertises("backchannel_logout_supported", false), Shelf::default());
    let one = registered(&op, &shelf).await;
    let _ = op.clone().advertises("backchannel_logout_supported", true);
    let before = run(&op, &shelf);
    let read = before.registration.read().await;
    assert!(matches!(read, Err(RegistrationError::NotRegistered)), "made for other wishes: {read:?}");
    tokio::time::advance(Duration::from_secs(48 * 3600)).await;
    // The metadata is stale: this one still goes by it, and has it fetched.
    let id = read_id(&one).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    one.registration.update().await.expect("updated");
    let sent: Value = serde_json::from_slice(&of_management(&op).pop().expect("a request").body).expect("JSON");
    assert!(sent.get("backchannel_logout_uri").is_some(), "{sent}");
    assert_eq!(read_id(&run(&op, &shelf)).await, id);
    let _ = op.clone().advertises("backchannel_logout_supported", false);
    let read = run(&op, &shelf).registration.read().await;
    assert!(matches!(read, Err(RegistrationError::NotRegistered)), "what it was made for first: {read:?}");
}

/// A machine that goes by what was registered before is told so by the provider, and then finds what another one has kept.
#[tokio::test(start_paused = true)]
async fn a_machine_that_did_not_hear_of_an_update_finds_it_and_does_not_register_anew() {
    let (op, shelf) = (op(), Shelf::default());
    let (one, mut other) = (registered(&op, &shelf).await, registered(&op, &shelf).await);
    let _ = op.clone().substitutes_at_registration("token_endpoint_auth_method", "client_secret_post");
    one.registration.update().await.expect("updated");
    tokio::time::advance(Duration::from_secs(61)).await;
    other.house.browser = other.house.another_browser();
    let page = other.house.sign_in("/profile", "alice").await;
    assert_eq!(page.status(), 502, "it still proves itself in the old way");
    assert_eq!(other.house.get("/profile").await.text(), "profile of alice");
    assert_eq!(op.count("/register"), 1);
}

/// The next run remembers the registration, and no keys: the provider may look for them at once.
#[tokio::test]
async fn the_keys_that_are_asked_for_are_there_before_an_update() {
    let (op, shelf) = (op(), Shelf::default());
    let by_key = || asked().request_object_signing_alg(SignatureAlgorithm::Es256);
    let mut before = run_over(&op, op.clone(), &shelf, by_key());
    before.house.get("/profile").await;
    let mut next = run_over(&op, op.clone(), &shelf, by_key());
    assert_eq!(next.house.get("/auth/jwks/lab").await.status(), 404);
    next.registration.update().await.expect("updated");
    assert_eq!(next.house.get("/auth/jwks/lab").await.status(), 200);
    assert_eq!(op.count("/register"), 1);
}
