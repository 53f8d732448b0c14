//! Claims that others have than the provider (Core 5.6.2): asked for where the settings say so, and believed where the settings know
//! who signed them.

mod house;

use std::sync::{Arc, Mutex};

use vestibule::{Builder, ClaimsSet, Client, NewLogin, Provider};
use vestibule_provider::DevelopmentProvider;

use crate::house::{CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, log::Log, provider};

/// The claims of the one login with this provider.
async fn claims(op: &DevelopmentProvider, settings: impl FnOnce(Provider) -> Provider) -> ClaimsSet {
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let (clock, seen) = (TestClock::new(), Arc::new(Mutex::new(None)));
    let keep = Arc::clone(&seen);
    let on_login = |builder: Builder| {
        builder.on_login(move |login: NewLogin| {
            *keep.lock().expect("no panic") = Some(login.claims().clone());
            async move { Ok(login) }
        })
    };
    let builder = on_login(bare_builder(op, &clock).provider("corp", settings(corp.scope("openid profile"))));
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
