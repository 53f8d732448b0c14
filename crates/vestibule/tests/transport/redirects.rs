//! R62, V79: a redirect is handed back as it came.

use crate::{
    asking::{ask, client},
    server::{Server, ok},
};

/// R62, V79
#[tokio::test]
async fn a_redirect_is_not_followed_and_the_other_host_hears_nothing() {
    let client = client();
    for status in [300, 301, 302, 303, 307, 308] {
        let other = Server::answering(ok("{}")).await;
        let location = other.http("/token");
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Over there\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        let answer = ask(&client, &server.http("/token")).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().get("location").expect("as it came"), location.as_str());
        assert_eq!((server.requests().await.len(), other.connections()), (1, 0), "{status}");
    }
}

/// V79: not to the same host either.
#[tokio::test]
async fn a_redirect_to_the_same_host_is_not_followed() {
    for location in ["/elsewhere", "//127.0.0.1/", "?"] {
        let answer = format!("HTTP/1.1 307 Over there\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(answer).await;
        let answer = ask(&client(), &server.http("/token")).await.expect("an answer");
        assert_eq!((answer.status().as_u16(), server.requests().await.len()), (307, 1));
    }
}

/// R62: a secret in a request goes out once; a refusal to answer is not a reason to say it again.
#[tokio::test]
async fn a_request_is_not_sent_again() {
    for answer in [
        "",
        "HTTP/1.1 503 No\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 408 Late\r\ncontent-length: 0\r\n\r\n",
    ] {
        let server = Server::answering(answer).await;
        let _ = ask(&client(), &server.http("/token")).await;
        assert_eq!(server.requests().await.len(), 1, "{answer}");
    }
}
