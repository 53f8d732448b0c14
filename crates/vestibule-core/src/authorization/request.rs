//! What is asked of the provider in one login (Core 3.1.2.1).

use std::fmt;

use serde_json::{Map, Value, json};
use url::Url;

use super::{
    PendingLogin, ResponseMode, ResponseType,
    asked::{Asked, is_acr_value},
    claims_request,
};
use crate::{error::Excerpt, secret::Secret};

/// What is asked of the provider in one login, besides what the protocol itself puts in.
///
/// What the answer is checked for (response type and mode, `max_age`, essential acr values, some single claims) is what the [`PendingLogin`] remembers:
/// hand it over with [`PendingLogin::asking`], or it is not asked for at all.
///
/// # Example
/// ```
/// use vestibule_core::{AuthorizationRequest, Client, Entropy, NumericDate, PendingLogin, ProviderMetadata};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let (drawn, now) = ([7; 32], NumericDate::from_seconds(1_700_000_000));
/// let client = Client::public("my-app");
/// let request = AuthorizationRequest::new("https://app.example.com/auth/callback/corp", "openid email").max_age(300);
/// let pending = PendingLogin::begin(Entropy::from_bytes(drawn), now).asking(&request);
/// let url = client.authorize(&metadata, &request, &pending);
/// assert!(url.as_str().starts_with("https://login.example.com/authorize?response_type=code&client_id=my-app&"));
/// assert!(url.as_str().ends_with("&max_age=300"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    redirect_uri: String,
    scope: String,
    carried: String,
    asked: Asked,
    acr_values: String,
    claims: Map<String, Value>,
    id_token_hint: Option<Secret<String>>,
    resources: Vec<String>,
    parameters: Vec<(String, String)>,
}

/// The parameters that the protocol itself sets; an application cannot set them (V24). `max_age`, `acr_values` and `claims` are
/// among them because whoever sends them must check the answer (Core 3.1.2.1). The last line has the claims of a request object,
/// in which parameters and claims are members of one and the same JSON object (RFC 9101 4).
const RESERVED: [&str; 22] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "claims",
    "max_age",
    "acr_values",
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
];

/// Why a further parameter cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidParameter {
    #[error("the parameter '{name}' is set by the protocol and cannot be set here")]
    Reserved { name: String },
    #[error("the resource '{got}' is not an absolute URI without a fragment (RFC 8707 2)")]
    Resource { got: Excerpt },
}

/// Why something cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidAuthorizationRequest {
    #[error("response_mode {response_mode} is not for response_type {response_type} (Multiple Response Types 3 and 5)")]
    ResponseMode { response_type: ResponseType, response_mode: ResponseMode },
    #[error("no acr value is asked for as essential")]
    NoAcrValue,
    #[error("the acr value '{got}' is empty or has a control character")]
    AcrValue { got: Excerpt },
    #[error("the essential acr values, with the sub that claims asks for, have more bytes than a pending login keeps")]
    TooManyAcrValues,
    #[error("claims is not a JSON object with an id_token or a userinfo member (Core 5.5)")]
    Claims,
    #[error("the member '{member}' of claims is not a JSON object (Core 5.5)")]
    ClaimsMember { member: &'static str },
    #[error(
        "the claim '{claim}' of claims is neither null nor a JSON object whose 'essential' is true or false and whose 'values' is an array (Core 5.5.1)"
    )]
    ClaimRequest { claim: Excerpt },
    #[error(
        "claims asks for an essential acr: ask for it by essential_acr, which has the answer checked (Core 5.5.1.1)"
    )]
    EssentialAcrInClaims,
    #[error("claims asks for a sub that is not one 'value' of 1 to 255 ASCII characters (Core 2, 3.1.2.2)")]
    SubjectInClaims,
    #[error("claims asks for userinfo, to which response_type {response_type} brings no access token (Core 5.5)")]
    UserInfoWithoutAccessToken { response_type: ResponseType },
    #[error("the resource '{got}' is not an absolute URI without a fragment (RFC 8707 2)")]
    Resource { got: Excerpt },
}

impl AuthorizationRequest {
    /// A request with the redirect URI exactly as it is registered, and a scope that should contain `openid`.
    #[must_use]
    pub fn new(redirect_uri: impl Into<String>, scope: impl Into<String>) -> Self {
        Self {
            redirect_uri: redirect_uri.into(),
            scope: scope.into(),
            carried: String::new(),
            asked: Asked::default(),
            acr_values: String::new(),
            claims: Map::new(),
            id_token_hint: None,
            resources: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Text that comes back inside `state`: sealed by the caller, of URL-safe characters without a dot.
    #[must_use]
    pub fn carry(self, carried: impl Into<String>) -> Self {
        Self { carried: carried.into(), ..self }
    }

    /// What is to come back (Core 3): a code unless said. It comes in the mode that is the type's own; say another one after this.
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.asked = Asked { demands: self.asked.demands, ..Asked::by(response_type) };
        self
    }

    /// How it is to come back (Multiple Response Types 2.1, Form Post 1.0 2).
    ///
    /// # Errors
    /// [`InvalidAuthorizationRequest::ResponseMode`] for a query that would have tokens in it.
    pub fn response_mode(mut self, response_mode: ResponseMode) -> Result<Self, InvalidAuthorizationRequest> {
        let response_type = self.asked.response_type;
        // Multiple Response Types 3 and 5: "the query encoding MUST NOT be used" for what has a token.
        if !response_type.may_come_by(response_mode) {
            return Err(InvalidAuthorizationRequest::ResponseMode { response_type, response_mode });
        }
        self.asked.response_mode = response_mode;
        Ok(self)
    }

    /// For how many seconds the person may have been signed in at the provider (Core 3.1.2.1); the ID Token's `auth_time` is held
    /// against it. Zero asks for a new sign-in.
    #[must_use]
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.asked.demands.max_age = Some(seconds);
        self
    }

    /// How the person should sign in, best first (Core 3.1.2.1): a wish, which the provider may not fulfil. Nothing is checked;
    /// what must be so is [`essential_acr`](Self::essential_acr).
    #[must_use]
    pub fn acr_values<T: AsRef<str>>(self, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<_> = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
        Self { acr_values: values.join(" "), ..self }
    }

    /// How the person must sign in: by one of these (Core 5.5.1.1). An ID Token without any of them is refused.
    ///
    /// # Errors
    /// [`InvalidAuthorizationRequest`] when there is none, one is empty or has a control character, or they are more than a
    /// pending login can keep (about 500 bytes).
    pub fn essential_acr<T: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidAuthorizationRequest> {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            return Err(InvalidAuthorizationRequest::NoAcrValue);
        }
        if let Some(other) = values.iter().find(|value| !is_acr_value(value)) {
            return Err(InvalidAuthorizationRequest::AcrValue { got: Excerpt::new(other) });
        }
        self.asked.demands.essential_acr = values;
        if self.asked.fits() { Ok(self) } else { Err(InvalidAuthorizationRequest::TooManyAcrValues) }
    }

    /// Single claims, from the ID Token or the userinfo endpoint (Core 5.5), as the JSON object that the specification defines.
    /// Say the response type before.
    ///
    /// Of the ID Token's claims an essential `auth_time` and a `sub` with a `value` are held against the answer; an essential `acr` is
    /// what [`essential_acr`](Self::essential_acr) is for.
    ///
    /// # Errors
    /// [`InvalidAuthorizationRequest`] names the rule of Core 5.5 that it breaks.
    pub fn claims(mut self, claims: Value) -> Result<Self, InvalidAuthorizationRequest> {
        self.claims = claims_request::check(claims, self.asked.response_type)?;
        self.asked.demands.auth_time = claims_request::auth_time(&self.claims);
        self.asked.demands.sub = claims_request::sub(&self.claims)?;
        if self.asked.fits() { Ok(self) } else { Err(InvalidAuthorizationRequest::TooManyAcrValues) }
    }

    /// What the provider shall or shall not ask the person (Core 3.1.2.1), such as `login` or `none`.
    #[must_use]
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.with("prompt", prompt.into())
    }

    /// Who it probably is that signs in (Core 3.1.2.1).
    #[must_use]
    pub fn login_hint(self, login_hint: impl Into<String>) -> Self {
        self.with("login_hint", login_hint.into())
    }

    /// The languages that the person reads, best first, separated by spaces (Core 3.1.2.1).
    #[must_use]
    pub fn ui_locales(self, ui_locales: impl Into<String>) -> Self {
        self.with("ui_locales", ui_locales.into())
    }

    /// An ID Token that we got earlier, of the person who shall sign in again (Core 3.1.2.1).
    #[must_use]
    pub fn id_token_hint(self, id_token_hint: impl Into<Secret<String>>) -> Self {
        Self { id_token_hint: Some(id_token_hint.into()), ..self }
    }

    /// Where the access token is to be used (RFC 8707 2). May be said of several places; each is sent as it is written.
    ///
    /// # Errors
    /// [`InvalidAuthorizationRequest::Resource`] when it is not an absolute URI, or has a fragment.
    pub fn resource(mut self, resource: impl Into<String>) -> Result<Self, InvalidAuthorizationRequest> {
        let resource = resource.into();
        if !is_resource(&resource) {
            return Err(InvalidAuthorizationRequest::Resource { got: Excerpt::new(&resource) });
        }
        self.resources.push(resource);
        Ok(self)
    }

    /// A further parameter, such as `display` (Core 3.1.2.1), or one of the provider's own.
    ///
    /// # Errors
    /// [`InvalidParameter`] when the protocol sets it, or the value is none of its values.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, InvalidParameter> {
        let (name, value) = (name.into(), value.into());
        check_parameter(&name, &value)?;
        Ok(match name.as_str() {
            // It prints as `***`, whichever way it came.
            "id_token_hint" => self.id_token_hint(value),
            "resource" => {
                self.resources.push(value);
                self
            }
            _ => self.with(&name, value),
        })
    }

    /// RFC 6749 3.1: no parameter twice; what is said later holds.
    fn with(mut self, name: &str, value: String) -> Self {
        match self.parameters.iter_mut().find(|(known, _)| known == name) {
            Some((_, said)) => *said = value,
            None => self.parameters.push((name.to_owned(), value)),
        }
        self
    }

    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// What is in each request as it stands, be there a request object or not: RFC 6749 4.1.1 and Core 6.1 want these where every
    /// server sees them. State and nonce are repeated with the same values, because providers differ in how they merge: some read
    /// the object alone (RFC 9101 6.3), some send an error back, for an object that they cannot read, with the state that they see.
    /// The code challenge is repeated so that a provider which passes over the object binds the code all the same (V19).
    pub(super) fn plain_parameters(&self, client_id: &str, pending: &PendingLogin) -> Vec<(String, Value)> {
        let mut parameters: Vec<_> = [
            ("response_type", pending.response_type().name().to_owned()),
            ("client_id", client_id.to_owned()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("scope", self.scope.clone()),
            ("state", pending.state(&self.carried).as_str().to_owned()),
            // Core 3.2.2.1 requires it only of some types; V18 wants no way without it.
            ("nonce", pending.nonce()),
        ]
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .into();
        if pending.response_type().has_code() {
            // RFC 7636 4.2; RFC 9700 2.1.1: for confidential clients too. `plain` does not exist here.
            parameters.push(("code_challenge".to_owned(), json!(pending.code_challenge())));
            parameters.push(("code_challenge_method".to_owned(), json!("S256")));
        }
        parameters
    }

    /// Every parameter of the request, in the order in which they are sent. What the answer is checked for is taken from
    /// `pending`, which checks it (R12): the response type and mode, max_age, essential acr values, and of single claims those
    /// that [`claims`](Self::claims) names. Of all other claims and of `id_token_hint` the answer is the caller's to look at.
    pub(super) fn parameters(&self, client_id: &str, pending: &PendingLogin) -> Vec<(String, Value)> {
        let asked = pending.asked();
        let mut parameters = self.plain_parameters(client_id, pending);
        let mut add = |name: &str, value: Value| parameters.push((name.to_owned(), value));
        // Multiple Response Types 2.1: "not RECOMMENDED when [..] the default mode".
        if asked.response_mode != asked.response_type.default_mode() {
            add("response_mode", json!(asked.response_mode.name()));
        }
        if let Some(max_age) = asked.demands.max_age {
            add("max_age", json!(max_age));
        }
        if !self.acr_values.is_empty() {
            add("acr_values", json!(self.acr_values));
        }
        let claims = claims_request::with_essential_acr(&self.claims, &asked.demands.essential_acr);
        if !claims.is_empty() {
            add("claims", Value::Object(claims));
        }
        if let Some(id_token_hint) = &self.id_token_hint {
            add("id_token_hint", json!(id_token_hint.expose()));
        }
        for resource in &self.resources {
            add("resource", json!(resource));
        }
        for (name, value) in &self.parameters {
            add(name, json!(value));
        }
        parameters
    }
}

/// V69: hints and claims can say who signs in; which there are is enough.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        let claims: Vec<_> = self.claims.keys().collect();
        f.debug_struct("AuthorizationRequest")
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .field("acr_values", &self.acr_values)
            .field("claims", &claims)
            .field("resources", &self.resources)
            .field("parameters", &parameters)
            .finish_non_exhaustive()
    }
}

/// Whether an application may set the authorization parameter `name` to `value`.
///
/// # Errors
/// [`InvalidParameter`] when the protocol sets it, or the value is none of its values.
pub fn check_parameter(name: &str, value: &str) -> Result<(), InvalidParameter> {
    match name {
        reserved if RESERVED.contains(&reserved) => Err(InvalidParameter::Reserved { name: reserved.to_owned() }),
        "resource" if !is_resource(value) => Err(InvalidParameter::Resource { got: Excerpt::new(value) }),
        _ => Ok(()),
    }
}

/// RFC 8707 2: "MUST be an absolute URI", "MUST NOT include a fragment component".
fn is_resource(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.fragment().is_none())
}
