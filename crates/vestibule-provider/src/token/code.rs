//! A code for tokens, once (Core 3.1.3.2, RFC 6749 4.1.3).

use super::{Granted, Ground, invalid_grant, narrowed_resources};
use crate::{
    client::RegisteredClient, denial::Denial, parameters::Parameters, provider::DevelopmentProvider,
    refresh_token::Family, state::Grant,
};

/// Seconds from a code's making to its end (RFC 6749 4.1.2: ten minutes at most).
const CODE_LIFETIME: i64 = 60;

pub(super) fn redeem(
    provider: &DevelopmentProvider,
    client: &RegisteredClient,
    parameters: &Parameters,
) -> Result<Granted, Denial> {
    let code = parameters.get("code").ok_or(Denial::new("invalid_request", "code is missing"))?;
    let grant = take(provider, client, code)?;
    check(provider, &grant, parameters)?;
    let family = Family {
        code: code.to_owned(),
        client_id: grant.client_id,
        scope: grant.scope.clone(),
        sign_in: grant.sign_in.clone(),
        asked: grant.asked.clone(),
    };
    // Before the family begins: a request that is refused brings nothing.
    let asked = narrowed_resources(grant.asked, parameters.resources())?;
    let refresh_token = brings_refresh_token(client, &grant.scope).then(|| provider.state().families.begin(family));
    Ok(Granted {
        code: code.to_owned(),
        sign_in: grant.sign_in,
        scope: grant.scope,
        asked,
        refresh_token,
        ground: Ground::Code { nonce: grant.nonce, has_front_id_token: grant.has_front_id_token },
    })
}

/// Core 11, Registration 2.
fn brings_refresh_token(client: &RegisteredClient, scope: &str) -> bool {
    client.has_grant_type("refresh_token") || scope.split(' ').any(|value| value == "offline_access")
}

/// A code of this client, for the first time. A second time ends what the first brought (RFC 6749 4.1.2).
fn take(provider: &DevelopmentProvider, client: &RegisteredClient, code: &str) -> Result<Grant, Denial> {
    let mut state = provider.state();
    let grant = state.grants.get_mut(code).filter(|grant| grant.client_id == client.client_id());
    let grant = grant.ok_or_else(|| invalid_grant("there is no such code for this client"))?;
    if grant.is_used {
        state.revoke(code);
        return Err(invalid_grant("the code was used before"));
    }
    grant.is_used = true;
    Ok(grant.clone())
}

fn check(provider: &DevelopmentProvider, grant: &Grant, parameters: &Parameters) -> Result<(), Denial> {
    if provider.now().seconds_since(grant.issued_at) > CODE_LIFETIME {
        return Err(invalid_grant("the code has expired"));
    }
    // RFC 6749 4.1.3
    if parameters.get("redirect_uri") != Some(&grant.redirect_uri) {
        return Err(invalid_grant("redirect_uri is not the one of the authorization request"));
    }
    match (&grant.code_challenge, parameters.get("code_verifier")) {
        (Some(challenge), Some(verifier)) if challenge.fits(verifier) => Ok(()),
        (Some(_), _) => Err(invalid_grant("code_verifier does not fit the code_challenge")),
        // RFC 9700 4.8.2: a challenge that got lost on the way is an attack.
        (None, Some(_)) => Err(invalid_grant("a code_verifier, but no code_challenge before")),
        (None, None) => Ok(()),
    }
}
