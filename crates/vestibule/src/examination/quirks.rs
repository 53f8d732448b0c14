//! What is peculiar about well-known providers, where it touches the settings at hand. A fact that is not certain is not here.

use url::Url;
use vestibule_core::{ProviderMetadata, ResponseMode};

use super::{Code, Finding};
use crate::{door::Door, provider::ConnectedProvider, tokens::Tokens};

/// What may be known of a provider.
pub(super) struct Known<'a> {
    pub(super) door: &'a Door,
    pub(super) provider: &'a ConnectedProvider,
    pub(super) metadata: Option<&'a ProviderMetadata>,
    /// With what status its metadata was refused.
    pub(super) refused_with: Option<u16>,
}

/// One peculiarity: of which provider, when it matters, and what to do about it.
struct Quirk {
    of: fn(&Site<'_>) -> bool,
    matters: fn(&Known<'_>, &Site<'_>) -> bool,
    sentence: &'static str,
    remedy: &'static str,
}

/// Where a provider is.
struct Site<'a> {
    host: &'a str,
    path: &'a str,
    /// As it is written: a URL has a path, and an issuer may have none.
    issuer: &'a str,
}

pub(super) fn examine(known: &Known<'_>) -> Vec<Finding> {
    let Some(issuer) = known.provider.issuer() else { return Vec::new() };
    let Ok(url) = Url::parse(issuer.as_str()) else { return Vec::new() };
    let site = Site { host: url.host_str().unwrap_or_default(), path: url.path(), issuer: issuer.as_str() };
    let met = QUIRKS.iter().filter(|quirk| (quirk.of)(&site) && (quirk.matters)(known, &site));
    met.map(|quirk| Finding::new(Code::KnownQuirk, quirk.sentence).with_remedy(quirk.remedy)).collect()
}

impl Site<'_> {
    fn is(&self, host: &str) -> bool {
        self.host == host
    }

    fn is_below(&self, domain: &str) -> bool {
        self.host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }

    fn first(&self) -> &str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }

    fn is_entra(&self) -> bool {
        self.is("login.microsoftonline.com") || self.is("login.microsoftonline.us")
    }

    fn is_salesforce(&self) -> bool {
        self.is("login.salesforce.com") || self.is("test.salesforce.com") || self.is_below("my.salesforce.com")
    }
}

impl Known<'_> {
    fn keeps_tokens(&self) -> bool {
        self.door.tokens == Tokens::Keep && self.provider.response_type().has_code()
    }

    fn has_scope(&self, wanted: &str) -> bool {
        self.provider.scope().split(' ').any(|scope| scope == wanted)
    }

    fn asks_beyond_openid(&self) -> bool {
        self.provider.scope().split(' ').any(|scope| !matches!(scope, "openid" | ""))
    }

    fn ends_sessions(&self) -> bool {
        self.metadata.is_some_and(|metadata| metadata.end_session_endpoint().is_some())
    }
}

const QUIRKS: &[Quirk] = &[
    Quirk {
        of: |site| site.is_entra(),
        matters: |known, site| {
            matches!(site.first(), "common" | "organizations" | "consumers") && !known.provider.lists_tenants()
        },
        sentence: "Entra ID: /common, /organizations and /consumers are no issuers: their tokens name the tenant of the person",
        remedy: "write https://login.microsoftonline.com/TENANT-ID/v2.0 with the id of your tenant; or keep the issuer, and list the ids of those whose people may sign in (tenants)",
    },
    Quirk {
        of: |site| site.is_entra(),
        matters: |_, site| site.first().contains('.'),
        sentence: "Entra ID: a tenant's issuer has its id (a GUID), not its domain name",
        remedy: "take the Directory (tenant) ID of the portal: https://login.microsoftonline.com/TENANT-ID/v2.0",
    },
    Quirk {
        of: |site| site.is_entra(),
        matters: |_, site| !site.path.trim_end_matches('/').ends_with("/v2.0"),
        sentence: "Entra ID: without /v2.0 at its end this is the older endpoint, whose issuer is https://sts.windows.net/TENANT-ID/",
        remedy: "add /v2.0 to the issuer",
    },
    Quirk {
        of: |site| site.is_below("b2clogin.com"),
        matters: |known, site| known.metadata.is_none() && site.first() != "tfp",
        sentence: "Azure AD B2C: as it comes, the issuer in its metadata lacks the policy, and is not the address that it is found at",
        remedy: "set the user flow's issuer claim to the form with /tfp/, and write https://NAME.b2clogin.com/tfp/TENANT-ID/POLICY/v2.0/",
    },
    Quirk {
        of: |site| site.is("accounts.google.com"),
        matters: |known, _| known.keeps_tokens() && !known.provider.has_parameter("access_type"),
        sentence: "Google gives no refresh token unless a login asks with access_type=offline, and after the first time with prompt=consent",
        remedy: "where `AccessToken` shall live longer than an hour, add both as authorization parameters",
    },
    Quirk {
        of: |site| site.is("accounts.google.com"),
        matters: |known, _| known.has_scope("offline_access"),
        sentence: "Google knows no scope offline_access",
        remedy: "leave it out, and ask with access_type=offline instead",
    },
    Quirk {
        of: |site| site.is("accounts.google.com"),
        matters: |known, _| !known.ends_sessions(),
        sentence: "Google has no end_session_endpoint: signing out here leaves people signed in at Google",
        remedy: "say so on your goodbye page; prompt=select_account as authorization parameter asks them which account to take",
    },
    Quirk {
        of: |site| site.is_below("auth0.com"),
        matters: |_, site| !site.issuer.ends_with('/'),
        sentence: "Auth0: an issuer ends with a slash",
        remedy: "write https://NAME.REGION.auth0.com/",
    },
    Quirk {
        of: |site| site.is_below("auth0.com"),
        matters: |known, _| known.metadata.is_some() && !known.ends_sessions(),
        sentence: "Auth0: older tenants have no end_session_endpoint in their metadata",
        remedy: "turn on RP-Initiated Logout End Session Endpoint Discovery (Settings, Advanced)",
    },
    Quirk {
        of: |site| site.is_below("auth0.com"),
        matters: |known, _| known.keeps_tokens() && !known.provider.has_parameter("audience"),
        sentence: "Auth0: without an audience access tokens are for its userinfo endpoint alone",
        remedy: "where `AccessToken` is for an API of yours, add its identifier as the authorization parameter audience",
    },
    Quirk {
        of: |site| site.is_below("okta.com") || site.is_below("oktapreview.com") || site.is_below("okta-emea.com"),
        matters: |known, site| known.keeps_tokens() && site.path.trim_matches('/').is_empty(),
        sentence: "Okta: the org authorization server's access tokens are for Okta's own APIs",
        remedy: "where `AccessToken` is for an API of yours, write the issuer of a custom server, such as https://NAME.okta.com/oauth2/default",
    },
    Quirk {
        of: |site| site.path.contains("/realms/"),
        matters: |known, site| known.refused_with == Some(404) && site.path.starts_with("/auth/"),
        sentence: "Keycloak: since version 17 its paths do not begin with /auth, unless it is told so",
        remedy: "try the issuer without /auth: https://HOST/realms/REALM",
    },
    Quirk {
        of: |site| site.path.contains("/realms/"),
        matters: |known, site| known.refused_with == Some(404) && !site.path.starts_with("/auth/"),
        sentence: "Keycloak: before version 17, and where it is told so, its paths begin with /auth; the name of a realm is case-sensitive",
        remedy: "see that the realm is right, or try https://HOST/auth/realms/REALM",
    },
    Quirk {
        of: |site| site.is("appleid.apple.com"),
        matters: |known, _| {
            known.asks_beyond_openid() && known.provider.response_mode() != Some(ResponseMode::FormPost)
        },
        sentence: "Apple wants response_mode=form_post as soon as the scope has name or email",
        remedy: "set response_mode = \"form_post\"",
    },
    Quirk {
        of: |site| site.is("appleid.apple.com"),
        matters: |_, _| true,
        sentence: "Apple: the client secret is a JWT that you sign, and is good for six months at most",
        remedy: "make a new one before it ends (client_secret_file, and a restart)",
    },
    Quirk {
        of: |site| site.is("gitlab.com"),
        matters: |known, _| known.asks_beyond_openid(),
        sentence: "GitLab refuses a login that asks for a scope which is not ticked in the application's settings",
        remedy: "tick openid, profile and email there, as far as they are asked for",
    },
    Quirk {
        of: |site| site.host.starts_with("cognito-idp."),
        matters: |_, _| true,
        sentence: "Cognito: its logout endpoint takes client_id and logout_uri, and knows no post_logout_redirect_uri",
        remedy: "lead people on from your goodbye page: https://DOMAIN/logout?client_id=..&logout_uri=.., with an allowed sign-out URL",
    },
    Quirk {
        of: |site| site.path.contains("/application/o/"),
        matters: |_, site| !site.issuer.ends_with('/'),
        sentence: "Authentik: the issuer of an application ends with a slash",
        remedy: "write https://HOST/application/o/NAME/",
    },
    Quirk {
        of: |site| site.is_below("zitadel.cloud"),
        matters: |known, _| !known.provider.asks_userinfo(),
        sentence: "Zitadel: names and addresses of people are at the userinfo endpoint, unless an application has them in the ID Token",
        remedy: "leave userinfo on, or tick User Info inside ID Token",
    },
    Quirk {
        of: |site| site.path.trim_end_matches('/').ends_with("/dex"),
        matters: |known, _| known.keeps_tokens() && !known.has_scope("offline_access"),
        sentence: "Dex gives no refresh token unless the scope has offline_access",
        remedy: "where `AccessToken` shall outlive its first one, add it",
    },
    Quirk {
        of: |site| site.path.trim_end_matches('/').ends_with("/adfs"),
        matters: |known, _| known.provider.asks_userinfo(),
        sentence: "AD FS: its userinfo endpoint says the subject and nothing else",
        remedy: "have claims put into the ID Token there, and set userinfo = \"off\"; an API of yours is asked for as resource",
    },
    Quirk {
        of: |site| site.is_salesforce(),
        matters: |_, _| true,
        sentence: "Salesforce: the subject is a URL with the ids of organisation and user, and another one in a sandbox",
        remedy: "keep it whole as the key of your users",
    },
];
