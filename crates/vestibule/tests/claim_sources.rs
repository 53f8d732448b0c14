//! Claims that others have than the provider (Core 5.6.2): asked for where the settings say so, and believed where the settings know
//! who signed them.

mod house;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use vestibule::{
    AccessToken, Builder, ClaimsSet, Client, HttpClient, NewLogin, Provider, SignatureAlgorithm, TokenError,
    core::{Limits, http_client::Answer, jose::SigningKey},
};
use vestibule_provider::{Browser, DevelopmentProvider};

use crate::house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, log::Log, provider};

/// The claims of the one login with this provider.
async fn claims(op: &DevelopmentProvider, settings: impl FnOnce(Provider) -> Provider) -> ClaimsSet {
    claims_over(op, op.clone(), settings).await
}

/// The same with another way to it.
async fn claims_over(
    op: &DevelopmentProvider,
    http: impl HttpClient + 'static,
    settings: impl FnOnce(Provider) -> Provider,
) -> ClaimsSet {
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let (clock, seen) = (TestClock::new(), Arc::new(Mutex::new(None)));
    let keep = Arc::clone(&seen);
    let on_login = |builder: Builder| {
        builder.on_login(move |login: NewLogin| {
            *keep.lock().expect("no panic") = Some(login.claims().clone());
            async move { Ok(login) }
        })
    };
    let builder =
        on_login(bare_builder(op, &clock).http_client(http).provider("corp", settings(corp.scope("openid profile"))));
    let vestibule = builder.build().expect("the settings hold together");
    let mut house = House::around(op.clone(), clock, &vestibule);
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    let claims = seen.lock().expect("no panic").take();
    claims.expect("a login")
}

/// R84
#[tokio::test]
async fn distributed_claims_are_left_where_they_are_unless_the_settings_say_so() {
    let op = provider().with_distributed_claims();
    let claims = claims(&op, |corp| corp).await;
    assert_eq!((op.count("/claims"), claims.claim("credit_score")), (0, None));
}

#[tokio::test]
async fn distributed_claims_that_a_provider_of_ours_signed_are_the_persons() {
    let op = provider().with_distributed_claims();
    let claims = claims(&op, Provider::distributed_claims).await;
    assert_eq!((op.count("/claims"), claims.claim("credit_score")), (1, Some(&650.into())));
}

#[tokio::test]
async fn aggregated_claims_that_nobody_signed_are_nobodys() {
    let op = provider().with_aggregated_claims();
    let (log, _listening) = Log::listen();
    let claims = claims(&op, Provider::distributed_claims).await;
    assert_eq!((claims.claim("shipping_address"), claims.claim("payment_info")), (None, None));
    assert!(log.lines().iter().any(|line| line.contains("claims from elsewhere were left out")), "{:?}", log.lines());
}

/// They can have access tokens in them, and are of no use to anybody else.
#[tokio::test]
async fn where_claims_are_is_for_us_alone() {
    let claims = claims(&provider().with_aggregated_claims().with_distributed_claims(), |corp| corp).await;
    assert_eq!((claims.claim("_claim_names"), claims.claim("_claim_sources")), (None, None));
    assert!(claims.claim("name").is_some());
}

#[tokio::test]
async fn a_source_that_does_not_answer_costs_nobody_their_login() {
    for endpoint in ["http://127.0.0.1:3001/nowhere", "no URL"] {
        let op = provider().with_distributed_claims_at(endpoint);
        let claims = claims(&op, Provider::distributed_claims).await;
        assert_eq!(claims.claim("credit_score"), None, "{endpoint}");
    }
}

/// The provider with one more key in its key set, and aggregated claims that this key signed in the name of some issuer.
#[derive(Clone)]
struct Aggregating {
    op: DevelopmentProvider,
    key: Arc<SigningKey>,
    issuer: &'static str,
    /// Which fetch of its key set is the first one to have the key.
    publishes_from: usize,
    fetched: Arc<AtomicUsize>,
    /// Whom the aggregated claims say that they are about.
    sub: Option<&'static str>,
}

impl Aggregating {
    fn new(op: &DevelopmentProvider, issuer: &'static str) -> Self {
        let key = SigningKey::generate(SignatureAlgorithm::Rs256).expect("a key").with_kid("of the test");
        Self { op: op.clone(), key: Arc::new(key), issuer, publishes_from: 0, fetched: Arc::default(), sub: None }
    }

    fn token(&self) -> String {
        let sub = self.sub.map(|sub| ("sub".to_owned(), json!(sub)));
        let claims =
            json!({"iss": self.issuer, "shipping_address": {"locality": "Oxford"}, "email": "mallory@example.com"});
        let claims: Value = claims.as_object().expect("an object").clone().into_iter().chain(sub).collect();
        self.key.sign("JWT", claims.to_string().as_bytes()).expect("signed")
    }

    fn add_to(&self, path: &str, object: &mut Value) {
        if let ("/jwks", Some(keys)) = (path, object.get_mut("keys").and_then(Value::as_array_mut))
            && self.fetched.fetch_add(1, Ordering::SeqCst) >= self.publishes_from
        {
            keys.push(self.key.public_jwk());
        }
        if let ("/userinfo", Some(claims)) = (path, object.as_object_mut()) {
            claims.insert("_claim_names".to_owned(), json!({"shipping_address": "src1"}));
            claims.insert("_claim_sources".to_owned(), json!({"src1": {"JWT": self.token()}}));
        }
    }
}

impl HttpClient for Aggregating {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let (mut parts, body) = self.op.send(request, limits).await?.into_parts();
            let Ok(mut object) = serde_json::from_slice(&body) else { return Ok(Response::from_parts(parts, body)) };
            self.add_to(&path, &mut object);
            parts.headers.remove("etag");
            Ok(Response::from_parts(parts, object.to_string().into()))
        })
    }
}

/// They come along, so nobody is asked for them; what the source says besides was not asked of it.
#[tokio::test]
async fn aggregated_claims_that_a_provider_of_ours_signed_are_the_persons_without_a_setting() {
    let op = provider();
    let claims = claims_over(&op, Aggregating::new(&op, ISSUER), |corp| corp).await;
    assert_eq!(claims.claim("shipping_address"), Some(&json!({"locality": "Oxford"})));
    assert_eq!(claims.claim("email"), None, "not among those that are said to be there");
    assert_eq!((claims.claim("_claim_names"), claims.claim("_claim_sources")), (None, None));
}

/// R77: the keys of whoever signed them may have changed since.
#[tokio::test]
async fn aggregated_claims_by_a_key_that_is_new_are_verified_once_the_keys_were_fetched_anew() {
    let op = provider();
    let late = Aggregating { publishes_from: 1, ..Aggregating::new(&op, ISSUER) };
    let fetched = Arc::clone(&late.fetched);
    let claims = claims_over(&op, late, |corp| corp).await;
    assert_eq!(claims.claim("shipping_address"), Some(&json!({"locality": "Oxford"})));
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
}

/// R81, Core 5.6.2: what the provider itself signed of somebody else is not about who signs in.
#[tokio::test]
async fn aggregated_claims_that_the_provider_signed_of_somebody_else_are_nobodys() {
    for (sub, is_theirs) in [("alice", true), ("mallory", false)] {
        let op = provider();
        let (log, _listening) = Log::listen();
        let other = Aggregating { sub: Some(sub), ..Aggregating::new(&op, ISSUER) };
        let claims = claims_over(&op, other, |corp| corp).await;
        assert_eq!(claims.claim("shipping_address").is_some(), is_theirs, "{sub}");
        assert_eq!(log.lines().iter().any(|line| line.contains("about subject 'mallory'")), !is_theirs);
    }
}

/// V78: whoever the settings do not name vouches for nothing, however good the signature.
#[tokio::test]
async fn aggregated_claims_of_an_issuer_that_the_settings_do_not_name_are_nobodys() {
    let op = provider();
    let (log, _listening) = Log::listen();
    let claims =
        claims_over(&op, Aggregating::new(&op, "https://stranger.example"), Provider::distributed_claims).await;
    assert_eq!(claims.claim("shipping_address"), None);
    let why = "the settings have no provider of this issuer";
    assert!(log.lines().iter().any(|line| line.contains(why)), "{:?}", log.lines());
}

#[tokio::test]
async fn aggregated_claims_in_the_name_of_a_provider_of_ours_that_it_did_not_sign_are_nobodys() {
    let op = provider();
    let (log, _listening) = Log::listen();
    let unknown = Aggregating { publishes_from: usize::MAX, ..Aggregating::new(&op, ISSUER) };
    let claims = claims_over(&op, unknown, |corp| corp).await;
    assert_eq!(claims.claim("shipping_address"), None);
    assert!(log.lines().iter().any(|line| line.contains("no key")), "{:?}", log.lines());
}

/// The application asks by itself: nobody has verified then what others say, and where it is stays with us.
#[tokio::test]
async fn what_is_elsewhere_is_left_out_of_what_the_application_is_told_when_it_asks_by_itself() {
    async fn names(token: AccessToken) -> Result<String, TokenError> {
        let claims = token.userinfo().await?;
        let names = ["name", "_claim_names", "_claim_sources", "shipping_address", "credit_score"];
        Ok(names.into_iter().filter(|name| claims.claim(name).is_some()).collect::<Vec<_>>().join(" "))
    }
    let op = provider().with_aggregated_claims().with_distributed_claims();
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let builder = bare_builder(&op, &TestClock::new()).provider("corp", corp.scope("openid profile"));
    let vestibule = builder.build().expect("the settings hold together");
    let mut browser = Browser::new();
    browser.site(APP, vestibule.wrap(Router::new().route("/names", get(names))));
    browser.site(ISSUER, op.router());
    let clock = TestClock::new();
    op.set_now(vestibule::Clock::now(&clock));
    browser.set_now(vestibule::Clock::now(&clock));
    let page = browser.get(&format!("{APP}/names")).await;
    assert_eq!(browser.sign_in_as(&page, "alice").await.text(), "name");
    assert_eq!(op.count("/userinfo"), 2, "at login, and by the application");
}
