//! V78, R63: where requests may go, and what becomes of those that arrive nowhere.

use tokio::net::TcpSocket;

use crate::{
    asking::{ask, assert_not_connected, client},
    server::{Server, ok},
};

/// R63: the name is not even looked up.
#[tokio::test]
async fn plain_http_to_another_host_is_refused_before_any_connection() {
    let server = Server::answering(ok("{}")).await;
    let port = server.port();
    let client = client();
    for host in [
        "example.test".to_owned(),
        "localhost.example.test".to_owned(),
        "localhost@example.test".to_owned(),
        // These arrive at this machine without being its loopback addresses.
        format!("0.0.0.0:{port}"),
        format!("[::]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
    ] {
        let answer = ask(&client, &format!("http://{host}/token")).await;
        assert_not_connected(answer, "plain http is for loopback hosts only");
    }
    assert_eq!(server.connections(), 0);
    ask(&client, &server.http("/token")).await.expect("the server is there");
}

#[tokio::test]
async fn nobody_at_home_is_no_connection() {
    // A port that is taken and not listened on: nobody else gets it meanwhile.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("an address");
    assert_not_connected(ask(&client(), &format!("http://{address}/token")).await, "refused");
    assert_not_connected(ask(&client(), &format!("https://{address}/token")).await, "refused");
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    for url in ["/token", "ftp://127.0.0.1/token", "http:///token", "unix:/token"] {
        let request = http::Request::get(format!("{url}?query=canary")).body(bytes::Bytes::new());
        // Some of them are not even the URI of a request.
        let Ok(_) = request else { continue };
        assert!(ask(&client(), url).await.is_err(), "{url}");
    }
}
