//! The OpenID Foundation's relying-party test modules, every one in every variant that its plan lists. A test is named after the
//! module, in a module named after the plan and the variant; what a module demands is written once, in `suite`.

#[macro_use]
mod plan;
mod suite;

mod back_channel_logout;
mod basic;
mod comprehensive;
mod config;
mod dynamic;
mod form_post;
mod front_channel_logout;
mod hybrid;
mod implicit;
mod refresh_token;
mod rp_initiated_logout;
mod session_management;
mod third_party_login;
