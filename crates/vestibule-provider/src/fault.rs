//! What the provider can be told to do wrong, named for what a relying party must refuse.
//!
//! The endpoints know nothing of faults: they call small hooks, which do nothing unless a fault is set.

mod answers;
mod documents;
mod encryption;
mod id_token;
mod logout_token;
mod refresh;
mod response;
mod userinfo;
mod web_finger;

use vestibule_core::ResponseMode;

pub use encryption::EncryptionFault;
pub use logout_token::LogoutTokenFault;
pub(crate) use logout_token::sign as sign_logout_token;
pub use refresh::RefreshFault;
pub(crate) use userinfo::unsigned;

/// One way to misbehave; it applies until it is cleared.
///
/// What is wrong in "the ID Token" is so in the one of the authorization endpoint, if the response type has one there, and then not
/// in the one of the token endpoint: [`AtTokenEndpoint`](Self::AtTokenEndpoint) turns it round.
///
/// # Example
/// ```
/// use vestibule_provider::{DevelopmentProvider, Fault};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// provider.set_fault(Some(Fault::WrongNonce));
/// provider.set_fault(None);
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The ID Token has the nonce of another login.
    WrongNonce,
    /// The ID Token has no nonce.
    MissingNonce,
    /// The ID Token says that another issuer made it.
    WrongIssuer,
    /// The ID Token is for another client.
    WrongAudience,
    /// The ID Token ended an hour ago.
    Expired,
    /// The ID Token's signature is broken.
    BadSignature,
    /// The ID Token has the algorithm `none` and no signature.
    AlgNone,
    /// The ID Token has no subject.
    MissingSubject,
    /// The ID Token's at_hash is that of another access token.
    WrongAccessTokenHash,
    /// The ID Token is signed with a key that is not in the key set, under that key's kid.
    UnknownKid,
    /// The ID Token has no kid, and neither have the keys of the key set.
    NoKid,
    /// The same with three keys of each type in the key set, such as three RSA keys, of which the last made the signature.
    NoKidManyKeys,
    /// The ID Token has the nonce of the request with a `1` behind it: `null1`, where the request has none.
    LongerNonce,
    /// The ID Token does not say who made it.
    MissingIssuer,
    /// The ID Token does not say whom it is for.
    MissingAudience,
    /// The ID Token is for another client too, and does not say to whom it was given (`azp`).
    SecondAudience,
    /// The ID Token is for the client in a list of one: **to be taken** (Core 2).
    AudienceAsList,
    /// The ID Token does not say when it ends.
    MissingExpiry,
    /// The ID Token does not say when it was made.
    MissingIssuedAt,
    /// The ID Token was made a week ago, and has not ended.
    OldIssuedAt,
    /// The ID Token is about somebody else: to be noticed where there are two of them (Core 3.3.3.6).
    WrongSubject,
    /// The ID Token has no at_hash. Beside an access token from the authorization endpoint it needs one (Core 3.2.2.10).
    MissingAccessTokenHash,
    /// The ID Token's c_hash is that of another code.
    WrongCodeHash,
    /// The ID Token that came with a code has no c_hash (Core 3.3.2.11).
    MissingCodeHash,
    /// The ID Token does not say when the user signed in.
    MissingAuthTime,
    /// The ID Token does not say which of the user's sign-ins it is of. Nothing forbids that (Front-Channel Logout 3).
    MissingSessionId,
    /// The ID Token says neither when the user signed in nor which of their sign-ins it is of: another one looks the same.
    NamelessSignIn,
    /// The ID Token says that the user signed in a day earlier.
    StaleAuthTime,
    /// The ID Token does not say how surely the user was recognised.
    MissingAcr,
    /// The ID Token has another acr than anybody asked for.
    WrongAcr,
    /// The ID Token is signed with another algorithm than the client's, by a key of the provider's: ES256, or RS256 in its place.
    WrongAlgorithm,
    /// The ID Token is signed with HS256, and the secret is a public key of the provider (V34).
    HmacUnderPublicKey,
    /// The fault is in the ID Token of the token endpoint, whatever the authorization endpoint gave: with
    /// [`WrongSubject`](Self::WrongSubject) and [`WrongIssuer`](Self::WrongIssuer) the two disagree (Core 3.3.3.6).
    AtTokenEndpoint(Box<Self>),
    /// The token response has no ID Token.
    MissingIdToken,
    /// The authorization response lacks the code.
    MissingCode,
    /// The authorization response lacks the ID Token.
    MissingFrontChannelIdToken,
    /// The authorization response lacks the access token.
    MissingFrontChannelAccessToken,
    /// The authorization response does not say of what type its access token is.
    MissingTokenType,
    /// The authorization response has an access token of the type `mac`.
    WrongTokenType,
    /// The authorization response has a code of nobody's, in the place of its own or besides.
    ExtraCode,
    /// The authorization response has an ID Token without claims and signature, in the place of its own or besides.
    ExtraIdToken,
    /// The authorization response has an access token of nobody's, in the place of its own or besides.
    ExtraAccessToken,
    /// The authorization response has the state of another login.
    WrongState,
    /// The authorization response has no state.
    MissingState,
    /// The authorization response, or the error in its place, goes this way, whatever was asked for.
    OtherResponseMode(ResponseMode),
    /// The authorization endpoint answers every request with this error.
    AuthorizeError {
        /// The error code, such as `access_denied`.
        error: String,
        /// The explanation.
        error_description: Option<String>,
    },
    /// The token endpoint answers every request with this error, status 400.
    TokenError {
        /// The error code, such as `invalid_grant`.
        error: String,
        /// The explanation.
        error_description: Option<String>,
    },
    /// The `iss` parameter of the authorization response is another issuer's (RFC 9207).
    WrongResponseIssuer,
    /// The authorization response has no `iss` parameter, though the metadata promises it (RFC 9207).
    MissingResponseIssuer,
    /// The userinfo endpoint speaks of another subject.
    WrongUserInfoSubject,
    /// The metadata document names another issuer.
    MetadataIssuerMismatch,
    /// Nobody answers: [`HttpError::Connect`](vestibule_core::HttpError::Connect) by function call, 503 over a port.
    Unreachable,
    /// The token endpoint redirects to this URL, status 307: whoever follows sends the client's secret there.
    TokenRedirect(String),
    /// The token endpoint fails with status 500.
    ServerError,
    /// The token endpoint answers with more than a megabyte.
    Oversized,
    /// The token endpoint answers with an HTML page, status 200.
    MalformedToken,
    /// The token endpoint knows no client: status 401, `invalid_client`.
    InvalidClient,
    /// The token endpoint answers with the error `invalid_grant` under status 200.
    TokenErrorWithStatus200,
    /// The metadata cannot be had: status 500.
    MetadataServerError,
    /// The metadata document is an HTML page, status 200.
    MetadataMalformed,
    /// The metadata document is in order, save that it has more than a megabyte.
    OversizedMetadata,
    /// The key set cannot be had: status 500.
    JwksServerError,
    /// The key set is an HTML page, status 200.
    JwksMalformed,
    /// The key set is in order, save that it has more than a megabyte.
    OversizedJwks,
    /// The key set has, before the good keys, a private key and a symmetric one.
    PrivateKeyInJwks,
    /// The userinfo endpoint fails with status 500.
    UserInfoServerError,
    /// The userinfo endpoint answers with an HTML page, status 200.
    UserInfoMalformed,
    /// The userinfo response is in order, save that it has more than a megabyte.
    OversizedUserInfo,
    /// The registration endpoint answers every request with this error, status 400.
    RegistrationError {
        /// The error code, such as `invalid_redirect_uri`.
        error: String,
        /// The explanation.
        error_description: Option<String>,
    },
    /// The registration endpoint fails with status 500.
    RegistrationServerError,
    /// Whoever reads, updates or ends a registration is answered with this status (RFC 7592 2): 403 and 405 refuse it, 503 says
    /// nothing of it.
    ManagementStatus(u16),
    /// The registration response has another redirect URI than was asked for.
    RegistrationRedirectUriChanged,
    /// The registration response has an empty client_id.
    RegistrationEmptyClientId,
    /// The registration response has the token_endpoint_auth_method `private_key_jwt`, for a client without a key.
    RegistrationAuthMethodUnusable,
    /// The encryption of the ID Token breaks a rule.
    IdTokenEncryption(EncryptionFault),
    /// The encryption of the userinfo response breaks a rule.
    UserInfoEncryption(EncryptionFault),
    /// The encryption of the logout tokens that the provider sends breaks a rule.
    LogoutTokenEncryption(EncryptionFault),
    /// Refresh requests are answered wrongly, and nothing else.
    Refresh(RefreshFault),
    /// The logout tokens that the provider sends break a rule.
    LogoutToken(LogoutTokenFault),
    /// Whoever comes back from `end_session_endpoint` has the state of another logout.
    WrongLogoutState,
    /// Whoever comes back from `end_session_endpoint` has no state.
    MissingLogoutState,
    /// The revocation endpoint has no time: status 503, with Retry-After (RFC 7009 2.2.1).
    RevocationUnavailable,
    /// The registration response has the id_token_signed_response_alg `none`.
    RegistrationAlgNone,
    /// Who reads or changes its registration is told that of another client (RFC 7592 3).
    RegistrationOfAnother,
    /// The userinfo response is signed with a key that is not in the key set, under that key's kid.
    UserInfoUnknownKid,
    /// The signature of the userinfo response is broken.
    UserInfoBadSignature,
    /// The userinfo response is signed with another algorithm than the client registered: ES256, or RS256 in its place.
    UserInfoOtherAlgorithm,
    /// The userinfo response has the algorithm `none` and no signature.
    UserInfoAlgNone,
    /// The signed userinfo response says that another issuer made it.
    UserInfoWrongIssuer,
    /// The signed userinfo response is for another client.
    UserInfoWrongAudience,
    /// The userinfo response is plain JSON, though the client registered a signed or an encrypted one.
    UserInfoUnprotected,
    /// The userinfo response is signed, though the client registered no such thing.
    UserInfoSignedUnasked,
    /// The userinfo response is encrypted, to nobody, though the client registered no such thing.
    UserInfoEncryptedUnasked,
    /// The endpoint of distributed claims fails with status 500.
    ClaimsServerError,
    /// The endpoint of distributed claims answers with an HTML page, status 200.
    ClaimsMalformed,
    /// The distributed claims are about somebody else.
    ClaimsWrongSubject,
    /// The signature of the distributed claims is broken.
    ClaimsBadSignature,
    /// The WebFinger document has a link to an issuer, and it is of another relation than was asked for.
    WebFingerWrongRel,
    /// The WebFinger document speaks of another subject.
    WebFingerOtherSubject,
    /// The WebFinger document names an issuer on another machine by plain http.
    WebFingerInsecureIssuer,
    /// The WebFinger document has no link.
    WebFingerNoLink,
    /// The WebFinger document is an HTML page, status 200.
    WebFingerMalformed,
    /// The WebFinger endpoint redirects to another host by plain http, status 302.
    WebFingerRedirect,
}

/// Another issuer, for the faults that need one.
const STRANGER: &str = "https://stranger.example";

/// Where misbehaviour reaches into the endpoints. What an endpoint answers with instead is in `answers`, what is wrong in a
/// document in `documents`, in an ID Token in `id_token`, in encryption in `encryption`, in a userinfo response in `userinfo`, in a WebFinger document in
/// `web_finger`, in a logout token in `logout_token`, in an authorization response in `response`, and when refreshing in `refresh`.
pub(crate) struct Hooks(Option<Fault>);

impl Hooks {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self(fault)
    }

    pub(crate) fn is_unreachable(&self) -> bool {
        self.0 == Some(Fault::Unreachable)
    }
}
