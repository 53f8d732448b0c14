//! What an examination can find: one code each, which programs may rely on.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a finding is.
///
/// # Example
/// ```
/// use vestibule::examination::Severity;
///
/// assert!(Severity::Fault > Severity::Warning && Severity::Warning > Severity::Advice);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// As it should be, or good to know.
    Fine,
    /// It works; somebody may want it otherwise.
    Advice,
    /// It works now, or for most people, and will not for ever or for all.
    Warning,
    /// Nobody can sign in like this.
    Fault,
}

impl Severity {
    /// Its name, as JSON has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Each code once: what it means, what programs call it, and how bad it is.
macro_rules! codes {
    ($($(#[$meaning:meta])* $variant:ident = $name:literal, $severity:ident;)*) => {
        /// What was found. A code keeps its name and its meaning; `docs/doctor.md` has them all.
        ///
        /// # Example
        /// ```
        /// use vestibule::examination::{Code, Severity};
        ///
        /// assert_eq!((Code::IssuerMismatch.name(), Code::IssuerMismatch.severity()), ("issuer_mismatch", Severity::Fault));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$meaning])* $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, as JSON has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// The base URL is https.
    BaseUrlPublic = "base_url_public", Fine;
    /// The base URL is plain http on this machine.
    BaseUrlLoopback = "base_url_loopback", Advice;
    /// The secret key, and those before it.
    SecretKey = "secret_key", Fine;
    /// A secret key was not drawn by a generator.
    SecretKeyNotRandom = "secret_key_not_random", Warning;
    /// Others than their owner can read files with secrets in them.
    SecretsReadable = "secrets_readable", Advice;
    /// The store answers.
    StoreAnswers = "store_answers", Fine;
    /// The store cannot do its work.
    StoreFails = "store_fails", Fault;
    /// What ended is known to this process alone.
    StoreInProcess = "store_in_process", Advice;
    /// The certificate authorities that are believed.
    TrustAnchors = "trust_anchors", Fine;
    /// There is no certificate authority that could be believed.
    TrustAnchorsMissing = "trust_anchors_missing", Warning;
    /// The application verifies certificates itself.
    OwnHttpClient = "own_http_client", Advice;
    /// A session should fit into cookies.
    CookieFits = "cookie_fits", Fine;
    /// A session comes near to the budget of cookies.
    CookieTight = "cookie_tight", Warning;
    /// A session is likely not to fit into cookies.
    CookieTooBig = "cookie_too_big", Warning;
    /// A public application trusts a provider on its own machine by plain http.
    DevelopmentProvider = "development_provider", Warning;
    /// A public application tells everybody what is for developers.
    DevelopmentMode = "development_mode", Warning;
    /// Anybody on the way can change what logins ask for.
    UnsignedRequestObjects = "unsigned_request_objects", Warning;
    /// The examination itself did not come to its end.
    NotExamined = "not_examined", Fault;
    /// WebFinger found the issuer.
    WebFinger = "webfinger", Fine;
    /// WebFinger did not find an issuer.
    WebFingerFails = "webfinger_fails", Fault;
    /// The metadata was fetched.
    Discovery = "discovery", Fine;
    /// The metadata is in the settings.
    Described = "described", Fine;
    /// Nobody answers where the provider should be.
    Unreachable = "unreachable", Fault;
    /// There is an answer, but it is not the metadata.
    DiscoveryStatus = "discovery_status", Fault;
    /// What came is no metadata that can be used.
    DiscoveryUnusable = "discovery_unusable", Fault;
    /// The certificate of the provider holds.
    Tls = "tls", Fine;
    /// The provider is asked by plain http, on this machine.
    PlainHttp = "plain_http", Advice;
    /// The certificate is from an authority that nobody here knows.
    TlsUnknownIssuer = "tls_unknown_issuer", Fault;
    /// The certificate is over.
    TlsExpired = "tls_expired", Fault;
    /// The certificate does not hold yet.
    TlsNotYetValid = "tls_not_yet_valid", Fault;
    /// The certificate is for another name.
    TlsWrongName = "tls_wrong_name", Fault;
    /// No TLS connection came about, for another reason.
    TlsFails = "tls_fails", Fault;
    /// The metadata names the issuer that the settings have.
    Issuer = "issuer", Fine;
    /// The metadata names another issuer than the settings.
    IssuerMismatch = "issuer_mismatch", Fault;
    /// The two differ by a slash at the end.
    IssuerSlash = "issuer_slash", Fault;
    /// The metadata names a template in the place of an issuer.
    IssuerTemplate = "issuer_template", Fault;
    /// The keys that the provider publishes.
    Keys = "keys", Fine;
    /// No key is needed: tokens are signed with the client secret.
    KeysNotNeeded = "keys_not_needed", Fine;
    /// The keys cannot be had.
    KeysUnavailable = "keys_unavailable", Fault;
    /// No key is of use for the agreed algorithm.
    KeysNoneFits = "keys_none_fits", Fault;
    /// Some keys are of no use to anybody.
    KeysSkipped = "keys_skipped", Advice;
    /// A private key lies in public.
    KeysPrivate = "keys_private", Warning;
    /// The provider signs ID Tokens as agreed.
    Signature = "signature", Fine;
    /// The provider does not sign ID Tokens as agreed.
    SignatureNotOffered = "signature_not_offered", Fault;
    /// How the application authenticates at the token endpoint.
    Authentication = "authentication", Fine;
    /// The provider does not take that authentication.
    AuthenticationNotOffered = "authentication_not_offered", Fault;
    /// The provider offers the response type.
    ResponseType = "response_type", Fine;
    /// The provider does not offer the response type.
    ResponseTypeNotOffered = "response_type_not_offered", Fault;
    /// The provider does not offer the response mode.
    ResponseModeNotOffered = "response_mode_not_offered", Warning;
    /// The provider takes PKCE by S256.
    Pkce = "pkce", Fine;
    /// The provider does not say whether it takes PKCE.
    PkceUnsaid = "pkce_unsaid", Advice;
    /// The provider says that it does not take PKCE by S256.
    PkceNotOffered = "pkce_not_offered", Fault;
    /// Something else that was agreed on is not offered.
    AgreementFails = "agreement_fails", Fault;
    /// The redirect URI, as the provider will see it.
    RedirectUri = "redirect_uri", Fine;
    /// The provider knows client and redirect URI.
    RedirectUriAccepted = "redirect_uri_accepted", Fine;
    /// The provider does not take client and redirect URI.
    RedirectUriRefused = "redirect_uri_refused", Fault;
    /// The provider knows both and refuses what logins ask for.
    RequestRefused = "request_refused", Warning;
    /// Whether the redirect URI is registered cannot be told from here.
    RedirectUriUntold = "redirect_uri_untold", Advice;
    /// A client that would register itself at the first login.
    WouldRegister = "would_register", Fine;
    /// A client that registers itself, where nobody can.
    RegistrationMissing = "registration_missing", Fault;
    /// The clocks agree.
    Clock = "clock", Fine;
    /// The clocks differ by more than 30 seconds.
    ClockOff = "clock_off", Warning;
    /// The clocks differ by more than is forgiven.
    ClockTooFarOff = "clock_too_far_off", Fault;
    /// The provider does not say how late it is.
    ClockUnsaid = "clock_unsaid", Fine;
    /// Whoever signs out here signs out at the provider too.
    LogoutAtProvider = "logout_at_provider", Fine;
    /// Whoever signs out here stays signed in at the provider.
    LogoutHereOnly = "logout_here_only", Advice;
    /// The provider can say by back channel that a session ended.
    BackChannelLogout = "back_channel_logout", Fine;
    /// The provider can say so by front channel.
    FrontChannelLogout = "front_channel_logout", Fine;
    /// The browser can see that the provider's session ended.
    SessionManagement = "session_management", Fine;
    /// The provider does not say when its sessions end.
    LogoutUnheard = "logout_unheard", Advice;
    /// A peculiarity of this provider.
    KnownQuirk = "known_quirk", Advice;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/doctor.md");

    /// One row of the table a code: its name, how bad it is, what it means, and what to do.
    #[test]
    fn the_guide_has_every_code_and_no_other() {
        let rows: Vec<Vec<&str>> = DOCUMENT
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        for code in Code::ALL {
            let name = format!("`{code}`");
            let found: Vec<_> = rows.iter().filter(|row| row.first() == Some(&name.as_str())).collect();
            let [row] = &found[..] else { panic!("{name}: {} rows", found.len()) };
            assert_eq!(row.len(), 4, "{name}");
            assert_eq!(row.get(1), Some(&code.severity().name()), "{name}");
            assert!(row.iter().all(|cell| !cell.is_empty()), "{name}");
        }
        assert_eq!(rows.len(), Code::ALL.len());
    }

    #[test]
    fn no_two_codes_have_one_name() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
