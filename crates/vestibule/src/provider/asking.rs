//! What every login with a provider asks for (Core 3.1.2.1).

use std::time::Duration;

use serde_json::Value;
use vestibule_core::{
    AuthorizationRequest, ResponseMode, ResponseType, authorization::InvalidAuthorizationRequest,
    authorization::check_parameter,
};

use super::Provider;
use crate::{
    config_error::ConfigError,
    wish::{Manner, Wish},
};

/// What every login with a provider asks for.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) scope: String,
    response_type: ResponseType,
    response_mode: Option<ResponseMode>,
    max_age: Option<u32>,
    acr_values: Vec<String>,
    essential_acr: Vec<String>,
    claims: Option<Value>,
    resources: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            scope: "openid".to_owned(),
            response_type: ResponseType::Code,
            response_mode: None,
            max_age: None,
            acr_values: Vec::new(),
            essential_acr: Vec::new(),
            claims: None,
            resources: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

/// What a login asks for.
impl Provider {
    /// What is asked for, separated by spaces; it must contain `openid`. Unless said, `openid` alone.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.asking.scope = scope.into();
        self
    }

    /// What comes back from the provider's authorization endpoint (Core 3): a code, unless said. Say another only to a provider that
    /// cannot do otherwise: what it adds travels through the browser.
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.asking.response_type = response_type;
        self
    }

    /// How it comes back (Multiple Response Types 2.1, Form Post 1.0): in the query for a code, in the fragment for everything else,
    /// unless said. With `form_post` the cookie of a login under way is `SameSite=None`, which browsers take on https and on loopback
    /// only.
    #[must_use]
    pub fn response_mode(mut self, response_mode: ResponseMode) -> Self {
        self.asking.response_mode = Some(response_mode);
        self
    }

    /// How long ago people may have proved to the provider who they are: it asks them again after that, and its answer is held
    /// against it (Core 3.1.2.1, 3.1.3.7 (13)). For single pages there is [`RequireLogin::max_age`](crate::RequireLogin::max_age).
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.asking.max_age = Some(u32::try_from(max_age.as_secs()).unwrap_or(u32::MAX));
        self
    }

    /// How people should sign in, the preferred way first (Core 3.1.2.1): a wish, which the provider may not fulfil.
    #[must_use]
    pub fn acr_values(mut self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.asking.acr_values = acr_values.into_iter().map(Into::into).collect();
        self
    }

    /// How people must sign in: in one of these ways, or the login is refused (Core 5.5.1.1, 3.1.3.7 (12)).
    #[must_use]
    pub fn essential_acr(mut self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.asking.essential_acr = acr_values.into_iter().map(Into::into).collect();
        self
    }

    /// Single claims, from the ID Token or the userinfo endpoint (Core 5.5), as the JSON object that the specification defines.
    ///
    /// # Example
    /// ```
    /// # use vestibule::{Client, Provider};
    /// let provider = Provider::discovered("https://login.example.com", Client::public("my-app"))?
    ///     .claims(serde_json::json!({"userinfo": {"email": {"essential": true}}}));
    /// # let _ = provider;
    /// # Ok::<_, vestibule::ConfigError>(())
    /// ```
    #[must_use]
    pub fn claims(mut self, claims: Value) -> Self {
        self.asking.claims = Some(claims);
        self
    }

    /// Where access tokens are to be used (RFC 8707 2). May be said of several places.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.asking.resources.push(resource.into());
        self
    }

    /// A further parameter of every authorization request, such as `prompt`, `ui_locales` or `hd`. For single logins there is
    /// [`Vestibule::sign_in`](crate::Vestibule::sign_in).
    ///
    /// The ones that the protocol itself sets, such as `state`, are refused by `build()`, and so is a `resource` that is none.
    #[must_use]
    pub fn authorization_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.asking.parameters.push((name.into(), value.into()));
        self
    }
}

impl Asking {
    /// Whether an access token comes of it, through the browser or for a code.
    pub(super) fn gives_access_tokens(&self) -> bool {
        self.response_type.has_code() || self.response_type.has_token()
    }

    /// What is wrong with the settings themselves; `name` is the provider's.
    pub(super) fn check(&self, name: &str) -> Result<(), ConfigError> {
        let setting = |key: &str| format!("provider.{name}.{key}");
        for (parameter, value) in &self.parameters {
            check_parameter(parameter, value)
                .map_err(|invalid| ConfigError::new(setting("authorization_parameters"), invalid.to_string()))?;
        }
        // Core 3.1.2.1: without openid it is not OpenID Connect.
        if !self.scope.split(' ').any(|scope| scope == "openid") {
            return Err(ConfigError::new(setting("scope"), "it does not contain openid")
                .value(&self.scope)
                .remedy("write for example \"openid profile email\""));
        }
        self.request("https://app.example.com", self.response_mode)
            .map(drop)
            .map_err(|invalid| ConfigError::new(setting(setting_of(&invalid)), invalid.to_string()))
    }

    pub(super) fn response_type(&self) -> ResponseType {
        self.response_type
    }

    pub(super) fn response_mode(&self) -> Option<ResponseMode> {
        self.response_mode
    }

    /// How responses come back, whether that is said or the type's own way.
    pub(super) fn effective_response_mode(&self) -> ResponseMode {
        self.response_mode.unwrap_or_else(|| self.response_type.default_mode())
    }

    /// Whether every login has this further parameter.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|(parameter, _)| parameter == name)
    }

    /// One login's request. `build()` found before that it can be made.
    pub(super) fn authorization_request(&self, redirect_uri: &str, wish: &Wish) -> AuthorizationRequest {
        let mode = match (wish.manner, self.response_mode) {
            // A silent login renews a session whose cookie does not come along with a POST from another site.
            (Manner::Silent, Some(ResponseMode::FormPost)) => None,
            (_, mode) => mode,
        };
        let mut request = self.request(redirect_uri, mode).expect("build() refuses what cannot be asked for");
        // Of two ages the lower one counts.
        if let Some(max_age) =
            wish.demand.max_age.map(|wished| self.max_age.map_or(wished, |always| always.min(wished)))
        {
            request = request.max_age(max_age);
        }
        if !wish.demand.acr_values.is_empty() {
            request = request.acr_values(&wish.demand.acr_values);
        }
        if let Some(claims) = &wish.claims {
            // A link may be older than the settings, and wish for what they do not allow any more.
            request = request.clone().claims(claims.clone()).unwrap_or(request);
        }
        if let Some(hint) = &wish.id_token_hint {
            request = request.id_token_hint(hint.clone());
        }
        let silently = (wish.manner == Manner::Silent).then(|| ("prompt".to_owned(), "none".to_owned()));
        self.parameters
            .iter()
            .chain(&wish.parameters)
            .chain(&silently)
            // build() and sign_in() refuse what the protocol sets, and a link may be older than that, as above.
            .fold(request, |request, (name, value)| request.clone().parameter(name, value).unwrap_or(request))
    }

    /// Whether single claims can be asked for by a login with this provider.
    pub(super) fn check_claims(&self, claims: Value) -> Result<(), InvalidAuthorizationRequest> {
        self.request("https://app.example.com", self.response_mode)?.claims(claims).map(drop)
    }

    fn request(
        &self,
        redirect_uri: &str,
        response_mode: Option<ResponseMode>,
    ) -> Result<AuthorizationRequest, InvalidAuthorizationRequest> {
        let mut request =
            AuthorizationRequest::new(redirect_uri, self.scope.as_str()).response_type(self.response_type);
        if let Some(mode) = response_mode {
            request = request.response_mode(mode)?;
        }
        if let Some(max_age) = self.max_age {
            request = request.max_age(max_age);
        }
        if !self.acr_values.is_empty() {
            request = request.acr_values(&self.acr_values);
        }
        if !self.essential_acr.is_empty() {
            request = request.essential_acr(self.essential_acr.iter().map(String::as_str))?;
        }
        if let Some(claims) = &self.claims {
            request = request.claims(claims.clone())?;
        }
        self.resources.iter().try_fold(request, AuthorizationRequest::resource)
    }
}

/// The setting to which a reason belongs.
fn setting_of(invalid: &InvalidAuthorizationRequest) -> &'static str {
    use InvalidAuthorizationRequest::{AcrValue, NoAcrValue, Resource, ResponseMode, TooManyAcrValues};
    match invalid {
        ResponseMode { .. } => "response_mode",
        NoAcrValue | AcrValue { .. } | TooManyAcrValues => "essential_acr",
        Resource { .. } => "resource",
        _ => "claims",
    }
}

#[cfg(test)]
mod tests {
    use vestibule_core::{Client, Entropy, NumericDate, PendingLogin, ProviderMetadata};

    use super::*;

    /// V104: a link outlives the version that sealed it, and what is the protocol's own may have become more since.
    #[test]
    fn a_link_with_a_parameter_that_is_the_protocols_own_leads_to_a_login_without_it() {
        let provider = Provider::discovered("https://login.example.com", Client::public("rp")).expect("an issuer");
        let parameters =
            [("state", "x"), ("ui_locales", "de")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wish = Wish { parameters: parameters.to_vec(), ..Wish::default() };
        let request = provider.asking.authorization_request("https://app.example.com/callback", &wish);
        let metadata =
            br#"{"issuer": "https://login.example.com", "authorization_endpoint": "https://login.example.com/a",
            "token_endpoint": "https://login.example.com/t", "jwks_uri": "https://login.example.com/k"}"#;
        let metadata = ProviderMetadata::from_json(metadata).expect("metadata");
        let pending = PendingLogin::begin(Entropy::from_bytes([7; 32]), NumericDate::from_seconds(0)).asking(&request);
        let url = Client::public("rp").authorize(&metadata, &request, &pending);
        let values = |wanted: &str| -> Vec<String> {
            url.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
        };
        assert_eq!(values("ui_locales"), ["de"]);
        assert!(values("state").iter().all(|state| state != "x"));
    }
}
