//! V78, R97: a host that comes from outside is not a way into the network that we are in.

use bytes::Bytes;
use http::{Request, Response};
use vestibule::{
    HttpClient, HttpError, ReqwestClient,
    core::{
        Entropy, Exchange, Limits, NumericDate,
        discovery::{WebFingerRequest, WebFingerResource},
        http_client::DynamicHost,
    },
};

use crate::{
    asking::{LIMIT, ask, assert_not_connected, client, trusting},
    authority::Authority,
    server::{EVERY_VERSION, Server, ok},
};

const NOT_PUBLIC: &str = "the address is not public; if it is meant, add its host:port to outbound_allow";

/// Asks as a WebFinger service is asked.
async fn find(client: &ReqwestClient, identifier: &str) -> Result<Response<Bytes>, HttpError> {
    let resource = WebFingerResource::parse(identifier).expect(identifier);
    let request = WebFingerRequest::new(resource).request(NumericDate::from_seconds(0), Entropy::from_bytes([7; 32]));
    client.send(request, WebFingerRequest::LIMITS).await
}

/// Asks for a URL that somebody from outside named.
async fn fetch(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let mut request = Request::get(url).body(Bytes::new()).expect("a request");
    request.extensions_mut().insert(DynamicHost);
    client.send(request, Limits::new(LIMIT, &["application/json"])).await
}

/// R97
#[tokio::test]
async fn an_identifier_does_not_lead_to_this_machine() {
    let server = Server::answering(ok("{}")).await;
    let (client, port) = (client(), server.port());
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0.0.0.0",
        "[::ffff:7f00:1]",
        "[::1]",
        "[::]",
        "localhost",
        "localhost.",
        "login.localhost",
    ] {
        assert_not_connected(find(&client, &format!("acct:x@{host}:{port}")).await, NOT_PUBLIC);
        assert_not_connected(find(&client, &format!("https://{host}:{port}/x")).await, NOT_PUBLIC);
        assert_not_connected(fetch(&client, &format!("https://{host}:{port}/x")).await, NOT_PUBLIC);
    }
    assert_eq!(server.connections(), 0);
    ask(&client, &server.http("/token")).await.expect("the server is there for what the settings name");
}

/// V78
#[tokio::test]
async fn what_an_operator_vouches_for_is_reached_at_its_port_and_no_other() {
    let authority = Authority::new();
    let allowed = Server::over_tls(authority.identity(), EVERY_VERSION).await;
    let other = Server::over_tls(authority.identity(), EVERY_VERSION).await;
    let client = trusting(&authority).outbound_allow([format!("127.0.0.1:{}", allowed.port())]).expect("a place");
    fetch(&client, &allowed.https("/")).await.expect("an answer");
    assert_not_connected(fetch(&client, &other.https("/")).await, NOT_PUBLIC);
    assert_eq!((allowed.connections(), other.connections()), (1, 0));
}

/// V78: a connection that was made for what the settings name is not lent to a request that may not make one.
#[tokio::test]
async fn an_open_connection_is_no_way_in() {
    let authority = Authority::new();
    let server = Server::over_tls(authority.identity(), EVERY_VERSION).await;
    let client = trusting(&authority);
    ask(&client, &server.https("/token")).await.expect("an answer");
    assert_not_connected(fetch(&client, &server.https("/token")).await, NOT_PUBLIC);
    assert_eq!(server.requests().await.len(), 1);
}
