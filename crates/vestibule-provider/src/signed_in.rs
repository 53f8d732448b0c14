//! For an application's own tests: somebody who is signed in, without a provider to set up.

use axum::Router;
use serde_json::{Map, Value};
use vestibule::{ClaimsSet, Client, Provider, SecretKey, Vestibule};

use crate::{Browser, DevelopmentProvider, Page, RegisteredClient, User};

/// A browser in which somebody is signed in to an application; made by [`signed_in`].
#[derive(Clone, Debug)]
pub struct SignedIn {
    browser: Browser,
}

/// Where the application of a test lives.
const BASE_URL: &str = "http://localhost:3000";
const ISSUER: &str = "http://127.0.0.1:3001";

/// Signs somebody with these claims in to an application, through the whole of a real login in memory: no port, no network.
///
/// `app` makes the application's router around the vestibule that it is given, whose one provider is called `test`. A test that
/// needs other settings (several providers, an `on_login`) builds its own with [`DevelopmentProvider`] and [`Browser`].
///
/// # Panics
/// When `claims` is not a JSON object, or the login does not come to its end.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use axum::{Router, routing::get};
/// use vestibule::{EndUser, Vestibule};
/// use vestibule_provider::signed_in;
///
/// fn app(vestibule: Vestibule) -> Router {
///     vestibule.wrap(Router::new().route("/hello", get(async |user: EndUser| format!("Hello, {}", user.subject()))))
/// }
///
/// let mut alice = signed_in(app, serde_json::json!({"sub": "alice", "department": "Ops"})).await;
/// assert_eq!(alice.get("/hello").await.text(), "Hello, alice");
/// # });
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub async fn signed_in(app: impl FnOnce(Vestibule) -> Router, claims: Value) -> SignedIn {
    let Value::Object(claims) = claims else { panic!("the claims of somebody are a JSON object, not {claims}") };
    let user = somebody(claims);
    let provider = DevelopmentProvider::new(ISSUER)
        .expect("a loopback issuer")
        .client(
            RegisteredClient::public("test")
                .redirect_uri(format!("{BASE_URL}/auth/callback/test"))
                .post_logout_redirect_uri(format!("{BASE_URL}/auth/logged_out")),
        )
        .user(user.clone());
    let settings = Provider::discovered(ISSUER, Client::public("test"))
        .expect("a loopback issuer")
        .scope("openid profile email address phone");
    let vestibule = Vestibule::builder(BASE_URL)
        .secret_key(SecretKey::generate())
        .provider("test", settings)
        .http_client(provider.clone())
        .build()
        .expect("these settings hold together");
    let mut browser = Browser::new();
    browser.site(ISSUER, provider.router());
    browser.site(BASE_URL, app(vestibule));
    sign_in(browser, user.name()).await
}

fn somebody(claims: Map<String, Value>) -> User {
    let claims = ClaimsSet::from(claims);
    let subject = claims.claim("sub").and_then(Value::as_str).unwrap_or("somebody").to_owned();
    let others = claims.iter().filter(|(name, _)| *name != "sub");
    others.fold(User::new(subject.as_str()).subject(subject.as_str()), |user, (name, value)| {
        user.claim(name, value.clone())
    })
}

async fn sign_in(mut browser: Browser, user: &str) -> SignedIn {
    let page = browser.get(&format!("{BASE_URL}/auth/login/test")).await;
    let page = browser.sign_in_as(&page, user).await;
    assert!(
        page.url().as_str().starts_with(BASE_URL) && page.url().path() != "/auth/error",
        "the login ended at {}",
        page.url()
    );
    SignedIn { browser }
}

impl SignedIn {
    /// Opens a page of the application by its path, and follows redirects.
    pub async fn get(&mut self, path: &str) -> Page {
        self.browser.get(&format!("{BASE_URL}{path}")).await
    }

    /// Asks for a path as a script of the application's page does.
    pub async fn fetch(&mut self, path: &str) -> Page {
        self.browser.fetch(&format!("{BASE_URL}{path}")).await
    }

    /// Sends a form as a page of the application does, and follows redirects.
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.browser.post_form(&format!("{BASE_URL}{path}"), fields).await
    }

    /// The browser itself, for everything else.
    pub fn browser(&mut self) -> &mut Browser {
        &mut self.browser
    }
}
