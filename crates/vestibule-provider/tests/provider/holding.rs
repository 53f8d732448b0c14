use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http::{Request, StatusCode};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::Instant};
use url::form_urlencoded;
use vestibule::Clock;
use vestibule_core::{NumericDate, SignatureAlgorithm::Es256};
use vestibule_provider::{DevelopmentProvider, Fault, RegisteredClient, User};

use crate::party::{
    NOW, REDIRECT_URI, VERIFIER, authorize_url, browser, claims, json, login, parameter, post, provider, provider_at,
    send, text,
};

async fn token(provider: &DevelopmentProvider) -> StatusCode {
    send(provider, Request::post("http://127.0.0.1:3001/token"), "").await.status()
}

#[tokio::test]
async fn requests_wait_until_they_are_let_on_all_at_once() {
    let provider = provider();
    let hold = provider.hold("/token");
    let release = async {
        hold.until_waiting(3).await;
        assert_eq!((hold.waiting(), provider.count("/token")), (3, 3));
        // Nobody else waits.
        assert_eq!(send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await.status(), StatusCode::OK);
        hold.release();
    };
    let (first, second, third, ()) = tokio::join!(token(&provider), token(&provider), token(&provider), release);
    assert_eq!([first, second, third], [StatusCode::BAD_REQUEST; 3]);
    assert_eq!(token(&provider).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_hold_that_is_dropped_lets_on() {
    let provider = provider_at("http://127.0.0.1:3001/op");
    let hold = provider.hold("/token");
    let request = send(&provider, Request::post("http://127.0.0.1:3001/op/token"), "");
    let (answer, ()) = tokio::join!(request, async {
        hold.until_waiting(1).await;
        drop(hold);
    });
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn two_holds_are_both_waited_for() {
    let provider = provider();
    let (first, second) = (provider.hold("/token"), provider.hold("/token"));
    let (status, ()) = tokio::join!(token(&provider), async {
        first.until_waiting(1).await;
        first.release();
        second.until_waiting(1).await;
        second.release();
    });
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoever_gives_up_waits_no_longer() {
    let provider = provider();
    let hold = provider.hold("/token");
    {
        let mut request = pin!(token(&provider));
        tokio::select! {
            status = &mut request => panic!("answered with {status}"),
            () = hold.until_waiting(1) => {}
        }
    }
    assert_eq!((hold.waiting(), provider.count("/token")), (0, 1));
}

#[tokio::test]
async fn the_fault_is_that_of_the_moment_of_release() {
    let provider = provider();
    let hold = provider.hold("/token");
    let (status, ()) = tokio::join!(token(&provider), async {
        hold.until_waiting(1).await;
        provider.set_fault(Some(Fault::ServerError));
        hold.release();
    });
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// The refresh token of a login that asks for offline access.
async fn refresh_token(provider: &DevelopmentProvider) -> String {
    let answer = login(provider, &mut browser(provider), "openid offline_access").await;
    text(&answer, "refresh_token").to_owned()
}

async fn refresh(provider: &DevelopmentProvider, refresh_token: &str) -> StatusCode {
    post(provider, "/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await.status()
}

#[tokio::test]
async fn an_answer_that_is_held_has_used_the_refresh_token_up() {
    let provider = provider();
    let token = refresh_token(&provider).await;
    let hold = provider.hold_answers("/token");
    let (status, ()) = tokio::join!(refresh(&provider, &token), async {
        hold.until_waiting(1).await;
        assert_eq!((provider.tally().rotations, provider.tally().refreshes_unheard), (1, 0));
        hold.release();
    });
    assert_eq!((status, provider.tally().refreshes_unheard), (StatusCode::OK, 0));
    assert_eq!((refresh(&provider, &token).await, provider.tally().reuses_detected), (StatusCode::BAD_REQUEST, 1));
}

#[tokio::test]
async fn who_hangs_up_before_the_answer_is_counted_unless_there_was_nothing_to_hear() {
    let provider = provider();
    let token = refresh_token(&provider).await;
    for (presented, unheard) in [(token.as_str(), 1), ("another", 1)] {
        let hold = provider.hold_answers("/token");
        {
            let mut request = pin!(refresh(&provider, presented));
            tokio::select! {
                status = &mut request => panic!("answered with {status}"),
                () = hold.until_waiting(1) => {}
            }
        }
        assert_eq!((hold.waiting(), provider.tally().refreshes_unheard), (0, unheard), "{presented}");
    }
    assert_eq!(provider.tally().rotations, 1);
}

/// A process that was killed.
#[tokio::test]
async fn who_hangs_up_on_a_port_is_noticed() {
    let provider = provider();
    let token = refresh_token(&provider).await;
    let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = bound.local_addr().expect("an address");
    let serving = tokio::spawn(bound.serve());
    let hold = provider.hold_answers("/token");
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let body = format!("grant_type=refresh_token&refresh_token={token}");
    let head = "POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded";
    let authorization = "Authorization: Basic cnA6cyUzQSUyNSUyQiVDMyVBOQ==";
    let request = format!("{head}\r\n{authorization}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    connection.write_all(request.as_bytes()).await.expect("a connection");
    hold.until_waiting(1).await;
    drop(connection);
    while provider.tally().refreshes_unheard == 0 {
        tokio::task::yield_now().await;
    }
    serving.abort();
    assert_eq!((hold.waiting(), provider.tally().rotations), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn answers_take_as_long_as_is_drawn_for_each() {
    let provider = provider();
    let drawn = AtomicU64::new(0);
    provider.answers_take("/token", move || Duration::from_secs(10 * drawn.fetch_add(1, Ordering::SeqCst)));
    for expected in [0, 10, 20] {
        let began = Instant::now();
        assert_eq!(token(&provider).await, StatusCode::BAD_REQUEST);
        assert_eq!(began.elapsed().as_secs(), expected);
    }
    let began = Instant::now();
    assert_eq!(send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await.status(), StatusCode::OK);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn the_provider_goes_by_the_clock_that_it_is_given() {
    #[derive(Debug)]
    struct Later;
    impl Clock for Later {
        fn now(&self) -> NumericDate {
            NOW.plus(86_400)
        }
    }
    let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid").clock(Later);
    let provider = provider
        .client(RegisteredClient::public("spa").redirect_uri(REDIRECT_URI).id_token_signed_response_alg(Es256))
        .user(User::new("alice"))
        .always_signs_in("alice");
    let url = authorize_url(&[("client_id", "spa")]);
    let page = browser(&provider).get(&url).await;
    let code = parameter(page.url(), "code").expect("a code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "spa"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request =
        Request::post("http://127.0.0.1:3001/token").header("content-type", "application/x-www-form-urlencoded");
    let answer = send(&provider, request, &body).await;
    let claims = claims(text(&json(&answer), "id_token"));
    assert_eq!(claims["iat"], NOW.plus(86_400).seconds());
}
