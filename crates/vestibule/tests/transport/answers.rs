//! V83: answers that are too much.

use std::sync::{Arc, Mutex};

use tokio::{io::AsyncWriteExt, sync::oneshot};
use vestibule::HttpError;

use crate::{
    asking::{LIMIT, ask, client, printed},
    server::{Server, ok, read_request, without_end},
};

/// What the operating systems of both sides may hold of what nobody reads any more.
const IN_FLIGHT: usize = 16 * 1024 * 1024;

/// A server that says `head` and then `piece` without end; and how many bytes it got rid of.
async fn endless(head: &'static str, piece: Vec<u8>) -> (Server, oneshot::Receiver<usize>) {
    let (count, counted) = oneshot::channel();
    let count = Arc::new(Mutex::new(Some(count)));
    let server = Server::new(move |mut stream, requests| {
        let (count, piece) = (count.lock().expect("no panic").take().expect("one connection"), piece.clone());
        async move {
            read_request(&mut stream, &requests).await;
            stream.write_all(head.as_bytes()).await.expect("read");
            let _ = count.send(without_end(&mut stream, &piece).await);
        }
    })
    .await;
    (server, counted)
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks =
        body.chunks(1000).flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    head.bytes().chain(chunks).chain(*b"0\r\n\r\n").collect()
}

fn until_the_end(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", body].concat()
}

/// V83
#[tokio::test]
async fn a_body_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
    let client = client();
    type Form = fn(&[u8]) -> Vec<u8>;
    let forms: [(&str, Form); 3] =
        [("with a length", |body| ok(body)), ("in chunks", chunked), ("until the end", until_the_end)];
    for (name, form) in forms {
        let server = Server::answering(form(&[b' '; LIMIT])).await;
        let answer = ask(&client, &server.http("/")).await.expect(name);
        assert_eq!(answer.body().len(), LIMIT, "{name}");

        let server = Server::answering(form(&[b' '; LIMIT + 1])).await;
        let error = ask(&client, &server.http("/")).await.expect_err(name);
        assert!(matches!(error, HttpError::BodyTooLarge { limit: LIMIT }), "{name}: {error:?}");
    }
}

/// V83
#[tokio::test]
async fn a_body_without_end_is_not_read_to_the_end() {
    let piece = [b' '; 4096];
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n", piece.to_vec()),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", [b"1000\r\n", &piece[..], b"\r\n"].concat()),
        // One chunk of a terabyte, and chunks of one byte.
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10000000000\r\n", piece.to_vec()),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n".repeat(500)),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", piece.to_vec()),
        ("HTTP/1.1 500 No\r\nconnection: close\r\n\r\n", piece.to_vec()),
    ] {
        let (server, sent) = endless(head, piece).await;
        let error = ask(&client(), &server.http("/")).await.expect_err(head);
        assert!(matches!(error, HttpError::BodyTooLarge { limit: LIMIT }), "{head}: {error:?}");
        let sent = sent.await.expect("the connection is closed");
        assert!(sent < IN_FLIGHT, "{head}: {sent} bytes");
    }
}

/// V83
#[tokio::test]
async fn headers_without_end_are_refused() {
    let line = |name: &str, value: &str| format!("{name}: {value}\r\n").into_bytes();
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\n", line("x-canary", "canary")),
        ("HTTP/1.1 200 OK\r\n", line("set-cookie", &"canary".repeat(1000))),
        ("HTTP/1.1 200 OK\r\nx-canary: ", b"canary".repeat(1000)),
        ("HTTP/1.1 200 OK\r\nx-canary", b"canary".repeat(1000)),
        ("HTTP/1.1 200 ", b"canary".repeat(1000)),
    ] {
        let (server, sent) = endless(head, piece).await;
        let error = ask(&client(), &server.http("/")).await.expect_err(head);
        assert!(matches!(error, HttpError::Transport(_)), "{head}: {error:?}");
        let sent = sent.await.expect("the connection is closed");
        assert!(sent < IN_FLIGHT, "{head}: {sent} bytes");
    }
}

/// V83: the limit is one for what arrives. `reqwest` is built with `gzip` here, as any other crate may want it.
#[tokio::test]
async fn a_packed_answer_is_not_asked_for_and_not_unpacked() {
    // `{}` by gzip.
    let packed: [u8; 22] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0];
    let mut answer =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len()).into_bytes();
    answer.extend(packed);
    let server = Server::answering(answer).await;
    let answer = ask(&client(), &server.http("/")).await.expect("an answer");
    assert_eq!(answer.body().as_ref(), packed);
    assert_eq!(answer.headers().get("content-encoding").expect("as it came"), "gzip");
    assert!(!server.requests().await[0].contains("accept-encoding"), "{:?}", server.requests().await);
}

/// What is not HTTP is an error that does not repeat it.
#[tokio::test]
async fn what_is_not_http_is_refused_and_not_repeated() {
    for answer in [
        "",
        "canary",
        "HTTP/1.1 canary\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-canary: can\0ary\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncan ary: canary\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: canary\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\nx-canary: canary\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\ncanary",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ncanary",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ] {
        let server = Server::answering(answer).await;
        let error = ask(&client(), &server.http("/")).await.expect_err(answer);
        assert!(matches!(error, HttpError::Transport(_)), "{answer:?}: {error:?}");
        assert!(!printed(&error).contains("ary"), "{}", printed(&error));
    }
}
