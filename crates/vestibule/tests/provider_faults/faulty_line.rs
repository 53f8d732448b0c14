//! The way from the door to its provider: by function call, save for one question that meets a fault on a real socket.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;
use vestibule::{
    HttpClient, HttpError,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::DevelopmentProvider;

use crate::{fault::Fault, grid::Endpoint, house::ISSUER, servers::Servers};

#[derive(Clone)]
pub(crate) struct FaultyLine {
    op: DevelopmentProvider,
    servers: Arc<Servers>,
    fault: Arc<Mutex<Option<(Endpoint, Fault)>>>,
    /// How many questions met the fault, and how many of any kind are under way.
    met: Arc<Mutex<usize>>,
    has_moved: Arc<Mutex<bool>>,
    under_way: watch::Sender<usize>,
}

impl FaultyLine {
    pub(crate) fn new(op: &DevelopmentProvider, servers: &Arc<Servers>) -> Self {
        Self {
            op: op.clone(),
            servers: Arc::clone(servers),
            fault: Arc::default(),
            met: Arc::default(),
            has_moved: Arc::default(),
            under_way: watch::Sender::new(0),
        }
    }

    pub(crate) fn breaks(&self, endpoint: Endpoint, fault: Fault) {
        *self.fault.lock().expect("no panic") = Some((endpoint, fault));
    }

    pub(crate) fn is_mended(&self) {
        *self.fault.lock().expect("no panic") = None;
        *self.has_moved.lock().expect("no panic") = false;
    }

    /// From now on the metadata has its keys at another host.
    pub(crate) fn moves(&self) {
        *self.has_moved.lock().expect("no panic") = true;
    }

    /// How many questions met the fault so far.
    pub(crate) fn met(&self) -> usize {
        *self.met.lock().expect("no panic")
    }

    /// When nothing is under way any more.
    pub(crate) async fn is_quiet(&self) {
        // What somebody leaves behind for a task of its own has not begun yet.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.under_way.subscribe().wait_for(|under_way| *under_way == 0).await.expect("it is borrowed");
    }

    async fn carry(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        let fault = *self.fault.lock().expect("no panic");
        match fault {
            Some((endpoint, fault)) if Endpoint::of(&request) == Some(endpoint) => {
                *self.met.lock().expect("no panic") += 1;
                let rightful = if fault.is_of_the_answer() {
                    self.op.send(request.clone(), limits).await?.into_body()
                } else {
                    Bytes::new()
                };
                self.servers.meet(fault, request, &rightful, limits).await
            }
            _ => {
                let is_metadata = Endpoint::of(&request) == Some(Endpoint::Discovery);
                let answer = self.op.send(request, limits).await?;
                let has_moved = is_metadata && *self.has_moved.lock().expect("no panic");
                Ok(if has_moved { answer.map(|body| elsewhere(&body)) } else { answer })
            }
        }
    }
}

fn elsewhere(metadata: &[u8]) -> Bytes {
    let metadata = String::from_utf8_lossy(metadata);
    Bytes::from(metadata.replace(&format!("{ISSUER}/jwks"), "http://127.0.0.1:3666/jwks"))
}

impl HttpClient for FaultyLine {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            self.under_way.send_modify(|under_way| *under_way += 1);
            let answer = self.carry(request, limits).await;
            self.under_way.send_modify(|under_way| *under_way -= 1);
            answer
        })
    }
}

impl fmt::Debug for FaultyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyLine")
    }
}
