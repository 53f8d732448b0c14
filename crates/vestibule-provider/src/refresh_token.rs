//! Refresh tokens: which are good, which were used, and what becomes of those that come again (RFC 6749 6, RFC 9700 4.14).

use std::time::Duration;

use vestibule_core::NumericDate;

use crate::{
    identifier::identifier,
    provider::DevelopmentProvider,
    state::{Asked, Bounded, SignIn},
};

/// What becomes of a refresh token that is used.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use vestibule_provider::{DevelopmentProvider, RefreshTokens};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
///     .refresh_tokens(RefreshTokens::RotatingWithGrace(Duration::from_secs(30)));
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshTokens {
    /// It is good once, and another comes in its place. One that comes again was stolen, by the first or by the second who
    /// showed it: whatever came of that login is revoked (RFC 9700 4.14.2).
    #[default]
    Rotating,
    /// The same, save that one that comes again within this time of its first use is answered with yet another. Whole seconds
    /// count, by the provider's clock.
    RotatingWithGrace(Duration),
    /// It stays good, and every answer repeats it.
    Lasting,
}

impl DevelopmentProvider {
    /// What becomes of refresh tokens that are used: [`RefreshTokens::Rotating`], unless said.
    pub fn refresh_tokens(self, refresh_tokens: RefreshTokens) -> Self {
        self.state().families.rule = refresh_tokens;
        self
    }
}

/// The refresh tokens of every login that brought one.
#[derive(Default)]
pub(crate) struct Families {
    rule: RefreshTokens,
    /// By the code that the login brought.
    known: Bounded<Family>,
    tokens: Bounded<Token>,
}

/// What the refresh tokens of one login stand for.
#[derive(Clone)]
pub(crate) struct Family {
    /// The code that it came from.
    pub(crate) code: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) sign_in: SignIn,
    pub(crate) asked: Asked,
}

struct Token {
    code: String,
    used_at: Option<NumericDate>,
}

/// What became of a refresh token that was presented.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It stays as it is.
    Kept,
    /// This one takes its place.
    Rotated(String),
    /// It was used before, within the grace; this one is good too.
    Again(String),
    /// It was used before.
    Reused,
}

impl Family {
    /// Core 11: whether it outlives the session that it began in.
    fn is_offline(&self) -> bool {
        self.scope.split(' ').any(|value| value == "offline_access")
    }
}

impl Families {
    /// Begins a family; its first token.
    pub(crate) fn begin(&mut self, family: Family) -> String {
        let code = family.code.clone();
        self.known.insert(code.clone(), family);
        self.issue(code)
    }

    /// What a refresh token stands for; nothing when it was revoked.
    pub(crate) fn of_token(&self, token: &str) -> Option<&Family> {
        self.known.get(&self.tokens.get(token)?.code)
    }

    /// Whether the refresh tokens that a code brought are still good.
    pub(crate) fn is_live(&self, code: &str) -> bool {
        self.known.get(code).is_some()
    }

    /// Uses a token, one that [`of_token`](Self::of_token) knows.
    pub(crate) fn present(&mut self, token: &str, now: NumericDate) -> Presented {
        let rule = self.rule;
        let Some(known) = self.tokens.get_mut(token) else { return Presented::Reused };
        let code = known.code.clone();
        match (rule, known.used_at) {
            (RefreshTokens::Lasting, None) => Presented::Kept,
            (_, None) => {
                known.used_at = Some(now);
                Presented::Rotated(self.issue(code))
            }
            (RefreshTokens::RotatingWithGrace(grace), Some(used_at)) if is_within(grace, used_at, now) => {
                Presented::Again(self.issue(code))
            }
            (_, Some(_)) => Presented::Reused,
        }
    }

    /// Revokes the family of a code; whether there was one.
    pub(crate) fn end(&mut self, code: &str) -> bool {
        self.known.take(code).is_some()
    }

    /// Back-Channel Logout 2.7: a session takes with it what was not given for offline access. How many families that is.
    pub(crate) fn end_with_session(&mut self, sid: &str) -> usize {
        let before = self.known.len();
        self.known.retain(|family| family.sign_in.sid != sid || family.is_offline());
        before - self.known.len()
    }

    fn issue(&mut self, code: String) -> String {
        let token = identifier();
        self.tokens.insert(token.clone(), Token { code, used_at: None });
        token
    }
}

fn is_within(grace: Duration, used_at: NumericDate, now: NumericDate) -> bool {
    now.seconds_since(used_at) <= i64::try_from(grace.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::user::User;

    const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

    fn family(scope: &str) -> Family {
        let sign_in = SignIn { user: Arc::new(User::new("alice")), auth_time: NOW, sid: "sid-1".to_owned(), acr: None };
        Family {
            code: "code".to_owned(),
            client_id: "rp".to_owned(),
            scope: scope.to_owned(),
            sign_in,
            asked: Asked::default(),
        }
    }

    fn families(rule: RefreshTokens) -> (Families, String) {
        let mut families = Families { rule, ..Families::default() };
        let token = families.begin(family("openid"));
        (families, token)
    }

    #[test]
    fn a_rotating_token_is_good_once() {
        let (mut families, first) = families(RefreshTokens::Rotating);
        let Presented::Rotated(second) = families.present(&first, NOW) else { panic!("it was not used before") };
        assert_eq!(families.present(&first, NOW), Presented::Reused);
        assert!(matches!(families.present(&second, NOW), Presented::Rotated(_)));
    }

    #[test]
    fn the_grace_counts_from_the_first_use() {
        let (mut families, first) = families(RefreshTokens::RotatingWithGrace(Duration::from_secs(30)));
        assert!(matches!(families.present(&first, NOW), Presented::Rotated(_)));
        for (age, is_answered) in [(0, true), (20, true), (30, true), (31, false)] {
            let presented = families.present(&first, NOW.plus(age));
            assert_eq!(matches!(presented, Presented::Again(_)), is_answered, "after {age} seconds");
        }
    }

    #[test]
    fn a_lasting_token_stays_good() {
        let (mut families, first) = families(RefreshTokens::Lasting);
        assert_eq!([families.present(&first, NOW), families.present(&first, NOW)], [Presented::Kept, Presented::Kept]);
    }

    #[test]
    fn a_session_takes_with_it_what_was_not_given_for_offline_access() {
        for (scope, ended) in [("openid", 1), ("openid offline_access", 0), ("openid offline_accessories", 1)] {
            let mut families = Families::default();
            let token = families.begin(family(scope));
            assert_eq!((families.end_with_session("another"), families.end_with_session("sid-1")), (0, ended));
            assert_eq!(families.of_token(&token).is_none(), ended == 1, "{scope}");
        }
    }
}
