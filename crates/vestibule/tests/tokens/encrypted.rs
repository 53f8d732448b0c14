//! Refreshed ID Tokens are encrypted as the first one was.

use vestibule::{
    Client, OwnKeys, Provider,
    core::{
        ContentEncryptionAlgorithm::{A128Gcm, A256Gcm},
        KeyManagementAlgorithm::{A128Kw, EcdhEs},
    },
};
use vestibule_provider::{EncryptionFault, Fault, RegisteredClient};

use crate::{
    bench::{LIFETIME, STALE_AFTER, alice_at, around, op, token},
    house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder},
};

/// ID Tokens are encrypted with the client's secret, or for a key of ours.
fn houses() -> [House; 2] {
    [(A128Kw, A128Gcm), (EcdhEs, A256Gcm)].map(|(alg, enc)| {
        let op = op().client(
            RegisteredClient::confidential("my-app", CLIENT_SECRET)
                .redirect_uri(format!("{APP}/auth/callback/corp"))
                .jwks_uri(format!("{APP}/auth/jwks/corp"))
                .id_token_encrypted_response(alg, enc),
        );
        let client = Client::confidential("my-app", CLIENT_SECRET).id_token_encrypted_response(alg, enc);
        let corp = Provider::discovered(ISSUER, client).expect("an issuer").scope("openid offline_access");
        let corp = if alg.is_symmetric() { corp } else { corp.keys(OwnKeys::made()) };
        let clock = TestClock::new();
        let vestibule = bare_builder(&op, &clock).provider("corp", corp).build().expect("the settings hold together");
        let house = around(op, clock, &vestibule);
        house.provider.site(APP, house.app.clone());
        house
    })
}

/// Core 12.2
#[tokio::test]
async fn an_encrypted_id_token_at_refresh_is_read_as_the_first_one_was() {
    for house in houses() {
        let (mut house, first) = alice_at(house).await;
        house.pass(STALE_AFTER);
        let second = token(&mut house).await;
        assert_ne!(second, first);
        house.pass(STALE_AFTER);
        assert_ne!(token(&mut house).await, second);
        assert_eq!(house.provider.tally().refreshes, 2);
    }
}

/// R85, V37
#[tokio::test]
async fn one_in_another_form_is_refused_with_all_that_came_with_it() {
    for fault in [EncryptionFault::Missing, EncryptionFault::Broken, EncryptionFault::PlainClaims] {
        for house in houses() {
            let (mut house, first) = alice_at(house).await;
            house.provider.set_fault(Some(Fault::IdTokenEncryption(fault)));
            house.pass(STALE_AFTER);
            assert_eq!(token(&mut house).await, first, "{fault:?}: the old one, while it holds");
            house.provider.set_fault(None);
            house.pass(LIFETIME);
            let answer = house.browser.fetch(&format!("{APP}/token")).await;
            assert_eq!(answer.status(), 401, "{fault:?}: the refresh token was used up");
            assert_eq!(house.provider.tally().refresh_requests, 1, "{fault:?}");
        }
    }
}
