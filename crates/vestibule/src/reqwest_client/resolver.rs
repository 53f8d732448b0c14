//! Names resolved to public addresses only: the connection is made to an address that was looked at, and to no other (V78).

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::outbound::{NotPublic, is_public, is_public_name};

/// What the system says.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is that of the URL.
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// What another resolver says, less what is not public.
///
/// The connector asks once for each connection and takes what it gets: a name that had a public address when it was looked at and
/// has a private one when it is connected to (DNS rebinding) needs two questions, and there is one.
pub(super) struct PublicOnly(pub(super) Arc<dyn Resolve>);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        if !is_public_name(name.as_str()) {
            return Box::pin(std::future::ready(Err(NotPublic.into())));
        }
        let resolving = self.0.resolve(name);
        Box::pin(async move {
            let public: Vec<SocketAddr> = resolving.await?.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() { Err(NotPublic.into()) } else { Ok(Box::new(public.into_iter()) as Addrs) }
        })
    }
}
