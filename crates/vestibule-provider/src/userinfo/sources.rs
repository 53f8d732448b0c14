//! Claims that others make: aggregated ones, which come along, and distributed ones, which are elsewhere (Core 5.6.2).

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{form::jwt, refused};
use crate::{
    bearer,
    denial::{Denial, not_stored},
    fault::unsigned,
    identifier::identifier,
    provider::DevelopmentProvider,
    state::{AccessToken, Bounded},
    token::object,
    user::User,
};

/// Whose claims the userinfo response points to.
#[derive(Default)]
pub(crate) struct Sources {
    is_aggregating: bool,
    /// Where the distributed claims are, if there are any.
    distributed_at: Option<String>,
    /// Who is asked for at the claims endpoint, by access token.
    tokens: Bounded<Arc<User>>,
}

impl DevelopmentProvider {
    /// Adds two aggregated claims to userinfo responses: `shipping_address` and `payment_info`, in a token with the algorithm
    /// `none`, as the Foundation's conformance suite makes it.
    pub fn with_aggregated_claims(self) -> Self {
        self.state().userinfo.sources.is_aggregating = true;
        self
    }

    /// Adds a distributed claim to userinfo responses: `credit_score`, which is at this provider's own `/claims`, for whoever shows
    /// the access token that the response tells.
    pub fn with_distributed_claims(self) -> Self {
        let endpoint = self.endpoint("/claims");
        self.with_distributed_claims_at(endpoint)
    }

    /// The same, and says that the claim is at this URL.
    pub fn with_distributed_claims_at(self, endpoint: impl Into<String>) -> Self {
        self.state().userinfo.sources.distributed_at = Some(endpoint.into());
        self
    }
}

/// Adds what others say of the person to what the provider says.
pub(super) fn add(provider: &DevelopmentProvider, token: &AccessToken, claims: &mut Map<String, Value>) {
    let (mut names, mut sources) = (Map::new(), Map::new());
    let settings = &mut provider.state().userinfo.sources;
    if settings.is_aggregating {
        let payload = json!({
            "sub": token.user.sub(),
            "shipping_address": {"street_address": "1234 Hollywood Blvd.", "locality": "Los Angeles"},
            "payment_info": "Some_Card 1234 5678 9012 3456",
        });
        sources.insert("src1".to_owned(), json!({ "JWT": unsigned(payload.to_string().as_bytes()) }));
        names.insert("shipping_address".to_owned(), json!("src1"));
        names.insert("payment_info".to_owned(), json!("src1"));
    }
    if let Some(endpoint) = settings.distributed_at.clone() {
        let access_token = identifier();
        settings.tokens.insert(access_token.clone(), Arc::clone(&token.user));
        sources.insert("src2".to_owned(), json!({ "endpoint": endpoint, "access_token": access_token }));
        names.insert("credit_score".to_owned(), json!("src2"));
    }
    if !sources.is_empty() {
        claims.insert("_claim_names".to_owned(), Value::Object(names));
        claims.insert("_claim_sources".to_owned(), Value::Object(sources));
    }
}

/// The claims endpoint (Core 5.6.2): a token, for a bearer in the header.
pub(crate) async fn claims(State(provider): State<DevelopmentProvider>, headers: HeaderMap) -> Response {
    if let Some(answer) = provider.hooks().claims_answer() {
        return answer;
    }
    not_stored(match distributed(&provider, &headers) {
        Ok(token) => jwt(token),
        Err(denial) => denial.into_response(),
    })
}

fn distributed(provider: &DevelopmentProvider, headers: &HeaderMap) -> Result<String, Denial> {
    let shown = bearer::in_header(headers).ok_or_else(refused)?;
    let user = provider.state().userinfo.sources.tokens.get(shown).cloned().ok_or_else(refused)?;
    let mut claims = object(json!({ "iss": provider.issuer(), "sub": user.sub(), "credit_score": 650 }));
    let hooks = provider.hooks();
    hooks.distributed_claims(&mut claims);
    // The first of those that the key set shows.
    let algorithm = provider.algorithms().into_iter().find(|algorithm| !algorithm.is_symmetric());
    let key = provider.keys().published(algorithm.unwrap_or(vestibule_core::SignatureAlgorithm::Rs256))?;
    Ok(hooks.distributed_token(key.sign("JWT", Value::Object(claims).to_string().as_bytes())?))
}
