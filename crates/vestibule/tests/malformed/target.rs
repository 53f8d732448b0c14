//! The door that is knocked at: on a port of this machine, with a provider for each way in which a response comes.

use std::net::SocketAddr;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{net::TcpListener, task::JoinHandle};
use vestibule::{
    Builder, ClientMetadata, EndUser, LoginError, LoginErrorKind, Provider, ResponseMode, ResponseType, Vestibule,
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::{
    bench,
    house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder},
};

/// What a protected page shows, and nothing else does.
pub(crate) const INSIDE: &str = "inside the house of ";
/// What the error page begins with, and nothing else does.
pub(crate) const FAILED: &str = "no login: ";

/// The names of the providers.
pub(crate) const PROVIDERS: [&str; 4] = ["corp", "posted", "hop", "lab"];

/// The application, served until this is dropped.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) op: DevelopmentProvider,
    clock: TestClock,
    app: Router,
    serving: JoinHandle<()>,
}

impl Target {
    pub(crate) async fn serve() -> Self {
        let (op, clock) = (op(), TestClock::new());
        let vestibule = settings(bare_builder(&op, &clock)).build().expect("the settings hold together");
        let app = application(&vestibule);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = app.clone();
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves on");
        });
        Self { address, op, clock, app, serving }
    }

    /// Lets the provider sign so many people in.
    pub(crate) async fn remember_logins(&self, logins: usize) {
        let mut browser = self.house().browser;
        let page = browser.get(&format!("{APP}/inside")).await;
        for _ in 0..logins {
            browser.clone().submit_without_redirects(&page, "authorize", &[("user", "bob")]).await;
        }
    }

    /// A browser that does everything right, by function call.
    pub(crate) fn house(&self) -> House {
        House::around_app(self.op.clone(), self.clock.clone(), self.app.clone(), std::sync::Arc::default())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn op() -> DevelopmentProvider {
    let client = RegisteredClient::confidential("my-app", CLIENT_SECRET)
        .response_types(ResponseType::ALL)
        .post_logout_redirect_uri(format!("{APP}/auth/logged_out"));
    let callbacks = PROVIDERS.map(|name| format!("{APP}/auth/callback/{name}"));
    bench::op().client(callbacks.into_iter().fold(client, RegisteredClient::redirect_uri))
}

fn settings(builder: Builder) -> Builder {
    let lab = Provider::discovered(ISSUER, ClientMetadata::new("Lab")).expect("an issuer").initiate_login();
    builder
        .provider("corp", bench::corp())
        .provider("posted", bench::corp_by(ResponseType::Code, Some(ResponseMode::FormPost)))
        .provider("hop", bench::corp_by(ResponseType::CodeIdToken, Some(ResponseMode::Fragment)))
        .provider("lab", lab)
        .default_provider("corp")
        .error_view(sorry)
}

pub(crate) fn application(vestibule: &Vestibule) -> Router {
    let gated = Router::new().route("/gated", get(async || INSIDE)).route_layer(vestibule.require_login());
    let router = Router::new()
        .route("/", get(async |user: Option<EndUser>| if user.is_some() { INSIDE } else { "stranger" }))
        .route("/inside", get(inside).post(inside))
        .route("/form", post(async |_: EndUser, body: String| format!("{INSIDE}{body}")))
        .merge(gated);
    vestibule.wrap(router)
}

async fn inside(user: EndUser) -> String {
    format!("{INSIDE}{}", user.subject())
}

/// Shows the kind, so that status and kind can be held against each other.
pub(crate) async fn sorry(error: LoginError) -> Response {
    format!("{FAILED}{:?}", error.kind()).into_response()
}

/// DESIGN 4: the table of errors.
pub(crate) fn status_of(kind: LoginErrorKind) -> u16 {
    match kind {
        LoginErrorKind::Cancelled | LoginErrorKind::Refused => 403,
        LoginErrorKind::Unsolicited => 400,
        LoginErrorKind::Unreachable | LoginErrorKind::Store => 503,
        LoginErrorKind::TooBig => 500,
        _ => 502,
    }
}

/// The kind that an error page shows.
pub(crate) fn kind_on(page: &str) -> Option<LoginErrorKind> {
    use LoginErrorKind::{Cancelled, Denied, Misbehaved, Refused, Store, TooBig, Unreachable, Unsolicited};
    let name = page.strip_prefix(FAILED)?;
    let kinds = [Cancelled, Denied, Misbehaved, Refused, Store, TooBig, Unreachable, Unsolicited];
    kinds.into_iter().find(|kind| format!("{kind:?}") == name)
}
