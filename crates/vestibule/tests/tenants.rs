//! A provider with many tenants, as Entra ID is one: its metadata names a template, and each tenant's tokens an issuer of their own.

mod house;

use std::{
    borrow::Borrow,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, routing::get};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use bytes::Bytes;
use house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, log::Log, provider};
use http::{Request, Response};
use serde_json::{Value, json};
use vestibule::{
    Builder, Client, EndUser, HttpClient, Issuer, NewLogin, Provider, Refusal, SessionPolicy, SignatureAlgorithm,
    Tokens,
    core::{Limits, ProviderMetadata, http_client::Answer, jose::SigningKey},
};
use vestibule_provider::{DevelopmentProvider, Fault};

const ONE: &str = "aaaaaaaa-0000-0000-0000-000000000001";
const TWO: &str = "bbbbbbbb-0000-0000-0000-000000000002";
const FOREIGN: &str = "cccccccc-0000-0000-0000-000000000003";

fn issuer_of(tenant: &str) -> String {
    format!("{ISSUER}/{tenant}/v2.0")
}

/// The development provider, speaking as one with many tenants does.
#[derive(Clone)]
struct ManyTenants {
    provider: DevelopmentProvider,
    key: Arc<SigningKey>,
    /// What the next ID Token says of its tenant: by its issuer, and by its `tid`.
    says: Arc<Mutex<(String, String)>>,
    /// Whose the key is, if it is one tenant's.
    key_issuer: Arc<Mutex<Option<String>>>,
}

impl ManyTenants {
    fn new(provider: DevelopmentProvider) -> Self {
        let key = Arc::new(SigningKey::generate(SignatureAlgorithm::Rs256).expect("a key"));
        Self { provider, key, says: Arc::default(), key_issuer: Arc::default() }
    }

    fn says(&self, issuer: &str, tid: &str) {
        *self.says.lock().expect("no panic") = (issuer.to_owned(), tid.to_owned());
    }

    fn published(&self, metadata: &Value) -> Value {
        let template = json!(format!("{ISSUER}/{{tenantid}}/v2.0"));
        // Entra ID does not say who answers.
        with(with(metadata, "issuer", template), "authorization_response_iss_parameter_supported", json!(false))
    }

    fn keys(&self) -> Value {
        let issuer = self.key_issuer.lock().expect("no panic").clone();
        json!({"keys": [with(self.key.public_jwk(), "issuer", json!(issuer))]})
    }

    /// The same answer, its ID Token signed by another key and of a tenant.
    fn tokens(&self, answer: &Value) -> Value {
        let id_token = answer.get("id_token").and_then(Value::as_str).expect("an ID Token");
        let payload = BASE64_URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).expect("a payload")).expect("base64url");
        let claims: Value = serde_json::from_slice(&payload).expect("claims");
        let (issuer, tid) = self.says.lock().expect("no panic").clone();
        let claims = with(with(&claims, "iss", json!(issuer)), "tid", json!(tid));
        with(answer, "id_token", json!(self.key.sign("JWT", claims.to_string().as_bytes()).expect("signed")))
    }
}

fn with(object: impl Borrow<Value>, name: &str, value: Value) -> Value {
    let members = object.borrow().as_object().expect("an object").clone();
    members.into_iter().filter(|(own, _)| own != name).chain([(name.to_owned(), value)]).collect()
}

impl HttpClient for ManyTenants {
    fn send(&self, mut request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let path = request.uri().path().to_owned();
        if let Some(rest) = path.strip_prefix("/organizations/v2.0") {
            *request.uri_mut() = format!("{ISSUER}{rest}").parse().expect("a URI");
        }
        Box::pin(async move {
            let (parts, body) = self.provider.send(request, limits).await?.into_parts();
            let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
                return Ok(Response::from_parts(parts, body));
            };
            let answer = match path.as_str() {
                path if path.ends_with("openid-configuration") => self.published(&answer),
                "/jwks" | "/keys" => self.keys(),
                "/token" => self.tokens(&answer),
                _ => answer,
            };
            Ok(Response::from_parts(parts, Bytes::from(answer.to_string())))
        })
    }
}

/// A house whose provider has many tenants, of which these are listed.
fn house(tenants: Option<&[&str]>) -> (House, ManyTenants) {
    house_with(tenants, |builder| builder)
}

fn house_with(tenants: Option<&[&str]>, settings: impl FnOnce(Builder) -> Builder) -> (House, ManyTenants) {
    let (provider, clock) = (provider(), TestClock::new());
    provider.set_fault(Some(Fault::MissingResponseIssuer));
    let many = ManyTenants::new(provider.clone());
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let mut corp = Provider::discovered(&format!("{ISSUER}/organizations/v2.0"), client).expect("an issuer");
    if let Some(tenants) = tenants {
        corp = corp.tenants(tenants.iter().copied());
    }
    let builder = bare_builder(&provider, &clock).http_client(many.clone()).provider("corp", corp);
    let vestibule = settings(builder).build().expect("the settings hold together");
    let mut house = House::around(provider, clock, &vestibule);
    let app = Router::new().route("/who", get(async |user: EndUser| format!("{} {}", user.issuer(), user.subject())));
    house.app = vestibule.wrap(app);
    house.browser = house.another_browser();
    (house, many)
}

/// V100
#[tokio::test]
async fn people_of_listed_tenants_sign_in_each_under_the_issuer_of_their_own() {
    let (mut house, many) = house(Some(&[ONE, TWO]));
    for tenant in [ONE, TWO] {
        many.says(&issuer_of(tenant), tenant);
        house.browser = house.another_browser();
        let page = house.sign_in("/who", "alice").await;
        let expected = format!("{} alice", issuer_of(tenant));
        assert_eq!(page.text(), expected);
        assert_eq!(house.get("/who").await.text(), expected, "the session is still that one's");
    }
}

/// V100, R136: of two tenants the same subject is two people.
#[tokio::test]
async fn a_session_of_one_tenant_does_not_go_on_as_one_of_another() {
    let (mut house, many) = house(Some(&[ONE, TWO]));
    many.says(&issuer_of(ONE), ONE);
    house.sign_in("/who", "alice").await;
    many.says(&issuer_of(TWO), TWO);
    // The provider remembers them, and asks nobody.
    let page = house.get("/auth/login/corp?return_to=/who").await;
    assert_eq!(page.text(), format!("{} alice", issuer_of(TWO)));
}

/// V65, V100: whoever proved that they are somebody else does not go on as who they were, whatever comes of it.
#[tokio::test]
async fn a_login_of_another_tenant_that_is_refused_ends_the_session_of_the_first() {
    let (mut house, many) = house_with(Some(&[ONE, TWO]), |builder| {
        builder.on_login(async |login: NewLogin| {
            if login.issuer().as_str() == issuer_of(ONE) { Ok(login) } else { Err(Refusal::new("not here")) }
        })
    });
    many.says(&issuer_of(ONE), ONE);
    house.sign_in("/who", "alice").await;
    many.says(&issuer_of(TWO), TWO);
    assert_eq!(house.get("/auth/login/corp?return_to=/who").await.status(), 403);
    assert!(!house.get("/auth/session").await.text().contains("true"));
}

/// V100: somebody of the same name elsewhere is not who is still signed in.
#[tokio::test]
async fn a_silent_renewal_is_of_the_same_tenant_or_the_session_ends() {
    let every = Duration::from_secs(900);
    let policy = || SessionPolicy::lifetime(Duration::from_secs(4 * 3600)).silent_renewal(every);
    for (tenant, is_in) in [(ONE, true), (TWO, false)] {
        // Without a hint: the provider that is beneath this one did not sign it.
        let settings = |builder: Builder| builder.session(policy()).tokens(Tokens::Discard);
        let (mut house, many) = house_with(Some(&[ONE, TWO]), settings);
        many.says(&issuer_of(ONE), ONE);
        house.sign_in("/who", "alice").await;
        many.says(&issuer_of(tenant), tenant);
        house.pass(900);
        let (log, _listening) = Log::listen();
        let page = house.get("/who").await;
        assert_eq!(page.text() == format!("{} alice", issuer_of(ONE)), is_in, "{tenant}: {}", page.text());
        let is_over = log.lines().iter().any(|line| line.contains("signed in at the provider no more"));
        assert_eq!(is_over, !is_in, "{:?}", log.lines());
    }
}

/// V100
#[tokio::test]
async fn a_token_of_another_tenant_or_of_two_at_once_signs_nobody_in() {
    for (issuer, tid, reason) in [
        (issuer_of(FOREIGN), FOREIGN, "expected 'http://127.0.0.1:3001/{tenantid}/v2.0'"),
        (issuer_of(ONE), FOREIGN, "has tid"),
        (issuer_of(FOREIGN), ONE, "has issuer"),
        (format!("{ISSUER}/organizations/v2.0"), ONE, "has issuer"),
        (ISSUER.to_owned(), ONE, "has issuer"),
    ] {
        let (mut house, many) = house(Some(&[ONE]));
        many.says(&issuer, tid);
        let (log, _listening) = Log::listen();
        assert_eq!(house.sign_in("/who", "alice").await.status(), 502, "{issuer} {tid}");
        let [line] = &log.failures()[..] else { panic!("one failure: {:?}", log.failures()) };
        assert!(line.contains(reason), "{issuer} {tid}: {line}");
        assert_eq!(house.me().await, None);
    }
}

/// V100: the key of one tenant does not sign for another.
#[tokio::test]
async fn a_key_of_another_tenant_signs_nobody_in() {
    for (key_issuer, status) in [(issuer_of(ONE), 200), (issuer_of(TWO), 502)] {
        let (mut house, many) = house(Some(&[ONE, TWO]));
        *many.key_issuer.lock().expect("no panic") = Some(key_issuer.clone());
        many.says(&issuer_of(ONE), ONE);
        assert_eq!(house.sign_in("/who", "alice").await.status(), status, "{key_issuer}");
    }
}

/// V100, R93: without a list a template is as wrong as any other issuer, and what to do is said.
#[tokio::test]
async fn without_listed_tenants_a_template_is_refused() {
    let (mut house, _) = house(None);
    let (log, _listening) = Log::listen();
    assert_eq!(house.get("/who").await.status(), 502);
    let [line] = &log.failures()[..] else { panic!("one failure: {:?}", log.failures()) };
    assert!(line.contains("tenants = [..]"), "{line}");
}

/// V100: a tenant that is taken off the list is out, sessions and all.
#[tokio::test]
async fn sessions_of_a_tenant_that_is_listed_no_more_are_over() {
    let (mut before, many) = house(Some(&[ONE, TWO]));
    many.says(&issuer_of(ONE), ONE);
    before.sign_in("/who", "alice").await;
    for (tenants, is_in) in [([ONE], true), ([TWO], false)] {
        let (mut house, _) = house(Some(&tenants));
        for cookie in before.browser.cookies() {
            let line = format!("{}={}; Path=/", cookie.name, cookie.value);
            assert!(house.browser.set_cookie(&format!("{APP}/"), &line));
        }
        let page = house.get("/who").await;
        assert_eq!(page.text() == format!("{} alice", issuer_of(ONE)), is_in, "{tenants:?}: {}", page.text());
    }
}

/// V100: what cannot be is refused at start, by name.
#[test]
fn a_list_that_lets_nobody_or_anybody_in_is_refused() {
    let client = || Client::confidential("my-app", CLIENT_SECRET);
    let discovered = || Provider::discovered(ISSUER, client()).expect("an issuer");
    let metadata = json!({"issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/a"),
        "token_endpoint": format!("{ISSUER}/t"), "jwks_uri": format!("{ISSUER}/k")});
    let metadata = ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata");
    for (corp, reason) in [
        (discovered().tenants([] as [&str; 0]), "no tenant is listed"),
        (discovered().tenants(["organizations"]), "'organizations' is not one tenant"),
        (discovered().tenants([ONE, "*"]), "'*' is not one tenant"),
        (Provider::described(metadata, client()).tenants([ONE]), "fetched from an issuer"),
        (Provider::webfinger("acct:a@example.com", client()).expect("an identifier").tenants([ONE]), "fetched"),
    ] {
        let refused = bare_builder(&provider(), &TestClock::new()).provider("corp", corp).build().expect_err(reason);
        let printed = refused.to_string();
        assert!(printed.starts_with("provider.corp.tenants: ") && printed.contains(reason), "{printed}");
    }
    assert!(Issuer::parse(issuer_of(ONE)).is_ok());
}
