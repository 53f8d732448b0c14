//! From when on a provider stays where it is: metadata may name other hosts until something that came from there is kept (R108).

use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_core::{ProtocolError, exchange::Endpoint};

use super::ProviderError;

/// The hosts that a provider's metadata names.
///
/// A provider does not move overnight, and somebody who can change its metadata would like it to. But metadata that was wrong from the
/// beginning must not be held on to: as long as no key, no registration and no login is from there, metadata that names other hosts takes
/// the place of what is at hand as if it had been the first.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    are_settled: AtomicBool,
}

/// What an answer, or the lack of one, says about the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// They may not be the provider's: it is worth a look whether its metadata still names them.
    Doubtful,
    /// Nothing that was not known.
    Nothing,
}

impl Hosts {
    /// From now on metadata that names others is refused.
    pub(super) fn settle(&self) {
        self.are_settled.store(true, Ordering::Release);
    }

    pub(super) fn are_settled(&self) -> bool {
        self.are_settled.load(Ordering::Acquire)
    }

    /// Takes note of what came of asking an endpoint.
    pub(super) fn note<T>(&self, endpoint: Endpoint, result: &Result<T, ProviderError>) -> Sign {
        match (endpoint, result) {
            (Endpoint::Jwks | Endpoint::Registration, Ok(_)) => self.settle(),
            // Whoever says no in the provider's way is a provider; and anybody can make it say that, by a code that is made up.
            (
                Endpoint::Jwks | Endpoint::Registration | Endpoint::Token | Endpoint::UserInfo | Endpoint::Revocation,
                Err(
                    ProviderError::Protocol(ProtocolError::Misbehaved(_))
                    | ProviderError::Unreachable(_)
                    | ProviderError::Unavailable(_),
                ),
            ) if !self.are_settled() => return Sign::Doubtful,
            // The document itself lies where the issuer is, and others lie where somebody else says.
            _ => {}
        }
        Sign::Nothing
    }
}

#[cfg(test)]
mod tests {
    use vestibule_core::{ErrorResponse, HttpError, Misbehaviour};

    use super::*;

    fn is_away() -> Result<(), ProviderError> {
        Err(HttpError::Connect("nobody lives there".into()).into())
    }

    /// R108
    #[test]
    fn keys_and_a_registration_settle_the_hosts_for_good() {
        for endpoint in [Endpoint::Jwks, Endpoint::Registration] {
            let hosts = Hosts::default();
            assert_eq!((hosts.note(endpoint, &is_away()), hosts.are_settled()), (Sign::Doubtful, false));
            assert_eq!((hosts.note(endpoint, &Ok(())), hosts.are_settled()), (Sign::Nothing, true));
            assert_eq!((hosts.note(endpoint, &is_away()), hosts.are_settled()), (Sign::Nothing, true));
        }
    }

    /// What is redeemed or asked there is kept only once an ID Token was verified, which settles them too.
    #[test]
    fn an_endpoint_that_answers_and_leaves_nothing_does_not_settle_them() {
        for endpoint in [Endpoint::Token, Endpoint::UserInfo, Endpoint::Revocation] {
            let hosts = Hosts::default();
            assert_eq!((hosts.note(endpoint, &Ok(())), hosts.are_settled()), (Sign::Nothing, false));
            assert_eq!(hosts.note(endpoint, &is_away()), Sign::Doubtful);
        }
    }

    #[test]
    fn what_lies_elsewhere_says_nothing_about_them() {
        for endpoint in
            [Endpoint::Configuration, Endpoint::WebFinger, Endpoint::ClaimsSource, Endpoint::ClientConfiguration]
        {
            let hosts = Hosts::default();
            assert_eq!(
                (hosts.note(endpoint, &Ok(())), hosts.note(endpoint, &is_away())),
                (Sign::Nothing, Sign::Nothing)
            );
            assert!(!hosts.are_settled());
        }
    }

    #[test]
    fn a_refusal_casts_no_doubt_on_them_and_a_strange_answer_does() {
        let hosts = Hosts::default();
        let denied = ErrorResponse::new("invalid_grant", None).map(ProtocolError::Denied).expect("a code");
        assert_eq!(hosts.note(Endpoint::Token, &Err::<(), _>(denied.into())), Sign::Nothing);
        let not_found = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status: 404 };
        assert_eq!(hosts.note(Endpoint::Token, &Err::<(), _>(not_found.into())), Sign::Doubtful);
    }
}
