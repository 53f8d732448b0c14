//! The revocation endpoint (RFC 7009): a client gives back a token that it needs no more.

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};

use crate::{
    client::RegisteredClient,
    client_auth::{PresentedCertificate, authenticate},
    denial::{Denial, not_stored},
    parameters::Parameters,
    provider::DevelopmentProvider,
    state::State as Memory,
};

pub(crate) async fn revoke(
    State(provider): State<DevelopmentProvider>,
    certificate: Option<Extension<PresentedCertificate>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(answer) = provider.hooks().revocation_answer() {
        return answer;
    }
    let certificate = certificate.map(|Extension(certificate)| certificate);
    match forget(&provider, &headers, certificate.as_ref(), &body).await {
        // RFC 7009 2.2: for a token that nobody knows too, since the client could do nothing about it.
        Ok(()) => not_stored(StatusCode::OK.into_response()),
        Err(denial) => denial.into_response(),
    }
}

async fn forget(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    certificate: Option<&PresentedCertificate>,
    body: &[u8],
) -> Result<(), Denial> {
    let parameters = Parameters::of_form(headers, body)?;
    let client = authenticate(provider, headers, certificate, &parameters).await?;
    let token = parameters.get("token").ok_or(Denial::new("invalid_request", "token is missing"))?;
    let mut state = provider.state();
    // RFC 7009 2.1: `token_type_hint` only says where to look first.
    if let Some(family) = state.families.of_token(token) {
        check_owner(&client, &family.client_id)?;
        let code = family.code.clone();
        state.revoke(&code);
        state.tally.refresh_tokens_revoked += 1;
        return Ok(());
    }
    forget_access_token(&mut state, &client, token)
}

fn forget_access_token(state: &mut Memory, client: &RegisteredClient, token: &str) -> Result<(), Denial> {
    match state.access_tokens.get(token) {
        Some(known) => {
            check_owner(client, &known.client_id)?;
            state.access_tokens.take(token);
            state.tally.access_tokens_revoked += 1;
        }
        None => state.tally.unknown_tokens_revoked += 1,
    }
    Ok(())
}

/// RFC 7009 2.1: refused, and the client is told.
fn check_owner(client: &RegisteredClient, client_id: &str) -> Result<(), Denial> {
    if client.client_id() == client_id {
        Ok(())
    } else {
        Err(Denial::new("invalid_grant", "the token is another client's"))
    }
}
