//! Claims that are asked for one by one (Core 5.5), `acr_values` among them (Core 3.1.2.1).

use serde_json::{Map, Value};

use crate::{
    client::RegisteredClient,
    denial::Denial,
    parameters::Parameters,
    state::{Asked, SignIn},
    user::User,
};

/// The parameters `claims` and `acr_values`.
pub(super) struct ClaimsRequest {
    id_token: Map<String, Value>,
    userinfo: Map<String, Value>,
    /// Best first; none when nothing is asked for.
    acr_values: Vec<String>,
    /// Whether nothing else will do (Core 5.5.1.1).
    is_acr_essential: bool,
}

impl ClaimsRequest {
    pub(super) fn of(parameters: &Parameters, client: &RegisteredClient) -> Result<Self, Denial> {
        let mut request = match parameters.get("claims") {
            Some(claims) => serde_json::from_str(claims).map_err(|_| invalid("claims must be a JSON object"))?,
            None => Map::new(),
        };
        let id_token = destination(&mut request, "id_token")?;
        let userinfo = destination(&mut request, "userinfo")?;
        let in_claims = id_token.get("acr").map(wanted_values).unwrap_or_default();
        let is_acr_essential = !in_claims.is_empty() && id_token.get("acr").is_some_and(is_essential);
        // Core 5.5.1.1: what `claims` asks for is the stronger of the two, so it comes first.
        let voluntary = parameters.get("acr_values").unwrap_or_default().split(' ').filter(|value| !value.is_empty());
        let asked: Vec<String> = if is_acr_essential {
            in_claims
        } else {
            in_claims.into_iter().chain(voluntary.map(str::to_owned)).collect()
        };
        // Registration 2: either takes the place of what is registered.
        let acr_values = if asked.is_empty() { client.acr_values().to_vec() } else { asked };
        Ok(Self { id_token, userinfo, acr_values, is_acr_essential })
    }

    /// The names for both destinations; that of a subject chooses a person and is no claim more.
    pub(super) fn asked(&self) -> Asked {
        let names = |claims: &Map<String, Value>| claims.keys().cloned().collect();
        Asked { id_token_claims: names(&self.id_token), userinfo_claims: names(&self.userinfo), ..Asked::default() }
    }

    /// How surely a new sign-in recognises somebody.
    pub(super) fn acr_of(&self, user: &User) -> Result<Option<String>, Denial> {
        match self.reached_by(user) {
            Some(acr) => Ok(Some(acr.to_owned())),
            // Core 5.5.1.1: a requirement that is not met is a sign-in that failed.
            None if self.is_acr_essential => {
                Err(Denial::new("unmet_authentication_requirements", "nobody is recognised as surely here"))
            }
            None => Ok(user.acrs().first().cloned()),
        }
    }

    /// Whether an earlier sign-in was sure enough: without being asked again, at most somebody is asked who could do better.
    pub(super) fn are_answered_by(&self, sign_in: &SignIn, is_silent: bool) -> bool {
        let is_reached = sign_in.acr.as_ref().is_some_and(|acr| self.acr_values.contains(acr));
        let could_be = self.reached_by(&sign_in.user).is_some();
        is_reached || (!self.is_acr_essential && (is_silent || !could_be))
    }

    /// Core 5.5.1: a `sub` with a value means this person and no other.
    pub(super) fn check_subject(&self, user: &User) -> Result<(), Denial> {
        let is_another = |claims: &Map<String, Value>| {
            let wanted = claims.get("sub").map(wanted_values).unwrap_or_default();
            !wanted.is_empty() && !wanted.iter().any(|sub| sub == user.sub())
        };
        if is_another(&self.id_token) || is_another(&self.userinfo) {
            Err(Denial::new("access_denied", "somebody else was asked for"))
        } else {
            Ok(())
        }
    }

    fn reached_by(&self, user: &User) -> Option<&str> {
        self.acr_values.iter().find(|acr| user.acrs().contains(acr)).map(String::as_str)
    }
}

/// Core 5.5: an object, whose members are `null` or objects.
fn destination(request: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Denial> {
    match request.remove(name) {
        None => Ok(Map::new()),
        Some(Value::Object(claims)) if claims.values().all(|claim| claim.is_null() || claim.is_object()) => Ok(claims),
        Some(_) => Err(invalid("claims must have objects of nulls and objects")),
    }
}

/// The `value` or `values` of a claim (Core 5.5.1).
fn wanted_values(claim: &Value) -> Vec<String> {
    let values = claim.get("values").and_then(Value::as_array).into_iter().flatten();
    claim.get("value").into_iter().chain(values).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_essential(claim: &Value) -> bool {
    claim.get("essential").and_then(Value::as_bool).unwrap_or_default()
}

fn invalid(why: &'static str) -> Denial {
    Denial::new("invalid_request", why)
}
