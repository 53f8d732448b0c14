//! A setting below the wrong heading.

use super::*;

fn refused(heading: &str, line: &str) -> Option<ConfigError> {
    let text = format!("[provider.corp]\nclient_id = 'a'\n[{heading}]\n{line}\n");
    Settings::from_toml(&text).err()
}

/// V69: what is ignored there, or sent to the provider, is said.
#[test]
fn a_setting_below_a_heading_of_its_provider_is_refused_and_not_printed() {
    for heading in [
        "provider.corp.metadata",
        "provider.corp.metadata.mtls_endpoint_aliases",
        "provider.corp.registration",
        "provider.corp.authorization_parameters",
        "provider.corp.claims",
        "provider.corp.claims.userinfo",
        "provider.corp.claims.id_token",
    ] {
        for (key, place) in [
            ("client_secret", "[provider.corp]"),
            ("client_secret_file", "[provider.corp]"),
            ("id_token_signed_response_alg", "[provider.corp]"),
            ("require_logout_token_type", "[provider.corp]"),
            ("secret_key", "the top of the file"),
            ("refuse_cross_site_logins", "the top of the file"),
        ] {
            let error = refused(heading, &format!("{key} = 'canary'")).expect(heading);
            assert_eq!(error.setting(), format!("{heading}.{key}"));
            let text = error.to_string();
            assert!(text.contains(&format!("it stands in [{heading}] and belongs to {place}")), "{text}");
            assert!(text.ends_with(&format!("move it up, before [{heading}]")) && !text.contains("canary"), "{text}");
        }
    }
    assert!(refused("provider.corp.metadata", "scope = 'openid'").is_some(), "of what a login asks for");
}

/// Discovery 3: "Additional OpenID Provider Metadata parameters MAY also be used."
#[test]
fn what_metadata_and_logins_may_have_is_left_alone() {
    for (heading, line) in [
        ("provider.corp.metadata", "issuer = 'https://a.example'"),
        ("provider.corp.metadata", "com_example_extension = true"),
        ("provider.corp.metadata", "provider = 'a vendor'"),
        ("provider.corp.metadata", "token_endpoint_auth_methods_supported = ['client_secret_basic']"),
        ("provider.corp.metadata.mtls_endpoint_aliases", "token_endpoint = 'https://a.example/t'"),
        ("provider.corp.authorization_parameters", "ui_locales = 'en'"),
        ("provider.corp.authorization_parameters", "resource = 'https://api.example'"),
        ("provider.corp.claims", "userinfo = { email = { essential = true } }"),
    ] {
        assert_eq!(refused(heading, line), None, "{heading}: {line}");
    }
}
