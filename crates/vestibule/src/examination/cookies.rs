//! What a session will take of the budget of cookies, guessed before anybody has one.

use super::{Code, Finding};
use crate::{
    door::Door,
    provider::ConnectedProvider,
    session::{
        cookie::{CHUNK_BYTES, MOST_CHUNKS},
        keeping::Keeping,
    },
    tokens::Tokens,
};

const BUDGET: usize = CHUNK_BYTES * MOST_CHUNKS;
/// What every session has: whose it is, until when, and what is known of the login.
const HOT: usize = 300;
/// The claims that every ID Token has.
const USUAL_CLAIMS: usize = 350;
/// The header of a token, and an RSA signature of 2048 bits.
const SIGNATURE: usize = 400;
/// Typical: providers give from 30 bytes (a reference) to 2,500 (a token with groups and roles).
const ACCESS_TOKEN: usize = 1100;
const ACCESS_TOKEN_OF_ENTRA: usize = 2000;
const REFRESH_TOKEN: usize = 800;
const REFRESH_TOKEN_OF_ENTRA: usize = 1400;

/// What a session is likely to hold, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Forecast {
    claims: usize,
    id_token: usize,
    access_token: usize,
    refresh_token: usize,
}

pub(super) fn examine(door: &Door) -> Vec<Finding> {
    if matches!(door.keeping, Keeping::Store(_)) {
        return vec![Finding::new(
            Code::CookieFits,
            "sessions are in a store: the cookie has 78 bytes, whatever they hold",
        )];
    }
    let forecasts = door.providers.values().map(|provider| Forecast::of(provider, door.tokens));
    let Some(forecast) = forecasts.max_by_key(|forecast| forecast.in_cookies()) else { return Vec::new() };
    vec![forecast.finding(door.tokens)]
}

impl Forecast {
    fn of(provider: &ConnectedProvider, tokens: Tokens) -> Self {
        let is_entra =
            provider.issuer_of_the_settings().is_some_and(|issuer| issuer.as_str().contains("microsoftonline"));
        let scopes = || provider.scope().split(' ');
        let of_scopes: usize = scopes().map(claims_of).sum();
        let has_code = provider.response_type().has_code();
        let refreshes = has_code && scopes().any(|scope| scope == "offline_access");
        let keeps_all = tokens == Tokens::Keep;
        Self {
            claims: USUAL_CLAIMS + of_scopes,
            id_token: if tokens == Tokens::Discard { 0 } else { base64(USUAL_CLAIMS + of_scopes) + SIGNATURE },
            access_token: match (keeps_all && provider.gives_access_tokens(), is_entra) {
                (false, _) => 0,
                (true, false) => ACCESS_TOKEN,
                (true, true) => ACCESS_TOKEN_OF_ENTRA,
            },
            refresh_token: match (keeps_all && refreshes, is_entra) {
                (false, _) => 0,
                (true, false) => REFRESH_TOKEN,
                (true, true) => REFRESH_TOKEN_OF_ENTRA,
            },
        }
    }

    fn tokens(self) -> usize {
        self.id_token + self.access_token + self.refresh_token
    }

    /// Sealed, and in the letters that a cookie may have.
    fn in_cookies(self) -> usize {
        const ENVELOPE: usize = 33;
        base64(HOT + self.claims + self.tokens() + ENVELOPE)
    }

    fn finding(self, tokens: Tokens) -> Finding {
        let bytes = self.in_cookies();
        let sentence = format!(
            "a session will take some {bytes} bytes of cookies, and {BUDGET} are the most: {} of claims and {} of tokens, as is usual for these scopes, and the seal",
            self.claims,
            self.tokens(),
        );
        if bytes.saturating_mul(4) <= BUDGET * 3 {
            return Finding::new(Code::CookieFits, sentence);
        }
        let code = if bytes <= BUDGET { Code::CookieTight } else { Code::CookieTooBig };
        let fewer = match tokens {
            Tokens::Keep => {
                let less = base64(self.access_token + self.refresh_token);
                format!(
                    "keep fewer tokens (tokens = \"id_token_only\" saves some {less} bytes, and takes `AccessToken` away), "
                )
            }
            Tokens::IdTokenOnly => "keep no tokens (tokens = \"discard\"), ".to_owned(),
            Tokens::Discard => String::new(),
        };
        Finding::new(code, sentence)
            .with_remedy(format!("{fewer}ask for a smaller scope, or keep sessions in a store ([sessions] store)"))
    }
}

/// What a scope brings (Core 5.4).
fn claims_of(scope: &str) -> usize {
    match scope {
        "profile" => 400,
        "email" => 80,
        "phone" => 60,
        "address" => 200,
        // As many as an organisation has: there is no usual.
        "groups" | "roles" => 500,
        _ => 0,
    }
}

fn base64(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}
