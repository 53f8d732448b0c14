use std::pin::pin;

use http::{Request, StatusCode};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::party::{provider, provider_at, send};

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
