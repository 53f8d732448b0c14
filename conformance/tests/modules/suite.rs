//! What each module demands, written once for all variants.

mod back_channel;
mod discovery;
mod errors;
mod front_channel;
mod id_token;
mod keys;
mod login;
mod logout;
mod mtls;
mod refresh;
mod request_objects;
mod session;
mod third_party;
mod userinfo;

pub(crate) use self::{
    back_channel::*, discovery::*, errors::*, front_channel::*, id_token::*, keys::*, login::*, logout::*, mtls::*,
    refresh::*, request_objects::*, session::*, third_party::*, userinfo::*,
};
