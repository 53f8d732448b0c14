//! Over real ports of this machine, since what is judged is who gets there.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use vestibule_provider::DevelopmentProvider;

use crate::{
    front,
    town::{browser, provider, rp, sign_in},
};

/// Longer than anything here takes that works.
const PATIENCE: Duration = Duration::from_secs(10);

/// An application on a port that answers everything with this; the port, and the requests that it got.
fn application(answer: &'static str) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let request = read(&mut stream);
            if stream.write_all(answer.as_bytes()).is_err() || sender.send(request).is_err() {
                return;
            }
        }
    });
    (port, receiver)
}

/// A request, to the end of its one form field.
fn read(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        request.push_str(&String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()));
        let length =
            request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = request.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if matches!((body, length), (Some(body), Some(length)) if body >= length) {
            break;
        }
    }
    request
}

/// Serves the provider, and lets alice be logged out of an application whose logout tokens go there.
async fn log_out(provider: &DevelopmentProvider, uri: &str) {
    let provider = provider.clone().client(rp().backchannel_logout_uri(uri));
    sign_in(&mut browser(&provider), "rp", "alice").await;
    assert_eq!(provider.log_out("alice"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_on_a_port_sends_logout_requests_by_itself() {
    let provider = provider();
    let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let serving = tokio::spawn(bound.serve());
    for host in ["127.0.0.1", "localhost"] {
        let (port, requests) = application("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        log_out(&provider, &format!("http://{host}:{port}/back")).await;
        let request = tokio::task::spawn_blocking(move || requests.recv_timeout(PATIENCE)).await.expect("no panic");
        let request = request.expect("it was sent").to_ascii_lowercase();
        assert!(request.starts_with("post /back http/1.1\r\n"), "{request}");
        for line in [format!("host: {host}:{port}"), "content-type: application/x-www-form-urlencoded".to_owned()] {
            assert!(request.lines().any(|own| own == line), "{line}: {request}");
        }
        assert!(request.contains("\r\n\r\nlogout_token=ey"), "{request}");
        assert_eq!(provider.pending_logout_requests().len(), 0);
    }
    serving.abort();
}

/// A redirect would carry the token to whoever is named there.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_request_follows_no_redirect() {
    let provider = provider();
    let (target, reached) = application("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let answer = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:{target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let (port, requests) = application(answer.leak());
    let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let serving = tokio::spawn(bound.serve());
    log_out(&provider, &format!("http://127.0.0.1:{port}/back")).await;
    let waiting = tokio::task::spawn_blocking(move || {
        requests.recv_timeout(PATIENCE).expect("it was sent");
        reached.recv_timeout(Duration::from_millis(300))
    });
    assert!(waiting.await.expect("no panic").is_err());
    serving.abort();
}

/// One that cannot be sent holds up none that can, and one that does not answer holds up none behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_on_this_machine_is_not_sent_to_and_a_silent_one_is_not_waited_for() {
    let provider = provider();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_port = silent.local_addr().expect("an address").port();
    let (port, requests) = application("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let serving = tokio::spawn(bound.serve());
    for uri in [
        format!("http://app.example:{port}/elsewhere"),
        format!("http://192.0.2.1:{port}/elsewhere"),
        format!("https://127.0.0.1:{port}/encrypted"),
        format!("http://127.0.0.1:{silent_port}/silent"),
        format!("http://127.0.0.1:{port}/good"),
    ] {
        log_out(&provider, &uri).await;
    }
    // Sooner than the silent one is given up.
    let soon = Duration::from_secs(4);
    let request = tokio::task::spawn_blocking(move || requests.recv_timeout(soon)).await.expect("no panic");
    assert!(request.expect("it was sent").starts_with("POST /good "));
    serving.abort();
}

/// One status line of the provider on this port: from then on it answers, and fetches.
async fn wait_for(port: u16) {
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.write_all(b"GET /check_session HTTP/1.0\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    assert!(asked.await.expect("no panic").starts_with("HTTP/1.0 200"));
}

/// Core 6.2: as far as the status, since what is judged is who is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_on_a_port_fetches_over_http_from_this_machine_alone() {
    let provider = front::provider();
    let bound = provider.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let own = bound.local_addr().expect("an address").port();
    let serving = tokio::spawn(bound.serve());
    wait_for(own).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let routes = Router::new()
        .route("/object", get(async || "an object"))
        .route("/large", get(async || "x".repeat(65 * 1024)))
        .route("/elsewhere", get(async || axum::response::Redirect::temporary("/object")));
    let answering = tokio::spawn(async { axum::serve(listener, routes).await });
    for (uri, status, error) in [
        (format!("http://localhost:{port}/object"), Some(StatusCode::OK), "invalid_request_object"),
        (format!("http://127.0.0.1:{port}/large"), Some(StatusCode::OK), "invalid_request_uri"),
        (format!("http://localhost:{port}/elsewhere"), Some(StatusCode::TEMPORARY_REDIRECT), "invalid_request_uri"),
        (format!("http://localhost:{port}/nothing"), Some(StatusCode::NOT_FOUND), "invalid_request_uri"),
        (format!("https://app.example:{port}/object"), None, "invalid_request_uri"),
        (format!("https://127.0.0.1:{port}/object"), None, "invalid_request_uri"),
    ] {
        let response = front::response(&provider, &[("request_uri", &uri)]).await;
        let fetch = provider.fetches().pop().expect("it was tried");
        assert_eq!((fetch.url.as_str(), fetch.status, response.get("error")), (uri.as_str(), status, Some(error)));
    }
    for task in [serving, answering] {
        task.abort();
    }
}
