//! What comes back from the authorization endpoint, and how (OAuth 2.0 Multiple Response Type Encoding Practices).

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What comes back from the authorization endpoint (Core 3, Multiple Response Types 3 and 5).
///
/// `code` is the default, and what anybody should use who need not do otherwise. `token` alone says nothing of who signed in and
/// is not one of them (R6, V30).
///
/// # Example
/// ```
/// use vestibule_core::ResponseType;
///
/// let hybrid: ResponseType = "id_token code".parse()?; // a set: its order has no meaning
/// assert_eq!(hybrid, ResponseType::CodeIdToken);
/// assert!("token".parse::<ResponseType>().is_err());
/// # Ok::<_, vestibule_core::authorization::UnknownResponseType>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseType {
    /// A code, for everything else at the token endpoint (Core 3.1).
    #[default]
    Code,
    /// An ID Token and nothing else (Core 3.2).
    IdToken,
    /// An ID Token and an access token (Core 3.2).
    IdTokenToken,
    /// A code and an ID Token (Core 3.3).
    CodeIdToken,
    /// A code and an access token (Core 3.3).
    CodeToken,
    /// All three (Core 3.3).
    CodeIdTokenToken,
}

/// How the response gets from the provider to the redirect URI (Multiple Response Types 2.1, Form Post 1.0 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query: the default of `code`, and of nothing else.
    Query,
    /// In the fragment, which no server sees: the default of every other type.
    Fragment,
    /// In the body of a form that the browser posts.
    FormPost,
}

/// Not a response type that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a response type that is offered; these are code, id_token, id_token token, code id_token, code token, code id_token token"
)]
#[non_exhaustive]
pub struct UnknownResponseType;

/// Not a response mode that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a response mode that is offered; these are query, fragment and form_post")]
#[non_exhaustive]
pub struct UnknownResponseMode;

impl ResponseType {
    /// Every response type that is offered.
    pub const ALL: [Self; 6] =
        [Self::Code, Self::IdToken, Self::IdTokenToken, Self::CodeIdToken, Self::CodeToken, Self::CodeIdTokenToken];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }

    /// Whether a code comes back.
    #[must_use]
    pub const fn has_code(self) -> bool {
        !matches!(self, Self::IdToken | Self::IdTokenToken)
    }

    /// Whether an ID Token comes back from the authorization endpoint.
    #[must_use]
    pub const fn has_id_token(self) -> bool {
        !matches!(self, Self::Code | Self::CodeToken)
    }

    /// Whether an access token comes back from the authorization endpoint.
    #[must_use]
    pub const fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// How it comes back where nothing is said (Multiple Response Types 3 and 5).
    #[must_use]
    pub const fn default_mode(self) -> ResponseMode {
        match self {
            Self::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        }
    }

    /// Whether its response may come back so: tokens never come in a query, which ends in logs and `Referer` headers (Multiple
    /// Response Types 3 and 5).
    #[must_use]
    pub const fn may_come_by(self, mode: ResponseMode) -> bool {
        matches!(self, Self::Code) || !matches!(mode, ResponseMode::Query)
    }

    /// Whether a name, of whatever order, is this response type (RFC 6749 3.1.1).
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        words(name) == words(self.name())
    }
}

fn words(name: &str) -> BTreeSet<&str> {
    name.split(' ').collect()
}

impl ResponseMode {
    /// Every response mode that is offered.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ResponseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ResponseType {
    type Err = UnknownResponseType;

    fn from_str(name: &str) -> Result<Self, UnknownResponseType> {
        Self::ALL.into_iter().find(|known| known.is_named(name)).ok_or(UnknownResponseType)
    }
}

impl FromStr for ResponseMode {
    type Err = UnknownResponseMode;

    fn from_str(name: &str) -> Result<Self, UnknownResponseMode> {
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or(UnknownResponseMode)
    }
}

impl Serialize for ResponseType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for ResponseMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ResponseType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ResponseMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_type_is_a_set_of_words() {
        for (name, response_type) in [
            ("code", ResponseType::Code),
            ("token id_token", ResponseType::IdTokenToken),
            ("id_token code", ResponseType::CodeIdToken),
            ("token code id_token", ResponseType::CodeIdTokenToken),
            ("token code", ResponseType::CodeToken),
        ] {
            assert_eq!(name.parse(), Ok(response_type), "{name}");
        }
        for response_type in ResponseType::ALL {
            assert_eq!(response_type.name().parse(), Ok(response_type));
        }
    }

    /// R6, V30
    #[test]
    fn token_alone_is_not_offered() {
        for name in ["token", "none", "", "code ", "Code", "code  id_token", "id_token,code"] {
            assert_eq!(name.parse::<ResponseType>(), Err(UnknownResponseType), "{name:?}");
        }
    }

    #[test]
    fn types_and_modes_are_printed_by_their_wire_names() {
        for response_type in ResponseType::ALL {
            assert_eq!(response_type.to_string(), response_type.name());
        }
        for response_mode in ResponseMode::ALL {
            assert_eq!(response_mode.to_string(), response_mode.name());
            assert_eq!(response_mode.name().parse(), Ok(response_mode));
        }
        assert_eq!("form-post".parse::<ResponseMode>(), Err(UnknownResponseMode));
    }

    #[test]
    fn only_a_code_may_come_in_a_query() {
        for response_type in ResponseType::ALL {
            let is_query = response_type.default_mode() == ResponseMode::Query;
            assert_eq!(is_query, response_type == ResponseType::Code, "{response_type}");
        }
    }
}
