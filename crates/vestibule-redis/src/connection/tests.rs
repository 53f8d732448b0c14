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
    Says(&'static str),
    Closes,
    KeepsSilent,
}

/// A server whose connections do these things with one PING after the other, one row a connection.
async fn server(connections: &'static [&'static [Does]]) -> Connection {
    greeting_server(connections.iter().map(|does| (Duration::ZERO, *does)).collect()).await
}

/// The same, where a connection is greeted after this time.
async fn greeting_server(connections: Vec<(Duration, &'static [Does])>) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        for (greeted, does) in connections {
            let (stream, _) = listener.accept().await.expect("somebody");
            tokio::spawn(serve(stream, greeted, does));
        }
    });
    Connection::new(Address::parse(&url).expect("a URL")).expect("a connection")
}

async fn serve(stream: TcpStream, greeted: Duration, does: &[Does]) {
    let (read, mut write) = stream.into_split();
    let (mut lines, mut does) = (BufReader::new(read).lines(), does.iter());
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.as_str() {
            "HELLO" => {
                tokio::time::sleep(greeted).await;
                "%0\r\n"
            }
            "PING" => match does.next() {
                Some(Does::Answers) => "+PONG\r\n",
                Some(Does::Says(answer)) => answer,
                Some(Does::KeepsSilent) => continue,
                Some(Does::Closes) | None => return,
            },
            _ => continue,
        };
        // Whoever asked may be gone.
        let _ = write.write_all(answer.as_bytes()).await;
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
        serve(stream, Duration::ZERO, &[Does::Answers]).await;
    });
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
    serving.abort();
}

/// The server cannot have heard what waited for a connection that was refused: even what may not be asked twice is asked again.
#[tokio::test]
async fn a_question_whose_connection_others_had_begun_in_vain_is_asked_again() {
    let place = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    let connection =
        Connection::new(Address::parse(&format!("redis://{place}")).expect("a URL")).expect("a connection");
    let (_, dial, _) = connection.current().expect("begun");
    let mut asked = pin!(ping(&connection, Repeat::Never));
    let first = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(first, Poll::Pending, "it waits for that connection");
    assert!(dial.await.is_err_and(|error| unheard(&error)), "nobody is there");
    let listener = TcpListener::bind(place).await.expect("the same port");
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody");
        serve(stream, Duration::ZERO, &[Does::Answers]).await;
    });
    assert_eq!(asked.await, pong());
    serving.abort();
}

/// The door waits for one second, and we for two: in between, each question would begin a connection of its own, and none would be
/// made.
#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_longer_than_a_question_may_is_there_for_the_next_one() {
    let slow = Duration::from_millis(1_500);
    let connection = greeting_server(vec![(slow, &[Does::Answers]), (slow, &[])]).await;
    assert!(timeout(Duration::from_secs(1), ping(&connection, Repeat::Never)).await.is_err(), "it is slow");
    assert_eq!(timeout(Duration::from_secs(1), ping(&connection, Repeat::Never)).await, Ok(pong()));
}

/// Also where nobody waits for it meanwhile.
#[tokio::test(start_paused = true)]
async fn a_connection_is_made_though_whoever_began_it_has_gone() {
    let connection = greeting_server(vec![(Duration::from_millis(1_500), &[Does::Answers])]).await;
    assert!(timeout(Duration::from_secs(1), ping(&connection, Repeat::Never)).await.is_err(), "it is slow");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(timeout(Duration::from_millis(100), ping(&connection, Repeat::Never)).await, Ok(pong()));
}

/// What failed while nobody waited for it is nobody's answer.
#[tokio::test(start_paused = true)]
async fn a_connection_that_was_not_made_in_two_seconds_is_made_anew() {
    let never = Duration::from_secs(3_600);
    let connection = greeting_server(vec![(never, &[]), (Duration::ZERO, &[Does::Answers])]).await;
    assert!(timeout(Duration::from_secs(1), ping(&connection, Repeat::Never)).await.is_err(), "it is silent");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(ping(&connection, Repeat::Never).await, pong());
}

/// A server that has become a replica says so; in a script, one before 7.0 says it in a sentence.
#[tokio::test]
async fn a_connection_that_leads_to_a_replica_is_left() {
    const REPLICA: &[Does] = &[Does::Says("-READONLY You can't write against a read only replica.\r\n")];
    const BEFORE_7: &[Does] = &[Does::Says(
        "-ERR Error running script (call to f_9282fe9cd1ad17b421df71a1d74837df7d50241a): @user_script:20: @user_script: 20: \
         -READONLY You can't write against a read only replica.\r\n",
    )];
    for replica in [REPLICA, BEFORE_7] {
        let connection = greeting_server(vec![(Duration::ZERO, replica), (Duration::ZERO, &[Does::Answers])]).await;
        let refused = ping(&connection, Repeat::Never).await;
        assert!(matches!(refused, Err(Trouble::Busy(_))), "{refused:?}");
        assert_eq!(ping(&connection, Repeat::Never).await, pong());
    }
}

#[test]
fn a_question_outside_of_a_runtime_is_an_error_and_no_panic() {
    let connection = Connection::new(Address::parse("redis://127.0.0.1:1").expect("a URL")).expect("a connection");
    let asked = pin!(ping(&connection, Repeat::Harmless)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(asked, Poll::Ready(Err(Trouble::NoRuntime)));
}
