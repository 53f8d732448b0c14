//! V83: nobody is waited for without end.
//!
//! The sockets are real and the time is not: as soon as a server has the request it stops the clock, which from then on jumps
//! to the next deadline whenever nobody has anything to do.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{self, Instant},
};
use vestibule::HttpError;

use crate::{
    asking::{ask, client},
    server::{Server, read_request},
};

const CONNECTION: Duration = Duration::from_secs(3);
const ALL: Duration = Duration::from_secs(10);

/// The client gives up on the server at this deadline.
async fn assert_given_up(url: &str, deadline: Duration) {
    let client = client();
    let began = Instant::now();
    let answer = time::timeout(deadline * 2, ask(&client, url)).await.expect("it is given up at all");
    let error = answer.expect_err("no answer");
    let waited = began.elapsed();
    assert!(matches!(error, HttpError::Timeout(_)), "{error:?}");
    assert!(deadline <= waited && waited < deadline + Duration::from_secs(1), "{waited:?}, not {deadline:?}");
}

/// A server that says `head`, and then `piece` every second.
async fn dripping(head: &'static str, piece: &'static str) -> Server {
    Server::new(move |mut stream, requests| async move {
        assert!(read_request(&mut stream, &requests).await, "a request");
        time::pause();
        stream.write_all(head.as_bytes()).await.expect("read");
        loop {
            time::sleep(Duration::from_secs(1)).await;
            if stream.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
        }
    })
    .await
}

/// Holds on to a connection until the other side lets go.
async fn hold(mut stream: TcpStream) {
    while stream.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
}

/// V83
#[tokio::test]
async fn a_server_that_takes_a_request_and_never_answers_is_given_up() {
    let server = Server::new(|mut stream, requests| async move {
        assert!(read_request(&mut stream, &requests).await, "a request");
        time::pause();
        hold(stream).await;
    })
    .await;
    assert_given_up(&server.http("/"), ALL).await;
}

/// V83
#[tokio::test]
async fn a_server_that_takes_a_connection_and_never_agrees_on_tls_is_given_up() {
    let server = Server::new(|mut stream, _| async move {
        stream.read_exact(&mut [0; 5]).await.expect("a ClientHello");
        time::pause();
        hold(stream).await;
    })
    .await;
    assert_given_up(&server.https("/"), CONNECTION).await;
}

/// V83
#[tokio::test]
async fn headers_that_come_drop_by_drop_are_given_up() {
    assert_given_up(&dripping("HTTP/1.1 200 OK\r\n", "x: y\r\n").await.http("/"), ALL).await;
}

/// V83
#[tokio::test]
async fn a_body_that_comes_drop_by_drop_is_given_up() {
    assert_given_up(&dripping("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", " ").await.http("/"), ALL).await;
}

/// V83
#[tokio::test]
async fn chunks_that_come_drop_by_drop_are_given_up() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_given_up(&dripping(head, "1\r\n \r\n").await.http("/"), ALL).await;
}

/// V83: an answer that is still to come.
#[tokio::test]
async fn interim_answers_do_not_prolong_the_wait() {
    assert_given_up(&dripping("", "HTTP/1.1 102 Processing\r\n\r\n").await.http("/"), ALL).await;
}
