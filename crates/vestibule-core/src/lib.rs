#![doc = include_str!("../README.md")]
// What strangers send can make none of this panic. A build for tests may: a test that fails does.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod agreement;
pub mod authorization;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod discovery;
pub mod error;
pub mod exchange;
pub mod freshness;
pub mod http_client;
pub mod id_token;
pub mod issuer;
pub mod jose;
mod json;
pub mod logout;
pub mod numeric_date;
pub mod registration;
pub mod revocation;
pub mod secret;
pub mod tenants;
pub mod token;
pub mod userinfo;

pub use authorization::{
    Accepted, AuthorizationCode, AuthorizationRequest, AuthorizationResponse, FrontChannel, PendingLogin,
    RequestObject, ResponseMode, ResponseType, State, UnverifiedFrontChannel,
};
pub use claims::{Audience, ClaimsSet, Subject};
pub use client::Client;
pub use client_auth::TokenEndpointAuthMethod;
pub use discovery::ProviderMetadata;
pub use error::{ErrorResponse, Misbehaviour, ProtocolError, Unsolicited};
pub use exchange::{Exchange, Limits, Step};
pub use http_client::{HttpClient, HttpError};
pub use id_token::{FirstIdToken, IdToken, UnverifiedIdToken, UnverifiedRefreshedIdToken};
pub use issuer::Issuer;
pub use jose::{ContentEncryptionAlgorithm, JwkSet, KeyManagementAlgorithm, SignatureAlgorithm};
pub use logout::{EndSessionRequest, FrontChannelLogout, LogoutToken, UnverifiedLogoutToken};
pub use numeric_date::NumericDate;
pub use registration::{ClientInformation, ClientMetadata};
pub use revocation::{RevocationRequest, TokenTypeHint};
pub use secret::{Entropy, Secret};
pub use tenants::Tenants;
pub use token::{GrantedTokens, RefreshRequest, RefreshResponse, TokenResponse};
pub use userinfo::UserInfoMethod;
