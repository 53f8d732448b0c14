//! What the application asks for beside what the provider offers.

use vestibule_core::{Client, ProviderMetadata};

use super::{Code, Finding, words};
use crate::provider::ConnectedProvider;

pub(super) fn examine(provider: &ConnectedProvider, client: &Client, metadata: &ProviderMetadata) -> Vec<Finding> {
    let mut findings = vec![response_type(provider, metadata)];
    findings.extend(response_mode(provider, metadata));
    findings.push(signature(client, metadata));
    if provider.response_type().has_code() {
        findings.push(pkce(metadata));
        findings.push(authentication(client, metadata));
    }
    let is_said = findings.iter().any(|finding| finding.code().severity() == super::Severity::Fault);
    match client.check_provider_for(metadata, provider.response_type()) {
        Err(error) if !is_said => findings.push(
            Finding::new(Code::AgreementFails, words::reason(&error.to_string()))
                .with_remedy("agree on something else with whoever runs the provider, and write it into the settings"),
        ),
        _ => {}
    }
    findings
}

/// What a client would do that is nobody yet.
pub(super) fn would_register(metadata: &ProviderMetadata) -> Finding {
    match metadata.registration_endpoint() {
        Some(endpoint) => Finding::new(
            Code::WouldRegister,
            format!(
                "the application would register itself at {endpoint} when somebody first signs in; this examination does not"
            ),
        ),
        None => Finding::new(
            Code::RegistrationMissing,
            "there is no client_id, and the provider registers nobody by itself",
        )
        .with_remedy(
            "register a client by hand and give its client_id; or ask for dynamic registration to be turned on",
        ),
    }
}

fn offered(metadata: &ProviderMetadata, member: &str) -> String {
    metadata.offered(member).map_or_else(
        || "the metadata does not say what it offers".to_owned(),
        |names| format!("it offers {}", words::list(names)),
    )
}

fn response_type(provider: &ConnectedProvider, metadata: &ProviderMetadata) -> Finding {
    let asked = provider.response_type();
    let offered = offered(metadata, "response_types_supported");
    if metadata.offers_response_type(asked) {
        return Finding::new(Code::ResponseType, format!("logins ask for response_type {}; {offered}", asked.name()));
    }
    Finding::new(Code::ResponseTypeNotOffered, format!("logins ask for response_type {}; {offered}", asked.name()))
        .with_remedy("set response_type to one of these; `code` is the one to prefer")
}

fn response_mode(provider: &ConnectedProvider, metadata: &ProviderMetadata) -> Option<Finding> {
    let asked = provider.response_mode().filter(|asked| !metadata.offers_response_mode(*asked))?;
    let offered = offered(metadata, "response_modes_supported");
    let found = format!("logins ask for response_mode {}; {offered}", asked.name());
    Some(Finding::new(Code::ResponseModeNotOffered, found).with_remedy("leave response_mode out, or set one of these"))
}

fn signature(client: &Client, metadata: &ProviderMetadata) -> Finding {
    const MEMBER: &str = "id_token_signing_alg_values_supported";
    let algorithm = client.verifies_id_tokens_with();
    let found = format!("ID Tokens are to be signed with {algorithm}; {}", offered(metadata, MEMBER));
    if metadata.offered(MEMBER).is_none_or(|names| names.iter().any(|name| name == algorithm.name())) {
        return Finding::new(Code::Signature, found);
    }
    Finding::new(Code::SignatureNotOffered, found)
        .with_remedy("set id_token_signed_response_alg to one of these, and the same at the provider for this client")
}

fn pkce(metadata: &ProviderMetadata) -> Finding {
    const MEMBER: &str = "code_challenge_methods_supported";
    match metadata.offered(MEMBER) {
        Some(names) if names.iter().any(|name| name == "S256") => {
            Finding::new(Code::Pkce, "logins send a code challenge by S256, which the provider takes")
        }
        Some(names) => Finding::new(
            Code::PkceNotOffered,
            format!("logins send a code challenge by S256, and the provider takes {}", words::list(names)),
        )
        .with_remedy("have PKCE with S256 turned on at the provider (RFC 7636 4.2); there is no other way here"),
        None => Finding::new(Code::PkceUnsaid, "the metadata does not say whether the provider takes PKCE").with_remedy(
            "logins send a code challenge all the same, which a provider that knows no PKCE ignores; ask for it to be turned on",
        ),
    }
}

fn authentication(client: &Client, metadata: &ProviderMetadata) -> Finding {
    const MEMBER: &str = "token_endpoint_auth_methods_supported";
    const REMEDY: &str =
        "set token_endpoint_auth_method to one that the provider takes, and that is registered for this client";
    match client.token_endpoint_auth_method_at(metadata) {
        Ok(method) => {
            let offered = match metadata.offered(MEMBER) {
                Some(names) => format!("the provider takes {}", words::list(names)),
                // Discovery 3
                None => "the provider does not say what it takes, which means client_secret_basic".to_owned(),
            };
            let found = format!("at the token endpoint the application authenticates by {}; {offered}", method.name());
            // A provider of public clients need not list `none` (RFC 8414 2).
            let is_offered = method.name() == "none"
                || metadata.offered(MEMBER).map_or(method.name() == "client_secret_basic", |names| {
                    names.iter().any(|name| name == method.name())
                });
            if is_offered {
                Finding::new(Code::Authentication, found)
            } else {
                Finding::new(Code::AuthenticationNotOffered, found).with_remedy(REMEDY)
            }
        }
        Err(error) => {
            Finding::new(Code::AuthenticationNotOffered, words::reason(&error.to_string())).with_remedy(REMEDY)
        }
    }
}
