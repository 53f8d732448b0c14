//! The connection before servers that fail, on loopback.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::*;

/// What a connection does with a PING, once it was greeted.
#[derive(Clone, Copy)]
enum Does {
    Answers,
    Closes,
    KeepsSilent,
}

/// A server whose connections do these things with one PING after the other, one row a connection.
async fn server(connections: &'static [&'static [Does]]) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        for does in connections {
            let (stream, _) = listener.accept().await.expect("somebody");
            tokio::spawn(serve(stream, does));
        }
    });
    Connection::new(Address::parse(&url).expect("a URL")).expect("a connection")
}

async fn serve(stream: TcpStream, does: &[Does]) {
    let (read, mut write) = stream.into_split();
    let (mut lines, mut does) = (BufReader::new(read).lines(), does.iter());
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.as_str() {
            "HELLO" => "%0\r\n",
            "PING" => match does.next() {
                Some(Does::Answers) => "+PONG\r\n",
                Some(Does::KeepsSilent) => continue,
                Some(Does::Closes) | None => return,
            },
            _ => continue,
        };
        write.write_all(answer.as_bytes()).await.expect("written");
    }
}

async fn ping(connection: &Connection, repeat: Repeat) -> Result<String, Trouble> {
    connection.ask(&Question::Command(redis::cmd("PING")), repeat).await
}

fn pong() -> Result<String, Trouble> {
    Ok("PONG".to_owned())
}

#[tokio::test]
async fn a_harmless_question_is_asked_again_where_the_connection_broke() {
    let connection = server(&[&[Does::Answers, Does::Closes], &[Does::Answers]]).await;
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
    assert_eq!(ping(&connection, Repeat::Harmless).await, pong());
}

/// Nobody knows whether the server heard it: an attempt that is burnt twice is somebody's own second use.
#[tokio::test]
async fn a_question_that_changes_something_is_not_asked_again() {
    let connection = server(&[&[Does::Answers, Does::Closes], &[Does::Answers]]).await;
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
    let lost = ping(&connection, Repeat::Never).await;
    assert!(matches!(lost, Err(Trouble::Unreachable(_))), "{lost:?}");
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_keeps_silent_is_left_after_two_seconds() {
    let connection = server(&[&[Does::KeepsSilent, Does::KeepsSilent], &[Does::Answers]]).await;
    let before = Instant::now();
    let silent = ping(&connection, Repeat::Harmless).await;
    assert!(matches!(silent, Err(Trouble::Unreachable(_))), "{silent:?}");
    assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
}

/// Whoever waits less than we do would otherwise meet the same dead connection each time.
#[tokio::test(start_paused = true)]
async fn a_connection_on_which_somebody_gave_up_waiting_is_left() {
    let connection = server(&[&[Does::KeepsSilent, Does::KeepsSilent], &[Does::Answers]]).await;
    assert!(timeout(Duration::from_secs(1), ping(&connection, Repeat::Never)).await.is_err(), "it is silent");
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
}

/// A server that came back is found by the first who asks.
#[tokio::test]
async fn a_server_that_was_away_is_found_by_the_next_question() {
    let place = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    let connection =
        Connection::new(Address::parse(&format!("redis://{place}")).expect("a URL")).expect("a connection");
    for _ in 0..3 {
        let away = ping(&connection, Repeat::Never).await;
        assert!(matches!(away, Err(Trouble::Unreachable(_))), "{away:?}");
    }
    let listener = TcpListener::bind(place).await.expect("the same port");
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody");
        serve(stream, &[Does::Answers]).await;
    });
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
    serving.abort();
}

#[test]
fn a_question_outside_of_a_runtime_is_an_error_and_no_panic() {
    let connection = Connection::new(Address::parse("redis://127.0.0.1:1").expect("a URL")).expect("a connection");
    let asked = pin!(ping(&connection, Repeat::Harmless)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(asked, Poll::Ready(Err(Trouble::NoRuntime)));
}
