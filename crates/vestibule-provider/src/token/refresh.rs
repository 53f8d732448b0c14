//! A refresh token for tokens (RFC 6749 6, Core 12).

use super::{Granted, Ground, invalid_grant, narrowed_resources};
use crate::{
    client::RegisteredClient, denial::Denial, parameters::Parameters, provider::DevelopmentProvider,
    refresh_token::Presented, state::State,
};

pub(super) fn refresh(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    parameters: &Parameters,
) -> Result<Granted, Denial> {
    let token = parameters.get("refresh_token").ok_or(Denial::new("invalid_request", "refresh_token is missing"))?;
    let (now, keeps) = (provider.now(), provider.hooks().keeps_refresh_token());
    let mut state = provider.state();
    let family = state.families.of_token(token).filter(|family| family.client_id == client.client_id()).cloned();
    let family = family.ok_or_else(|| invalid_grant("there is no such refresh token for this client"))?;
    // Before the token is used: a request that is refused costs nothing.
    let scope = narrowed(&family.scope, parameters.get("scope"))?;
    let asked = narrowed_resources(family.asked, parameters.resources())?;
    let presented = if keeps { Presented::Kept } else { state.families.present(token, now) };
    let refresh_token = follow(&mut state, &family.code, token, presented)?;
    state.tally.refreshes += 1;
    Ok(Granted {
        code: family.code,
        sign_in: family.sign_in,
        scope,
        asked,
        refresh_token: Some(refresh_token),
        ground: Ground::RefreshToken,
    })
}

/// The refresh token of the answer.
fn follow(state: &mut State, code: &str, token: &str, presented: Presented) -> Result<String, Denial> {
    match presented {
        Presented::Kept => Ok(token.to_owned()),
        Presented::Rotated(next) => {
            state.tally.rotations += 1;
            Ok(next)
        }
        Presented::Again(next) => {
            state.tally.reuses_within_grace += 1;
            Ok(next)
        }
        Presented::Reused => {
            state.tally.reuses_detected += 1;
            state.revoke(code);
            Err(invalid_grant("the refresh token was used before: all of its family are revoked"))
        }
    }
}

/// RFC 6749 6: all that was granted, or the part of it that is asked for.
fn narrowed(granted: &str, asked: Option<&str>) -> Result<String, Denial> {
    let Some(asked) = asked else { return Ok(granted.to_owned()) };
    if asked.split(' ').all(|value| granted.split(' ').any(|one| one == value)) {
        Ok(asked.to_owned())
    } else {
        Err(Denial::new("invalid_scope", "the scope is wider than the one that was granted"))
    }
}
