#![doc = include_str!("../README.md")]
// What strangers send can make none of this panic. A build for tests may: a test that fails does.
#![cfg_attr(not(test), deny(clippy::panic, clippy::string_slice, clippy::unreachable))]

mod attempt;
mod base_url;
mod builder;
mod callback;
mod carried;
mod claim_sources;
mod client_registration;
mod clock;
mod config_error;
mod decision;
mod door;
mod end_user;
mod error;
pub mod examination;
mod form;
mod gate;
mod health;
mod how_long;
mod initiate_login;
mod kept_posts;
mod lease;
mod login;
mod logout;
mod new_login;
#[cfg(feature = "reqwest")]
mod outbound;
mod pages;
mod paths;
mod patience;
mod provider;
mod published;
mod refresh;
pub mod registration_store;
mod request_objects;
#[cfg(feature = "reqwest")]
mod reqwest_client;
mod return_address;
mod routes;
mod session;
mod session_info;
mod session_status;
pub mod session_store;
mod settings;
mod sign_in;
mod silent_renewal;
mod start_over;
mod step_up;
pub mod store;
mod tokens;
mod trips;
mod unreadable;
mod vestibule;
mod wish;

pub use builder::Builder;
pub use client_registration::{ClientRegistration, RegistrationError};
pub use clock::{Clock, SystemClock};
pub use config_error::ConfigError;
pub use end_user::{Claims, EndUser, LoginRequired, NotAllowed, OutsideTheVestibule, Rejection, Unavailable};
pub use error::{Cause, Diagnosis, LoginError, LoginErrorKind};
pub use examination::Examination;
pub use gate::{Gate, RequireLogin};
pub use kept_posts::KeptPosts;
pub use new_login::{NewLogin, Refusal};
pub use provider::{ClientSource, KeysFailed, NotAvailable, OwnKeys, Provider, ProviderError, RequestObjects};
pub use registration_store::{FileRegistrationStore, RegistrationStore};
#[cfg(feature = "reqwest")]
pub use reqwest_client::ReqwestClient;
pub use session::{SessionPolicy, seal::SecretKey};
pub use session_info::{InvalidSessionId, SessionId, SessionInfo, SessionsError};
pub use session_store::{MemoryStore, SessionStore, StoreByUrl};
pub use settings::Settings;
pub use sign_in::SignIn;
pub use store::StoreError;
pub use tokens::{AccessToken, TokenError, Tokens};
pub use vestibule::{NotReady, Vestibule};
pub use vestibule_core::{
    self as core, ClaimsSet, Client, ClientMetadata, ErrorResponse, HttpClient, HttpError, Issuer, NumericDate,
    ProviderMetadata, ResponseMode, ResponseType, Secret, SignatureAlgorithm, Subject, TokenEndpointAuthMethod,
    UserInfoMethod,
};

/// The guide's programs are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/from-flask-pyoidc.md")]
struct Guide;

/// The README's programs are compiled, and run where they can be.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
