//! Sends logout requests, and fetches documents, while the provider listens on a port: on this machine, and on no other.

use std::{
    future::ready,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use reqwest::{
    Body, Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect, retry,
};
use tokio::task::JoinSet;
use url::Url;
use vestibule_core::issuer::is_https_or_loopback;

use crate::{
    application::{Answered, MOST_BYTES},
    provider::DevelopmentProvider,
};

/// How long an application may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most requests on their way at a time (Back-Channel Logout 2.3: in parallel).
const MOST_AT_ONCE: usize = 32;

#[derive(Clone)]
pub(crate) struct Postman {
    client: Client,
}

/// Finds every name on this machine, whatever the network says.
struct ThisMachine;

impl Postman {
    pub(crate) fn new() -> io::Result<Self> {
        let client = Client::builder()
            // It speaks plain http and trusts nobody, so that it needs no trust anchors.
            .tls_certs_only([])
            .dns_resolver(Arc::new(ThisMachine))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .timeout(PATIENCE)
            .build();
        Ok(Self { client: client.map_err(io::Error::other)? })
    }

    /// Sends what there is, and waits for more, until it is dropped.
    pub(crate) async fn deliver(self, provider: DevelopmentProvider) {
        let mut on_their_way = JoinSet::new();
        loop {
            for request in provider.pending_logout_requests() {
                if on_their_way.len() >= MOST_AT_ONCE {
                    on_their_way.join_next().await;
                }
                on_their_way.spawn(self.clone().post(request));
            }
            // What has arrived is cleared away.
            while on_their_way.try_join_next().is_some() {}
            provider.outbox_filled().notified().await;
        }
    }

    /// The document there, as far as there is an answer.
    pub(crate) async fn get(&self, url: &Url) -> Option<Answered> {
        if !is_on_this_machine(url.as_str()) {
            tracing::warn!(%url, "not fetched: the development provider fetches from http://localhost only");
            return None;
        }
        let mut response = self.client.get(url.clone()).send().await.ok()?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.ok()? {
            if body.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Some((status, None));
            }
            body.extend_from_slice(&chunk);
        }
        Some((status, Some(Bytes::from(body))))
    }

    /// Back-Channel Logout 2.5 and 2.8
    async fn post(self, request: Request<Bytes>) {
        let uri = request.uri().to_string();
        if !is_on_this_machine(&uri) {
            tracing::warn!(uri, "logout token not sent: the development provider sends to http://localhost only");
            return;
        }
        let sent = match reqwest::Request::try_from(request.map(Body::from)) {
            Ok(request) => self.client.execute(request).await,
            Err(error) => Err(error),
        };
        match sent.map(|response| response.status()) {
            Ok(status) if status.is_success() => tracing::info!(uri, %status, "logout token sent"),
            Ok(status) => tracing::warn!(uri, %status, "logout token refused"),
            Err(error) => tracing::warn!(uri, %error, "logout token not delivered"),
        }
    }
}

fn is_on_this_machine(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && is_https_or_loopback(&url))
}

impl Resolve for ThisMachine {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        let addresses: Addrs = Box::new(addresses.into_iter());
        Box::pin(ready(Ok(addresses)))
    }
}
