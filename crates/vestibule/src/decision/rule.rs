//! Which rule a decision goes by: what the errors of the core name in their messages, and where they name nothing, what their kind is
//! about.

use std::borrow::Cow;

use vestibule_core::{
    Misbehaviour, ProtocolError,
    error::{InvalidLogoutToken, Unsolicited},
    exchange::Endpoint,
};

use crate::{error::LoginFailure, form::NoForm, provider::ProviderError};

/// The documents that messages name sections of.
const DOCUMENTS: [&str; 8] = [
    "Back-Channel Logout",
    "Core",
    "Discovery",
    "Form Post 1.0",
    "Front-Channel Logout",
    "RFC",
    "Registration",
    "IPSIE",
];

/// The rule that a failed login broke.
pub(super) fn of_failure(failure: &LoginFailure) -> Cow<'static, str> {
    match failure {
        LoginFailure::Provider(error) => of_provider_error(error),
        LoginFailure::NoForm(NoForm::MediaType) => "Form Post 1.0 2".into(),
        LoginFailure::NoForm(NoForm::TooLong) => "RFC 9110 15.5.14".into(),
        LoginFailure::Refused(_) => "on_login".into(),
        LoginFailure::TooBig(_) => "RFC 6265 6.1".into(),
        LoginFailure::LoggedOut => "a logout ends the logins under way".into(),
        LoginFailure::OverAlready => "IPSIE session_expiry".into(),
        LoginFailure::Looping(_) => "three round trips end on a page".into(),
        LoginFailure::NothingToRenew | LoginFailure::SomebodyElse => "Core 3.1.2.1 (prompt=none)".into(),
    }
}

/// The rule by which a provider could not be worked with.
pub(super) fn of_provider_error(error: &ProviderError) -> Cow<'static, str> {
    let rule = match error {
        ProviderError::Protocol(ProtocolError::Misbehaved(misbehaviour)) => return of_misbehaviour(misbehaviour),
        ProviderError::Protocol(ProtocolError::Unsolicited(Unsolicited::DuplicateParameter { .. })) => "RFC 6749 3.1",
        ProviderError::Protocol(ProtocolError::Unsolicited(_)) => "RFC 6749 10.12",
        // Either endpoint may have said so. Its own words are no rule.
        ProviderError::Protocol(_) => "RFC 6749 4.1.2.1, 5.2",
        ProviderError::Unavailable(unavailable) if unavailable.status() == 429 => "RFC 6585 4",
        ProviderError::Unavailable(_) => "RFC 9110 15.6",
        ProviderError::Unreachable(_) | ProviderError::Store(_) => "RFC 9110 15.6.4",
        ProviderError::Keys(_) => "Core 6.1",
        ProviderError::Client(_) => "Registration 2",
    };
    rule.into()
}

/// The rule that a logout token broke.
pub(super) fn of_logout_token(invalid: &InvalidLogoutToken) -> Cow<'static, str> {
    named_last(&invalid.to_string()).map_or("Back-Channel Logout 2.6".into(), |section| section.to_owned().into())
}

fn of_misbehaviour(misbehaviour: &Misbehaviour) -> Cow<'static, str> {
    if let Some(section) = named_last(&misbehaviour.to_string()) {
        return section.to_owned().into();
    }
    match misbehaviour {
        Misbehaviour::UnexpectedStatus { endpoint, .. }
        | Misbehaviour::UnexpectedMediaType { endpoint, .. }
        | Misbehaviour::Json { endpoint, .. } => of_endpoint(*endpoint),
        Misbehaviour::Metadata(_) => "Discovery 3",
        Misbehaviour::WebFinger(_) => "RFC 7033 4",
        Misbehaviour::Keys(_) => "RFC 7517 5",
        Misbehaviour::Registration(_) => "Registration 3.2",
        Misbehaviour::ClientConfiguration(_) => "RFC 7592 2",
        Misbehaviour::IdToken(_) => "Core 3.1.3.7",
        Misbehaviour::UserInfo(_) => "Core 5.3.2",
        Misbehaviour::BodyTooLarge { .. } | Misbehaviour::AskedAgain => "RFC 9110 15.5",
        _ => "Core 3.1.2.5",
    }
    .into()
}

/// What says how an endpoint answers.
const fn of_endpoint(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Configuration => "Discovery 4",
        Endpoint::Jwks => "RFC 7517 5",
        Endpoint::Token => "Core 3.1.3.3",
        Endpoint::UserInfo => "Core 5.3.2",
        Endpoint::Registration => "Registration 3.2",
        Endpoint::ClientConfiguration => "RFC 7592 2",
        Endpoint::Revocation => "RFC 7009 2.2",
        Endpoint::ClaimsSource => "Core 5.6.2",
        Endpoint::WebFinger => "RFC 7033 4",
        _ => "Core 2",
    }
}

/// The section that a message names at its end, in brackets.
///
/// What a stranger sent stands in the messages in quotes, or before the brackets: it is never what is found here.
fn named_last(message: &str) -> Option<&str> {
    let rest = message.strip_suffix(')')?;
    let mut depth = 1_u32;
    let open = rest.char_indices().rev().find_map(|(at, character)| {
        match character {
            ')' => depth = depth.saturating_add(1),
            '(' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let section = rest.split_at(open).1.strip_prefix('(')?;
    let (_, number) =
        DOCUMENTS.iter().find_map(|document| section.strip_prefix(document).map(|rest| (document, rest)))?;
    let is_number = number.starts_with(' ')
        && number.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ' ' | '(' | ')' | ','))
        && number.len() <= 32;
    is_number.then_some(section)
}

#[cfg(test)]
mod tests {
    use vestibule_core::{ErrorResponse, NumericDate, error::InvalidIdToken};

    use super::*;

    fn of(misbehaviour: impl Into<Misbehaviour>) -> String {
        of_failure(&misbehaviour.into().into()).into_owned()
    }

    #[test]
    fn a_rule_is_the_section_that_the_reason_names() {
        assert_eq!(of(InvalidIdToken::Nonce), "Core 3.1.3.7 (11)");
        let (exp, now) = (NumericDate::from_seconds(1), NumericDate::from_seconds(2));
        assert_eq!(of(InvalidIdToken::Expired { exp, now }), "Core 3.1.3.7 (9)");
        assert_eq!(of(Misbehaviour::NoIdToken), "Core 3.1.3.3");
        assert_eq!(of(Misbehaviour::ResponseIssuerMissing), "RFC 9207 2.4");
        assert_eq!(of_logout_token(&InvalidLogoutToken::Nonce), "Back-Channel Logout 2.6 (7)");
        // Without a section of its own, what the kind is about.
        assert_eq!(of(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status: 302 }), "Core 3.1.3.3");
        assert_eq!(of(Misbehaviour::CodeAndError), "Core 3.1.2.5");
    }

    /// V11
    #[test]
    fn no_stranger_names_a_rule() {
        let denied = ErrorResponse::new("invalid_request", Some("Core 3.1.3.7 (2)")).expect("a code");
        let denied = LoginFailure::from(ProtocolError::Denied(denied));
        assert_eq!(of_failure(&denied), "RFC 6749 4.1.2.1, 5.2");
        for message in ["no brackets", "(Core)", "it said (Mallory 1.2)", "it said (Core <b>)", "a)", ")", ""] {
            assert_eq!(named_last(message), None, "{message}");
        }
        assert_eq!(named_last("a 'x (Core 9.9)' (Core 3.1.3.7 (2))"), Some("Core 3.1.3.7 (2)"));
    }
}
