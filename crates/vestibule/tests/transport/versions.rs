//! R63: which versions of TLS are spoken.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{SupportedProtocolVersion, version};
use vestibule::HttpError;

use crate::{
    asking::{ask, client, trusting},
    authority::Authority,
    server::{Server, ok},
};

async fn is_spoken(version: &'static SupportedProtocolVersion) {
    let authority = Authority::new();
    let server = Server::over_tls(authority.identity(), &[version]).await;
    let answer = ask(&trusting(&authority), &server.https("/")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

/// R63
#[tokio::test]
async fn tls_1_2_is_spoken() {
    is_spoken(&version::TLS12).await;
}

/// R63
#[tokio::test]
async fn tls_1_3_is_spoken() {
    is_spoken(&version::TLS13).await;
}

/// R63 (6): a server of our own making chooses the version; the library beneath could not.
#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    for (version, name) in [(2, "TLS 1.1"), (1, "TLS 1.0"), (0, "SSL 3")] {
        let server = Server::new(move |mut stream, requests| async move {
            let mut hello = [0; 4096];
            let count = stream.read(&mut hello).await.expect("a hello");
            assert_eq!((hello[0], hello[5]), (22, 1), "a handshake with a ClientHello of {count} bytes");
            stream.write_all(&server_hello(version)).await.expect("read");
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).await.expect("a record");
            // An alert and no ClientKeyExchange.
            requests.lock().expect("no panic").push(format!("record of type {}", answer[0]));
            let _ = stream.read(&mut hello).await;
        })
        .await;
        let error = ask(&client(), &server.https("/")).await.expect_err(name);
        assert!(matches!(error, HttpError::Connect(_)), "{name}: {error:?}");
        assert_eq!(server.requests().await, ["record of type 21"], "{name}");
    }
}

/// R63
#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_spoken_to_by_plain_http_instead() {
    for answer in [ok("{}"), [&[21, 3, 2, 0, 2][..], &[2, 70]].concat(), Vec::new()] {
        let server = Server::new(move |mut stream, requests| {
            let answer = answer.clone();
            async move {
                let mut hello = [0; 4096];
                let count = stream.read(&mut hello).await.expect("a hello");
                requests.lock().expect("no panic").push(String::from_utf8_lossy(&hello[..count]).into_owned());
                stream.write_all(&answer).await.expect("read");
            }
        })
        .await;
        let error = ask(&client(), &server.https("/token")).await.expect_err("no TLS");
        assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
        let [hello] = &server.requests().await[..] else { panic!("one connection") };
        assert!(hello.starts_with('\u{16}') && !hello.contains("canary") && !hello.contains("/token"), "{hello:?}");
    }
}

/// The ServerHello of a version (3, `version`), with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, which all of them know.
fn server_hello(version: u8) -> Vec<u8> {
    let hello = [&[3, version][..], &[7; 32], &[0], &[0xc0, 0x13], &[0]].concat();
    let length = u8::try_from(hello.len()).expect("short");
    [&[22, 3, version, 0, length + 4][..], &[2, 0, 0, length], &hello].concat()
}
