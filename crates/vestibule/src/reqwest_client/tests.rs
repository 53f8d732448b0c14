use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::dns::{Addrs, Name, Resolving};

use super::*;

/// A resolver that says of every name what it is told to, one answer after the other and then the last one on.
struct Says {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Says {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |addresses: &&[&str]| addresses.iter().map(|a| a.parse().expect("an address")).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Says {
    fn resolve(&self, _name: Name) -> Resolving {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let addresses = self.answers.get(at).or(self.answers.last()).cloned().unwrap_or_default();
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
        Box::pin(std::future::ready(Ok(Box::new(addresses) as Addrs)))
    }
}

fn client(resolver: &Arc<Says>) -> ReqwestClient {
    let resolver = Arc::clone(resolver) as Arc<dyn Resolve>;
    ReqwestClient::build(Making { resolver, ..Making::new(Anchors::Nobody) }).expect("a client")
}

async fn ask(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let mut request = Request::get(url).body(Bytes::new()).expect("a request");
    request.extensions_mut().insert(DynamicHost);
    client.send(request, Limits::new(1024, &["application/json"])).await
}

/// A port of this machine, and whether anybody has knocked there.
struct Ear {
    listener: TcpListener,
    port: u16,
}

impl Ear {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        Self { listener, port }
    }

    fn heard_nothing(&self) -> bool {
        self.listener.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

fn assert_not_public(answer: Result<Response<Bytes>, HttpError>, case: &str) {
    let error = answer.expect_err(case);
    assert!(matches!(error, HttpError::Connect(_)), "{case}: {error:?}");
    let said = chain(&error);
    assert!(said.contains("the address is not public") && said.contains("outbound_allow"), "{case}: {said}");
}

/// R97
#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
    let ear = Ear::new();
    for addresses in [
        ["127.0.0.1"].as_slice(),
        &["::ffff:127.0.0.1"],
        &["::ffff:7f00:1", "127.0.0.1"],
        &["::1", "127.0.0.2", "0.0.0.0", "::"],
        &[],
    ] {
        let resolver = Says::new(&[addresses]);
        let answer = ask(&client(&resolver), &format!("https://rebind.example.com:{}/", ear.port)).await;
        assert_not_public(answer, &format!("{addresses:?}"));
        assert_eq!(resolver.asked.load(Ordering::SeqCst), 1, "{addresses:?}");
    }
    assert!(ear.heard_nothing());
}

/// R97: of the addresses of one name only the public ones are connected to. Nobody is at this one: no route, refused, or silent.
#[tokio::test]
async fn of_several_addresses_only_the_public_ones_are_left() {
    let public = PublicOnly(Says::new(&[&["127.0.0.1", "8.8.8.8", "10.0.0.1", "2606:4700:4700::1111", "::1"]]));
    let left = public.resolve("rebind.example.com".parse().expect("a name")).await.expect("some are left");
    let left: Vec<_> = left.map(|address| address.ip().to_string()).collect();
    assert_eq!(left, ["8.8.8.8", "2606:4700:4700::1111"]);
}

/// R97: what is no name of the internet is not even looked up.
#[tokio::test]
async fn names_of_this_machine_are_not_looked_up() {
    let ear = Ear::new();
    let resolver = Says::new(&[&["127.0.0.1"]]);
    for host in ["localhost", "localhost.", "a.localhost", "A.LocalHost.", "a..example"] {
        let url = format!("https://{host}:{}/", ear.port);
        assert_not_public(ask(&client(&resolver), &url).await, host);
        let resolving = PublicOnly(Arc::clone(&resolver) as Arc<dyn Resolve>).resolve(host.parse().expect("a name"));
        assert!(resolving.await.is_err(), "{host}");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);
    assert!(ear.heard_nothing());
}

/// R97: a name that is private at the second look is not connected to at the second look, and the first look is not the second's.
#[tokio::test]
async fn every_connection_is_made_to_an_address_that_was_looked_at() {
    let ear = Ear::new();
    let resolver = Says::new(&[&["127.0.0.1"], &["127.0.0.1"]]);
    let client = client(&resolver);
    for _ in 0..2 {
        assert_not_public(ask(&client, &format!("https://rebind.example.com:{}/", ear.port)).await, "twice");
    }
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2);
    assert!(ear.heard_nothing());
}

/// V78: what an operator vouches for by name is connected to, wherever it is.
#[tokio::test]
async fn a_place_that_is_vouched_for_is_connected_to() {
    let ear = Ear::new();
    let place = format!("127.0.0.1:{}", ear.port);
    let allowing = client(&Says::new(&[])).outbound_allow([place.as_str()]).expect("a place");
    let asking = tokio::spawn(async move { ask(&allowing, &format!("https://{place}/")).await.is_ok() });
    let listener = tokio::net::TcpListener::from_std(ear.listener).expect("a socket");
    listener.accept().await.expect("a connection");
    asking.abort();
}
