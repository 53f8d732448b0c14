//! The module about a client that is known by its certificate (RFC 8705).

use conformance::{Setup, Variant};
use serde_json::json;
use vestibule::TokenEndpointAuthMethod;

/// Bytes are enough of a certificate: nobody here makes a connection.
const CERTIFICATE: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x01];
const ALIASES: &str = "https://mtls.op.example/mtls";

/// The token endpoint that takes certificates is an alias; at the other one a certificate counts for nothing.
pub(crate) async fn oidcc_client_test_mtls_endpoint_aliases(variant: Variant) {
    let methods = [TokenEndpointAuthMethod::TlsClientAuth, TokenEndpointAuthMethod::SelfSignedTlsClientAuth];
    assert!(methods.contains(&variant.client_auth_type));
    let aliases = json!({"token_endpoint": format!("{ALIASES}/token")});
    let setup = Setup::of(variant)
        .op(|op| op.with_mtls_aliases(ALIASES).advertises("mtls_endpoint_aliases", aliases))
        .client(|client| client.certificate(CERTIFICATE))
        .certificate(CERTIFICATE);
    let mut bench = setup.start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    let with_alias = |endpoint: &&'static str| if *endpoint == "token" { "/mtls/token" } else { endpoint };
    bench.expect_arrived(&variant.complete().iter().map(with_alias).collect::<Vec<_>>());
}
