//! How a provider is reached: over real sockets of this machine, by the HTTP client that is used unless another is given.

mod addresses;
mod answers;
mod asking;
mod authority;
mod certificates;
mod client_certificates;
mod environment;
mod examined;
mod folder;
mod outbound;
mod redirects;
mod server;
mod trusted_ca;
mod versions;
mod waiting;
