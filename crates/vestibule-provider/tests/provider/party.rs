//! A small relying party made of core alone, and a browser.

use axum::Router;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use url::{Url, form_urlencoded};
use vestibule_core::{
    Accepted, AuthorizationCode, AuthorizationRequest, AuthorizationResponse, Client, ClientMetadata, Entropy,
    Exchange, HttpClient, HttpError, IdToken, JwkSet, Limits, NumericDate, PendingLogin, ProtocolError,
    ProviderMetadata, SignatureAlgorithm, Step, TokenResponse,
    authorization::ExpectedResponse,
    discovery::{DiscoveryRequest, KeysRequest},
    error::InvalidIdToken,
    registration::RegistrationRequest,
};
use vestibule_provider::{Browser, DevelopmentProvider, Page, RegisteredClient, User};

pub(crate) const ISSUER: &str = "http://127.0.0.1:3001";
pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/callback";
pub(crate) const GOODBYE: &str = "http://localhost:3000/goodbye";
pub(crate) const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// RFC 7636, Appendix B.
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Why a login did not come to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    Http(HttpError),
    Protocol(ProtocolError),
}

/// With ES256, whose keys cost nothing to make.
pub(crate) fn provider() -> DevelopmentProvider {
    provider_at(ISSUER)
}

pub(crate) fn provider_at(issuer: &str) -> DevelopmentProvider {
    let provider = DevelopmentProvider::new(issuer)
        .expect("valid")
        .client(
            RegisteredClient::confidential("rp", "s:%+é")
                .redirect_uri(REDIRECT_URI)
                .redirect_uri("http://localhost:3000/other?kept=yes")
                .post_logout_redirect_uri(GOODBYE)
                .id_token_signed_response_alg(SignatureAlgorithm::Es256),
        )
        .client(
            RegisteredClient::public("spa")
                .redirect_uri(REDIRECT_URI)
                .id_token_signed_response_alg(SignatureAlgorithm::Es256),
        )
        .user(
            User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@example.com").claim("admin", true),
        )
        .user(User::new("bob").subject("248289761001"));
    provider.set_now(NOW);
    provider
}

pub(crate) fn browser(provider: &DevelopmentProvider) -> Browser {
    let mut browser = Browser::new();
    browser.set_now(NOW);
    browser.site(provider.issuer().as_str(), provider.router());
    browser.site("http://localhost:3000", Router::new().fallback(async || "the application"));
    browser
}

/// An authorization URL of `rp` that is in order, with these parameters changed; an empty value leaves one out.
pub(crate) fn authorize_url(changes: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", "rp"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid"),
        ("state", "s 1"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    parameters.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    parameters.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{ISSUER}/authorize?{query}")
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find_map(|(own, value)| (own == name).then(|| value.into_owned()))
}

/// A code for alice, by a browser that was never here.
pub(crate) async fn code(provider: &DevelopmentProvider, changes: &[(&str, &str)]) -> String {
    let mut browser = browser(provider);
    let page = browser.get(&authorize_url(changes)).await;
    let page = browser.sign_in_as(&page, "alice").await;
    parameter(page.url(), "code").expect("a code")
}

pub(crate) async fn send(
    provider: &DevelopmentProvider,
    request: http::request::Builder,
    body: &str,
) -> Response<Bytes> {
    let request = request.body(Bytes::from(body.to_owned())).expect("a request");
    provider.send(request, Limits::new(usize::MAX, &[])).await.expect("an answer")
}

/// A form that `rp` sends by itself, with its credentials.
pub(crate) async fn post(provider: &DevelopmentProvider, path: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
    post_as(provider, "rp:s%3A%25%2B%C3%A9", path, fields).await
}

/// A form that the client of these credentials sends by itself.
pub(crate) async fn post_as(
    provider: &DevelopmentProvider,
    basic: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Response<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(format!("{}{path}", provider.issuer()))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {}", STANDARD.encode(basic)));
    send(provider, request, &body).await
}

/// What `rp` gets for a login of alice in this browser.
pub(crate) async fn login(provider: &DevelopmentProvider, browser: &mut Browser, scope: &str) -> Value {
    let page = browser.get(&authorize_url(&[("scope", scope)])).await;
    let page = if is_sign_in(&page) { browser.sign_in_as(&page, "alice").await } else { page };
    let code = parameter(page.url(), "code").expect("a code");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("code", &code),
    ];
    json(&post(provider, "/token", &redeem).await)
}

/// The status of the userinfo endpoint for an access token.
pub(crate) async fn userinfo(provider: &DevelopmentProvider, access_token: &str) -> u16 {
    let request = Request::get("http://127.0.0.1:3001/userinfo");
    let request = request.header("authorization", format!("Bearer {access_token}"));
    send(provider, request, "").await.status().as_u16()
}

pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("{name} is not a text: {answer}"))
}

/// What a token says, whoever signed it.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header or the payload of a token.
pub(crate) fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).expect("a compact token");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

pub(crate) fn json(response: &Response<Bytes>) -> serde_json::Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

pub(crate) async fn ask<E: Exchange>(provider: &DevelopmentProvider, mut exchange: E) -> Result<E::Output, Failure> {
    let request: Request<Bytes> = exchange.request(NOW, Entropy::from_bytes([7; 32]));
    let response = provider.send(request, E::LIMITS).await.map_err(Failure::Http)?;
    match exchange.accept(NOW, response).map_err(Failure::Protocol)? {
        Step::Done(output) => Ok(output),
        Step::Again(_) => unreachable!("nothing here asks twice"),
    }
}

/// What a login is for, and what it has found out so far.
pub(crate) struct Party {
    pub(crate) provider: DevelopmentProvider,
    pub(crate) client: Client,
    pub(crate) metadata: ProviderMetadata,
    pub(crate) keys: JwkSet,
}

impl Party {
    pub(crate) async fn discover(provider: &DevelopmentProvider, client: Client) -> Result<Self, Failure> {
        let metadata = ask(provider, DiscoveryRequest::new(provider.issuer().clone())).await?;
        let keys = ask(provider, KeysRequest::new(&metadata)).await?;
        Ok(Self { provider: provider.clone(), client, metadata, keys })
    }

    pub(crate) async fn rp(provider: &DevelopmentProvider) -> Result<Self, Failure> {
        let client = Client::confidential("rp", "s:%+é").id_token_signed_response_alg(SignatureAlgorithm::Es256);
        Self::discover(provider, client).await
    }

    /// A client that registers itself.
    pub(crate) async fn registering(
        provider: &DevelopmentProvider,
        client_metadata: &ClientMetadata,
    ) -> Result<Self, Failure> {
        let metadata = ask(provider, DiscoveryRequest::new(provider.issuer().clone())).await?;
        let request = RegistrationRequest::new(&metadata, client_metadata, REDIRECT_URI, GOODBYE).expect("an endpoint");
        let client = ask(provider, request).await?.client();
        let keys = ask(provider, KeysRequest::new(&metadata)).await?;
        Ok(Self { provider: provider.clone(), client, metadata, keys })
    }

    /// The whole login, to its ID Token.
    pub(crate) async fn sign_in(&self, browser: &mut Browser) -> Result<Result<IdToken, InvalidIdToken>, Failure> {
        let code = self.authorize(browser, "openid").await?;
        let tokens = self.redeem(code).await?;
        Ok(tokens.id_token().verify(&self.keys, &self.client.expected_id_token(&self.metadata), NOW))
    }

    /// To the provider and back.
    pub(crate) async fn authorize(&self, browser: &mut Browser, scope: &str) -> Result<AuthorizationCode, Failure> {
        let pending = PendingLogin::begin(Entropy::from_bytes([9; 32]), NOW);
        let request = AuthorizationRequest::new(REDIRECT_URI, scope);
        let url = self.client.authorize(&self.metadata, &request, &pending);
        let page = browser.get(url.as_str()).await;
        let page = if is_sign_in(&page) { browser.sign_in_as(&page, "alice").await } else { page };
        let response = AuthorizationResponse::from_query(page.url().query().unwrap_or_default());
        let expected = ExpectedResponse::of(&self.metadata);
        match response.and_then(|response| pending.accept(response, &expected, NOW)).map_err(Failure::Protocol)? {
            Accepted::Code(code) => Ok(code),
            other => panic!("a code alone was asked for: {other:?}"),
        }
    }

    pub(crate) async fn redeem(&self, code: AuthorizationCode) -> Result<TokenResponse, Failure> {
        let request = self.client.redeem(&self.metadata, REDIRECT_URI, code).expect("a method that both know");
        ask(&self.provider, request).await
    }

    pub(crate) async fn tokens(&self, scope: &str) -> Result<TokenResponse, Failure> {
        let code = self.authorize(&mut browser(&self.provider), scope).await?;
        self.redeem(code).await
    }
}

pub(crate) fn is_sign_in(page: &Page) -> bool {
    page.text().contains("asks who you are")
}
