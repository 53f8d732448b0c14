//! Where our routes are: as the wrapped router sees them, and as a browser must ask for them.

use url::form_urlencoded;

use crate::{base_url::BaseUrl, config_error::ConfigError, kept_posts::Id, return_address::ReturnAddress};

/// The parameter of our login page that says, sealed, what is wished of the sign-in.
pub(crate) const WISH: &str = "wish";
/// Where the pages are that ask whether to send what was kept.
const KEPT: &str = "/kept/";

/// The places of our routes, below a prefix.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    route_prefix: String,
    public_prefix: String,
}

/// A place below the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Login,
    Error,
    Logout,
    LoggedOut,
    Session,
    CheckSession,
    SessionChanged,
    Live,
    Ready,
    Why,
}

/// A place of which each provider has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnPlace {
    Login,
    Callback,
    BackchannelLogout,
    FrontchannelLogout,
    InitiateLogin,
    RequestObjects,
    Jwks,
    SectorIdentifier,
}

impl Place {
    const fn tail(self) -> &'static str {
        match self {
            Self::Login => "/login",
            Self::Error => "/error",
            Self::Logout => "/logout",
            Self::LoggedOut => "/logged_out",
            Self::Session => "/session",
            Self::CheckSession => "/check_session",
            Self::SessionChanged => "/session_changed",
            Self::Live => "/live",
            Self::Ready => "/ready",
            Self::Why => "/why",
        }
    }
}

impl OwnPlace {
    const fn head(self) -> &'static str {
        match self {
            Self::Login => "/login",
            Self::Callback => "/callback",
            Self::BackchannelLogout => "/backchannel_logout",
            Self::FrontchannelLogout => "/frontchannel_logout",
            Self::InitiateLogin => "/initiate_login",
            Self::RequestObjects => "/request_objects",
            Self::Jwks => "/jwks",
            Self::SectorIdentifier => "/sector_identifier",
        }
    }
}

impl Paths {
    pub(crate) const DEFAULT_PREFIX: &'static str = "/auth";

    pub(crate) fn new(base: &BaseUrl, prefix: &str) -> Result<Self, ConfigError> {
        check_path("path_prefix", prefix)?;
        Ok(Self { route_prefix: prefix.to_owned(), public_prefix: base.public_path(prefix) })
    }

    /// A place as the router sees it.
    pub(crate) fn route(&self, place: Place) -> String {
        format!("{}{}", self.route_prefix, place.tail())
    }

    /// The one route of such a place for all providers, with the name as a parameter.
    pub(crate) fn own_route(&self, place: OwnPlace) -> String {
        format!("{}{}/{{provider}}", self.route_prefix, place.head())
    }

    /// A place as a browser asks for it.
    pub(crate) fn public(&self, place: Place) -> String {
        format!("{}{}", self.public_prefix, place.tail())
    }

    /// The place of one provider as a browser, or the provider, asks for it (V6, V20: one each).
    pub(crate) fn public_own(&self, place: OwnPlace, provider: &str) -> String {
        format!("{}{}/{provider}", self.public_prefix, place.head())
    }

    /// Where a person starts to sign in, to come back to `return_to`.
    pub(crate) fn public_login(&self, provider: Option<&str>, return_to: Option<&ReturnAddress>) -> String {
        let mut path =
            provider.map_or_else(|| self.public(Place::Login), |name| self.public_own(OwnPlace::Login, name));
        if let Some(address) = return_to {
            let mut query = form_urlencoded::Serializer::new(String::new());
            path.push('?');
            path.push_str(&query.append_pair("return_to", address.as_str()).finish());
        }
        path
    }

    /// The same for a sign-in of which something is wished.
    pub(crate) fn public_wish(&self, provider: &str, wish: &str, return_to: Option<&ReturnAddress>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(WISH, wish).extend_pairs(return_to.map(|address| ("return_to", address.as_str())));
        format!("{}?{}", self.public_own(OwnPlace::Login, provider), query.finish())
    }

    /// The one route of the pages that ask whether to send what was kept.
    pub(crate) fn kept_route(&self) -> String {
        format!("{}{KEPT}{{id}}", self.route_prefix)
    }

    /// The page of one that was kept.
    pub(crate) fn public_kept(&self, id: &str) -> String {
        format!("{}{KEPT}{id}", self.public_prefix)
    }

    /// Whether an address of ours is such a page: a sign-in may end there.
    pub(crate) fn is_kept_page(&self, public: &ReturnAddress) -> bool {
        let rest = public.without_fragment().strip_prefix(&self.public_prefix).and_then(|rest| rest.strip_prefix(KEPT));
        rest.is_some_and(|id| Id::parse(id).is_some())
    }

    /// The name of the channel on which pages of this application are told of the end of a session: two applications may share
    /// an origin.
    pub(crate) fn channel(&self) -> String {
        format!("vestibule:{}", self.public_prefix)
    }

    /// Whether a path of a browser's is one of ours rather than one of the application's.
    pub(crate) fn is_ours(&self, public: &str) -> bool {
        public.strip_prefix(&self.public_prefix).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a route of the application's is in our part.
    pub(crate) fn is_our_route(&self, route: &str) -> bool {
        route.strip_prefix(&self.route_prefix).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A path that is a route and a piece of a URL at once, and reads the same as both.
pub(crate) fn check_path(setting: &str, path: &str) -> Result<(), ConfigError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let is_path = path.strip_prefix('/').is_some_and(|rest| {
        rest.split('/')
            .all(|segment| !segment.is_empty() && !matches!(segment, "." | "..") && segment.bytes().all(is_plain))
    });
    if is_path {
        Ok(())
    } else {
        Err(ConfigError::new(setting, "it is not a path of letters, digits, '-', '_', '.' and '~'")
            .value(path)
            .remedy("write for example \"/auth\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(base: &str, prefix: &str) -> Paths {
        Paths::new(&BaseUrl::parse(base).expect("a base URL"), prefix).expect("a prefix")
    }

    #[test]
    fn a_route_is_as_the_router_sees_it_and_a_path_as_the_browser_does() {
        let stripped = paths("https://host.example/shop", "/auth");
        assert_eq!(
            (stripped.route(Place::Logout), stripped.public(Place::Logout)),
            ("/auth/logout".to_owned(), "/shop/auth/logout".to_owned())
        );
        assert_eq!(
            (stripped.own_route(OwnPlace::Callback), stripped.public_own(OwnPlace::BackchannelLogout, "corp")),
            ("/auth/callback/{provider}".to_owned(), "/shop/auth/backchannel_logout/corp".to_owned())
        );
        let kept = paths("https://host.example/shop", "/shop/auth");
        assert_eq!(
            (kept.route(Place::Logout), kept.public(Place::Logout)),
            ("/shop/auth/logout".to_owned(), "/shop/auth/logout".to_owned())
        );
    }

    #[test]
    fn what_is_no_plain_path_is_refused() {
        for refused in ["", "/", "auth", "/auth/", "//auth", "/a b", "/{x}", "/a/../b", "/a?b", "/a#b", "/é", "/*"] {
            assert!(check_path("path_prefix", refused).is_err(), "{refused}");
        }
        for accepted in ["/auth", "/a/b.c", "/redirect_uri"] {
            assert_eq!(check_path("path_prefix", accepted), Ok(()));
        }
    }
}
