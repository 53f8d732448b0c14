//! Responses that are refused before anything of them is used: by the exact reason, and with as few requests as that takes.

use vestibule::{ResponseMode, ResponseType};
use vestibule_provider::Fault;

use crate::{
    bench::{Stopped, corp_by, delivery, house, only_reason, only_reason_to_start_over, stopped},
    house::{
        APP, House,
        log::Log,
        rejection::{Delivery, Rejected},
    },
};

const NO_AT_HASH: &str = "the ID Token came with an access token and has no at_hash (Core 3.2.2.10)";
const OTHER_AT_HASH: &str = "the ID Token has an at_hash that does not fit the access token (Core 3.1.3.8)";
const NO_C_HASH: &str = "the ID Token came with a code and has no c_hash (Core 3.3.2.11)";
const OTHER_C_HASH: &str = "the ID Token has a c_hash that does not fit the code (Core 3.3.2.11)";

/// A response of this type and mode that has something wrong with it.
async fn faulty(response_type: ResponseType, mode: Option<ResponseMode>, fault: Fault) -> (House, Stopped) {
    let mut house = house(corp_by(response_type, mode));
    house.provider.set_fault(Some(fault));
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    (house, stopped)
}

/// It is refused, whichever of its ways it comes by.
async fn expect(response_type: ResponseType, fault: &Fault, reason: &str, token_requests: usize) {
    for mode in [None, Some(ResponseMode::FormPost)] {
        let what = format!("{response_type} {mode:?} {fault:?}");
        let (mut house, stopped) = faulty(response_type, mode, fault.clone()).await;
        let (log, _listening) = Log::listen();
        let (url, body) = stopped.delivered_by(stopped.mode);
        let delivery = delivery(stopped.mode, &url, &body);
        let expected = Rejected { token_requests, ..Rejected::with(502) }.burning(delivery);
        house.expect_rejected(delivery, expected).await;
        let failures = log.failures();
        let is_it = |line: &String| line.ends_with(&format!(" reason={reason}"));
        assert!(failures.first().is_some_and(is_it), "{what}: {failures:#?}");
        assert_eq!(house.provider.count("/userinfo"), 0, "{what}");
    }
}

/// R35, Core 3.2.2.9, 3.3.2.10: wrong or missing, and neither the token nor the userinfo endpoint is asked.
#[tokio::test]
async fn a_hash_that_is_wrong_or_missing_in_front_is_refused_before_anything_is_asked() {
    for (response_type, fault, reason) in [
        (ResponseType::CodeIdToken, Fault::WrongCodeHash, OTHER_C_HASH),
        (ResponseType::CodeIdToken, Fault::MissingCodeHash, NO_C_HASH),
        (ResponseType::CodeIdTokenToken, Fault::WrongCodeHash, OTHER_C_HASH),
        (ResponseType::CodeIdTokenToken, Fault::MissingCodeHash, NO_C_HASH),
        (ResponseType::CodeIdTokenToken, Fault::WrongAccessTokenHash, OTHER_AT_HASH),
        (ResponseType::CodeIdTokenToken, Fault::MissingAccessTokenHash, NO_AT_HASH),
        (ResponseType::IdTokenToken, Fault::WrongAccessTokenHash, OTHER_AT_HASH),
        (ResponseType::IdTokenToken, Fault::MissingAccessTokenHash, NO_AT_HASH),
    ] {
        expect(response_type, &fault, reason, 0).await;
    }
}

/// R35: a hash is due only for what came along; from the token endpoint none is due at all, and a wrong one is wrong.
#[tokio::test]
async fn behind_a_hash_may_be_missing_and_may_not_be_wrong() {
    for response_type in [ResponseType::Code, ResponseType::CodeToken] {
        expect(response_type, &Fault::WrongAccessTokenHash, OTHER_AT_HASH, 1).await;
        let (mut house, stopped) = faulty(response_type, None, Fault::MissingAccessTokenHash).await;
        let answer = stopped.arrive(&mut house.browser).await;
        assert_eq!(answer.header("location"), Some("/profile"), "{response_type}");
    }
}

/// R35, V34: every other rule for ID Tokens holds in front, before anything is asked.
#[tokio::test]
async fn an_id_token_in_front_that_breaks_a_rule_is_refused_before_anything_is_asked() {
    let now = "1700000000";
    for (fault, reason) in [
        (Fault::WrongNonce, "the ID Token has a nonce of another login (Core 3.1.3.7 (11))".to_owned()),
        (Fault::LongerNonce, "the ID Token has a nonce of another login (Core 3.1.3.7 (11))".to_owned()),
        (Fault::MissingNonce, "the ID Token has no nonce (Core 3.1.3.7 (11))".to_owned()),
        (
            Fault::WrongIssuer,
            "the ID Token has issuer 'https://stranger.example', expected 'http://127.0.0.1:3001' (Core 3.1.3.7 (2))"
                .to_owned(),
        ),
        (Fault::WrongAudience, "the ID Token is not for client 'my-app' (Core 3.1.3.7 (3))".to_owned()),
        (Fault::MissingSubject, "the ID Token has claims that cannot be read: 'sub' is missing".to_owned()),
        (Fault::Expired, format!("the ID Token expired at 1699996400, and it is {now} (Core 3.1.3.7 (9))")),
    ] {
        for response_type in [ResponseType::IdToken, ResponseType::CodeIdToken, ResponseType::CodeIdTokenToken] {
            expect(response_type, &fault, &reason, 0).await;
        }
    }
}

/// R25, V33, V34
#[tokio::test]
async fn an_id_token_in_front_that_nobody_signed_is_refused_before_anything_is_asked() {
    for fault in [Fault::AlgNone, Fault::BadSignature, Fault::WrongAlgorithm, Fault::HmacUnderPublicKey] {
        for response_type in [ResponseType::IdToken, ResponseType::CodeIdToken, ResponseType::IdTokenToken] {
            let (mut house, stopped) = faulty(response_type, None, fault.clone()).await;
            let (log, _listening) = Log::listen();
            let (url, body) = stopped.delivered_by(stopped.mode);
            let delivery = delivery(stopped.mode, &url, &body);
            house.expect_rejected(delivery, Rejected::with(502).burning(delivery)).await;
            assert!(
                log.failures()[0].contains(" reason=the ID Token is not a usable JWS: "),
                "{fault:?}: {:?}",
                log.failures()
            );
        }
    }
}

/// Core 3.3.3.6: the two ID Tokens of one login are about the same person, or nobody is signed in.
#[tokio::test]
async fn an_id_token_behind_that_is_about_somebody_else_is_refused() {
    let reason = "the ID Token is not of the login that the authorization response was of: its subject is 'somebody-else', \
                  the first one was about 'alice' (Core 3.3.3.6)";
    let fault = Fault::AtTokenEndpoint(Box::new(Fault::WrongSubject));
    for response_type in [ResponseType::CodeIdToken, ResponseType::CodeIdTokenToken] {
        expect(response_type, &fault, reason, 1).await;
    }
}

/// R35: what was asked for, no less and no more.
#[tokio::test]
async fn a_response_that_lacks_a_piece_or_has_one_more_is_refused_before_anything_is_asked() {
    use ResponseType::{Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken};
    for (response_type, fault, piece) in [
        (CodeIdToken, Fault::MissingCode, "no code"),
        (CodeToken, Fault::MissingCode, "no code"),
        (CodeIdTokenToken, Fault::MissingCode, "no code"),
        (IdToken, Fault::MissingFrontChannelIdToken, "no id_token"),
        (CodeIdToken, Fault::MissingFrontChannelIdToken, "no id_token"),
        (CodeIdTokenToken, Fault::MissingFrontChannelIdToken, "no id_token"),
        (IdTokenToken, Fault::MissingFrontChannelAccessToken, "no access_token"),
        (CodeToken, Fault::MissingFrontChannelAccessToken, "no access_token"),
        (Code, Fault::ExtraIdToken, "id_token, which was not asked for"),
        (Code, Fault::ExtraAccessToken, "access_token, which was not asked for"),
        (IdToken, Fault::ExtraCode, "code, which was not asked for"),
        (IdToken, Fault::ExtraAccessToken, "access_token, which was not asked for"),
        (IdTokenToken, Fault::ExtraCode, "code, which was not asked for"),
    ] {
        let reason = format!("the authorization response to response_type {response_type} has {piece}");
        expect(response_type, &fault, &reason, 0).await;
    }
}

/// R30, Form Post 2, Multiple Response Types 2.1: the way that was asked for and no other; the attempt is burnt all the same.
#[tokio::test]
async fn a_response_that_comes_another_way_is_refused() {
    use ResponseMode::{FormPost, Fragment, Query};
    for (response_type, asked, came) in [
        (ResponseType::Code, Query, Fragment),
        (ResponseType::Code, Query, FormPost),
        (ResponseType::Code, Fragment, Query),
        (ResponseType::Code, Fragment, FormPost),
        (ResponseType::Code, FormPost, Query),
        (ResponseType::Code, FormPost, Fragment),
        (ResponseType::CodeIdToken, Fragment, Query),
        (ResponseType::CodeIdToken, Fragment, FormPost),
        (ResponseType::CodeIdToken, FormPost, Query),
        (ResponseType::CodeIdToken, FormPost, Fragment),
    ] {
        let mut house = house(corp_by(response_type, Some(asked)));
        let stopped = stopped(&mut house.browser, "/profile", "alice").await;
        assert_eq!(stopped.mode, asked, "{response_type}");
        let (log, _listening) = Log::listen();
        let ((url, body), (right_url, right_body)) = (stopped.delivered_by(came), stopped.delivered_by(asked));
        // From a page of the application's own: else the cookie of a login by query or fragment does not even come along.
        let wrong =
            if came == Query { Delivery::Redirect(&url) } else { Delivery::Form { from: APP, url: &url, body: &body } };
        let right = delivery(asked, &right_url, &right_body);
        house.expect_rejected(wrong, Rejected::with(502).burning(right)).await;
        let reason = format!("the authorization response came by {came}, asked for by {asked} (Form Post 1.0 2)");
        assert!(log.failures()[0].ends_with(&reason), "{:#?}", log.failures());
    }
}

/// The same when it is the provider that mistakes the way: by a form, the cookie does not even come along (V28).
#[tokio::test]
async fn a_provider_that_mistakes_the_way_signs_nobody_in() {
    use ResponseMode::{FormPost, Fragment, Query};
    for (asked, came, status) in
        [(Query, FormPost, 400), (Fragment, FormPost, 400), (Fragment, Query, 502), (FormPost, Query, 502)]
    {
        let (mut house, stopped) = faulty(ResponseType::Code, Some(asked), Fault::OtherResponseMode(came)).await;
        assert_eq!(stopped.mode, came);
        let (url, body) = stopped.delivered_by(came);
        let (log, _listening) = Log::listen();
        let reason = match status {
            400 => {
                house.expect_started_over(delivery(came, &url, &body), None).await;
                only_reason_to_start_over(&log)
            }
            _ => {
                house.expect_rejected(delivery(came, &url, &body), Rejected::with(status)).await;
                only_reason(&log)
            }
        };
        assert!(!reason.is_empty());
    }
}
