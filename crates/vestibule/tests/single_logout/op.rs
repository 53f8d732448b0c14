//! A provider that does as the test says: one more key in its key set, with which logout tokens are signed; what it calls its
//! sessions; and more in its metadata.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;
use vestibule::{
    HttpClient, HttpError, NumericDate, SignatureAlgorithm,
    core::{
        Limits,
        http_client::Answer,
        jose::{CompactJws, SigningKey},
    },
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

use crate::house::{APP, CLIENT_SECRET};

pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
pub const ES256: SignatureAlgorithm = SignatureAlgorithm::Es256;

/// One provider. Clones are handles to the same.
#[derive(Clone)]
pub struct Op {
    pub provider: DevelopmentProvider,
    inner: Arc<Inner>,
}

struct Inner {
    key: Mutex<Arc<SigningKey>>,
    sid: Mutex<Option<String>>,
    metadata: Mutex<Map<String, Value>>,
    tokens: Mutex<Map<String, Value>>,
    jtis: AtomicUsize,
    revoked: Mutex<Vec<String>>,
    refuses_to_revoke: AtomicBool,
    hangs_at_jwks: AtomicBool,
}

impl Op {
    /// With one client, under a name of ours.
    pub fn new(issuer: &str, name: &str) -> Self {
        let client = RegisteredClient::confidential("my-app", CLIENT_SECRET)
            .redirect_uri(format!("{APP}/auth/callback/{name}"))
            .post_logout_redirect_uri(format!("{APP}/auth/logged_out"))
            .id_token_signed_response_alg(ES256);
        let provider = DevelopmentProvider::new(issuer).expect("an issuer").client(client);
        Self::around(provider)
    }

    pub fn around(provider: DevelopmentProvider) -> Self {
        let provider = provider.user(User::new("alice")).user(User::new("bob"));
        let inner = Inner {
            key: Mutex::new(key("of the test")),
            sid: Mutex::default(),
            metadata: Mutex::default(),
            tokens: Mutex::default(),
            jtis: AtomicUsize::new(0),
            revoked: Mutex::default(),
            refuses_to_revoke: AtomicBool::new(false),
            hangs_at_jwks: AtomicBool::new(false),
        };
        Self { provider, inner: Arc::new(inner) }
    }

    /// What it signs with, and its key set shows.
    pub fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.inner.key.lock().expect("no panic"))
    }

    /// From now on it is another one.
    pub fn changes_its_key(&self) {
        *self.inner.key.lock().expect("no panic") = key("new of the test");
    }

    pub fn issuer(&self) -> &str {
        self.provider.issuer().as_str()
    }

    /// The next ID Tokens are of a session of this name; without one, of whatever the provider calls it.
    pub fn calls_sessions(&self, sid: Option<&str>) {
        *self.inner.sid.lock().expect("no panic") = sid.map(str::to_owned);
    }

    /// What its metadata says besides.
    pub fn says(&self, member: &str, value: impl Into<Value>) {
        self.inner.metadata.lock().expect("no panic").insert(member.to_owned(), value.into());
    }

    /// What its token responses have besides.
    pub fn gives(&self, member: &str, value: impl Into<Value>) {
        self.inner.tokens.lock().expect("no panic").insert(member.to_owned(), value.into());
    }

    /// The next question for its keys is never answered.
    pub fn hangs_at_jwks(&self) {
        self.inner.hangs_at_jwks.store(true, Ordering::SeqCst);
    }

    pub fn refuses_to_revoke(&self) {
        self.inner.refuses_to_revoke.store(true, Ordering::SeqCst);
    }

    /// The bodies that came to its revocation endpoint.
    pub fn revoked(&self) -> Vec<String> {
        self.inner.revoked.lock().expect("no panic").clone()
    }

    /// The claims of a good logout token, with these about whom it is.
    pub fn logout(&self, now: NumericDate, whose: &Value) -> Value {
        let jti = self.inner.jtis.fetch_add(1, Ordering::SeqCst);
        let mut claims = json!({
            "iss": self.issuer(), "aud": "my-app", "iat": now, "exp": now.plus(600), "jti": format!("jti-{jti}"),
            "events": {EVENT: {}},
        });
        merge(&mut claims, whose);
        claims
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.key().sign("logout+jwt", claims.to_string().as_bytes()).expect("signed")
    }

    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        self.key().sign_with_header(header, claims.to_string().as_bytes()).expect("signed")
    }

    async fn answer(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        let path = request.uri().path().to_owned();
        match path.as_str() {
            "/revoke" => return Ok(self.revoke(&request)),
            "/jwks" if self.inner.hangs_at_jwks.swap(false, Ordering::SeqCst) => std::future::pending::<()>().await,
            _ => {}
        }
        let response = self.provider.send(request, limits).await?;
        let object = serde_json::from_slice::<Value>(response.body());
        let (Ok(mut object), StatusCode::OK) = (object, response.status()) else { return Ok(response) };
        match path.as_str() {
            "/.well-known/openid-configuration" => add(&mut object, &self.inner.metadata),
            "/jwks" => {
                let keys = object.get_mut("keys").and_then(Value::as_array_mut);
                keys.expect("keys").push(self.key().public_jwk());
            }
            "/token" => {
                add(&mut object, &self.inner.tokens);
                self.rename_session(&mut object);
            }
            _ => {}
        }
        let (mut parts, _) = response.into_parts();
        parts.headers.remove("etag");
        Ok(Response::from_parts(parts, object.to_string().into()))
    }

    fn rename_session(&self, answer: &mut Value) {
        let Some(sid) = self.inner.sid.lock().expect("no panic").clone() else { return };
        let Some(id_token) = answer.get("id_token").and_then(Value::as_str) else { return };
        let jws = CompactJws::parse(id_token).expect("an ID Token");
        let mut claims: Value = serde_json::from_slice(jws.unverified_payload()).expect("claims");
        // Its at_hash is of the access token that the provider gave, which may have been replaced as well.
        merge(&mut claims, &json!({"sid": sid, "at_hash": null}));
        let renamed = self.key().sign("JWT", claims.to_string().as_bytes()).expect("signed");
        merge(answer, &json!({"id_token": renamed}));
    }

    fn revoke(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.inner.revoked.lock().expect("no panic").push(body);
        let status = if self.inner.refuses_to_revoke.load(Ordering::SeqCst) { 503 } else { 200 };
        Response::builder().status(status).body(Bytes::new()).expect("a response")
    }
}

/// Several of them, each at its own host and port.
#[derive(Clone)]
pub struct Ops(pub Vec<Op>);

impl HttpClient for Ops {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let origin = Url::parse(&request.uri().to_string()).expect("a URL").origin().ascii_serialization();
        let home = self.0.iter().find(|op| op.issuer() == origin);
        Box::pin(async move {
            match home {
                Some(op) => op.answer(request, limits).await,
                None => Err(HttpError::Connect("nobody lives there".into())),
            }
        })
    }
}

fn key(kid: &str) -> Arc<SigningKey> {
    Arc::new(SigningKey::generate(ES256).expect("a key").with_kid(kid))
}

fn add(object: &mut Value, members: &Mutex<Map<String, Value>>) {
    merge(object, &Value::Object(members.lock().expect("no panic").clone()));
}

/// Sets members; `null` takes one away.
pub fn merge(object: &mut Value, members: &Value) {
    let object = object.as_object_mut().expect("an object");
    for (name, value) in members.as_object().expect("an object") {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
}
