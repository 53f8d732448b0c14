//! The authorization response (Core 3.1.2.5, 3.2.2.5, 3.3.2.5), in a query, in a fragment, or in a form.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Map;
use url::form_urlencoded;
use vestibule_core::ResponseMode;

use super::request::{AuthorizationRequest, Checked};
use crate::{
    check_session::session_state,
    denial::{Denial, not_stored},
    pages,
    provider::DevelopmentProvider,
    session::{self, BrowserState},
    state::SignIn,
    token::{
        AccessTokenGrant, give_access_token,
        id_token::{Contents, Place, id_token},
    },
};

/// The parameters of a response, in their order.
pub(crate) type Pieces = Vec<(&'static str, String)>;

impl AuthorizationRequest {
    /// What was asked for.
    pub(super) async fn pieces(
        &self,
        provider: &DevelopmentProvider,
        checked: &Checked,
        sign_in: &SignIn,
        code: String,
    ) -> Result<Pieces, Denial> {
        let wanted = checked.response_type;
        let mut pieces = Pieces::new();
        let access_token = wanted.has_token.then(|| {
            give_access_token(
                provider,
                &AccessTokenGrant {
                    code: &code,
                    client_id: self.client.client_id(),
                    user: &sign_in.user,
                    scope: self.scope(),
                    asked: &checked.asked,
                    // A browser does not present the client's.
                    certificate: None,
                },
            )
        });
        if wanted.has_id_token {
            let contents = Contents {
                sign_in,
                nonce: self.parameters.get("nonce"),
                // Core 3.3.2.11, 3.2.2.10: for each that comes with it.
                code: wanted.has_code.then_some(code.as_str()),
                access_token: access_token.as_ref().map(|(token, _)| token.as_str()),
                claims: self.id_token_claims(checked, sign_in),
                place: Place::FrontChannel,
            };
            pieces.push(("id_token", id_token(provider, &self.client, contents).await?));
        }
        if let Some((token, lifetime)) = access_token {
            pieces.push(("access_token", token));
            pieces.push(("token_type", "Bearer".to_owned()));
            pieces.push(("expires_in", lifetime.to_string()));
            pieces.push(("scope", self.scope().to_owned()));
        }
        if wanted.has_code {
            pieces.insert(0, ("code", code));
        }
        Ok(pieces)
    }

    fn id_token_claims(&self, checked: &Checked, sign_in: &SignIn) -> Map<String, serde_json::Value> {
        let mut claims = sign_in.user.named(&checked.asked.id_token_claims);
        // Core 5.4: where there is no access token, scopes ask for claims in the ID Token.
        if !checked.response_type.has_code && !checked.response_type.has_token {
            claims.extend(sign_in.user.released(self.scope()));
        }
        claims
    }

    pub(super) fn deny(&self, provider: &DevelopmentProvider, headers: &HeaderMap, denial: &Denial) -> Response {
        let mut pieces = vec![("error", denial.error().to_owned())];
        pieces.extend(denial.error_description().map(|description| ("error_description", description.to_owned())));
        let session = session::current(provider, headers);
        let state = session::browser_state(provider, headers, session.as_ref());
        self.respond(provider, pieces, None, state)
    }

    /// Back to the client.
    pub(super) fn respond(
        &self,
        provider: &DevelopmentProvider,
        mut pieces: Pieces,
        session_cookie: Option<HeaderValue>,
        state: BrowserState,
    ) -> Response {
        let hooks = provider.hooks();
        pieces.extend(self.parameters.get("state").map(|state| ("state", state.to_owned())));
        // RFC 9207 2: on errors too.
        pieces.extend(hooks.response_issuer(provider.issuer()).map(|iss| ("iss", iss)));
        // Session Management 2: on errors too.
        let session_state = session_state(self.client.client_id(), &self.redirect_uri, &state.value);
        pieces.extend(session_state.map(|session_state| ("session_state", session_state)));
        hooks.response_pieces(&mut pieces);
        let mut response = self.carried(provider, &pieces, hooks.response_mode(self.response_mode));
        for cookie in [session_cookie, state.cookie].into_iter().flatten() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    fn carried(&self, provider: &DevelopmentProvider, pieces: &Pieces, mode: ResponseMode) -> Response {
        let joint = match mode {
            // Form Post 2
            ResponseMode::FormPost => return pages::form_post(provider, &self.redirect_uri, pieces),
            ResponseMode::Fragment => '#',
            _ if self.redirect_uri.contains('?') => '&',
            _ => '?',
        };
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pieces).finish();
        let Ok(location) = HeaderValue::try_from(format!("{}{joint}{text}", self.redirect_uri)) else {
            return pages::error(provider, StatusCode::BAD_REQUEST, "This redirect_uri cannot be put into a header.");
        };
        // RFC 9700 4.12: 303, so that a form is not sent on.
        not_stored((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
    }
}
