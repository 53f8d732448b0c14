//! Where a provider is asked for what (Discovery 3, RFC 8414 2), and where by those who show a certificate (RFC 8705 5).

use serde_json::{Map, Value};
use url::{Origin, Url};

use super::ProviderMetadata;
use crate::{
    authorization::ResponseType,
    error::{Excerpt, InvalidMetadata, JsonFault},
    http_client::ClientCertificate,
    issuer::Issuer,
    json,
};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Endpoints {
    authorization_endpoint: Url,
    token_endpoint: Option<Url>,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    registration_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    check_session_iframe: Option<Url>,
    mtls_endpoint_aliases: Aliases,
}

/// The endpoints for requests with a client certificate, where they are others (RFC 8705 5).
#[derive(Clone, Debug, Default, PartialEq)]
struct Aliases {
    token_endpoint: Option<Url>,
    userinfo_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
}

impl Endpoints {
    pub(super) fn read(object: &Map<String, Value>, issuer: &Issuer) -> Result<Self, InvalidMetadata> {
        let mtls_endpoint_aliases = Aliases::read(object, issuer)?;
        let authorization_endpoint = required_endpoint(object, issuer, "authorization_endpoint")?;
        let token_endpoint = endpoint(object, issuer, "token_endpoint")?;
        // Discovery 3: "unless only the Implicit Flow is used". Where an alias is all there is, nobody is asked without a certificate.
        if token_endpoint.is_none() && mtls_endpoint_aliases.token_endpoint.is_none() && gives_codes(object)? {
            return Err(JsonFault::Missing { member: "token_endpoint" }.into());
        }
        Ok(Self {
            authorization_endpoint,
            token_endpoint,
            jwks_uri: required_endpoint(object, issuer, "jwks_uri")?,
            userinfo_endpoint: endpoint(object, issuer, "userinfo_endpoint")?,
            end_session_endpoint: endpoint(object, issuer, "end_session_endpoint")?,
            registration_endpoint: endpoint(object, issuer, "registration_endpoint")?,
            revocation_endpoint: endpoint(object, issuer, "revocation_endpoint")?,
            check_session_iframe: endpoint(object, issuer, "check_session_iframe")?,
            mtls_endpoint_aliases,
        })
    }

    /// Whether each of these that `earlier` has too is at the same place, and each that it has not is where others of its are.
    pub(super) fn have_the_hosts_of(&self, earlier: &Self) -> bool {
        let known: Vec<Origin> = [&earlier.authorization_endpoint, &earlier.jwks_uri]
            .into_iter()
            .chain(earlier.optional().into_iter().flatten())
            .map(Url::origin)
            .collect();
        // An endpoint may come or go; one that stays, stays where it is, and a new one sends nothing to a stranger.
        let stays = |(new, old): (&Option<Url>, &Option<Url>)| match (new, old) {
            (Some(new), Some(old)) => new.origin() == old.origin(),
            (Some(new), None) => known.contains(&new.origin()),
            (None, _) => true,
        };
        let required = |endpoints: &Self| -> [Origin; 2] {
            [&endpoints.authorization_endpoint, &endpoints.jwks_uri].map(Url::origin)
        };
        required(self) == required(earlier) && self.optional().into_iter().zip(earlier.optional()).all(stays)
    }

    fn optional(&self) -> [&Option<Url>; 9] {
        [
            &self.token_endpoint,
            &self.userinfo_endpoint,
            &self.end_session_endpoint,
            &self.registration_endpoint,
            &self.revocation_endpoint,
            &self.check_session_iframe,
            &self.mtls_endpoint_aliases.token_endpoint,
            &self.mtls_endpoint_aliases.userinfo_endpoint,
            &self.mtls_endpoint_aliases.revocation_endpoint,
        ]
    }
}

impl Aliases {
    fn read(object: &Map<String, Value>, issuer: &Issuer) -> Result<Self, InvalidMetadata> {
        let Some(aliases) = json::member::<Map<String, Value>>(object, "mtls_endpoint_aliases")? else {
            return Ok(Self::default());
        };
        let alias = |name, member| alias(&aliases, issuer, name, member);
        Ok(Self {
            token_endpoint: alias("token_endpoint", "mtls_endpoint_aliases.token_endpoint")?,
            userinfo_endpoint: alias("userinfo_endpoint", "mtls_endpoint_aliases.userinfo_endpoint")?,
            revocation_endpoint: alias("revocation_endpoint", "mtls_endpoint_aliases.revocation_endpoint")?,
        })
    }
}

/// R57: an alias that cannot be used is an error that names it. The ordinary endpoint never takes its place.
fn alias(
    aliases: &Map<String, Value>,
    issuer: &Issuer,
    name: &str,
    member: &'static str,
) -> Result<Option<Url>, InvalidMetadata> {
    match aliases.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => checked(issuer, member, text).map(Some),
        Some(_) => Err(JsonFault::WrongType { member }.into()),
    }
}

/// Whether any of the response types has a code; who does not say which there are has the usual one.
fn gives_codes(object: &Map<String, Value>) -> Result<bool, InvalidMetadata> {
    let offered: Option<Vec<String>> = json::member(object, "response_types_supported")?;
    let has_code = |name: &String| name.parse().is_ok_and(ResponseType::has_code);
    Ok(offered.is_none_or(|names| names.is_empty() || names.iter().any(has_code)))
}

fn endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Option<Url>, InvalidMetadata> {
    json::member::<String>(object, member)?.map(|text| checked(issuer, member, &text)).transpose()
}

fn required_endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Url, InvalidMetadata> {
    endpoint(object, issuer, member)?.ok_or(InvalidMetadata::Json(JsonFault::Missing { member }))
}

/// V80: every endpoint is https; plain http is for a provider that itself lives on loopback.
fn checked(issuer: &Issuer, member: &'static str, text: &str) -> Result<Url, InvalidMetadata> {
    issuer.endpoint(text).ok_or_else(|| InvalidMetadata::Endpoint { member, got: Excerpt::new(text) })
}

impl ProviderMetadata {
    /// Where the browser is sent to sign in.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &Url {
        &self.endpoints.authorization_endpoint
    }

    /// Where a code is redeemed; `None` where no response type has a code (Discovery 3).
    #[must_use]
    pub fn token_endpoint(&self) -> Option<&Url> {
        self.endpoints.token_endpoint.as_ref()
    }

    /// Where the keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &Url {
        &self.endpoints.jwks_uri
    }

    /// Where more claims are, if the provider has such a place.
    #[must_use]
    pub fn userinfo_endpoint(&self) -> Option<&Url> {
        self.endpoints.userinfo_endpoint.as_ref()
    }

    /// Where the browser is sent to sign out (RP-Initiated Logout 2.1), if the provider has such a place.
    #[must_use]
    pub fn end_session_endpoint(&self) -> Option<&Url> {
        self.endpoints.end_session_endpoint.as_ref()
    }

    /// Where clients register themselves (Registration 3), if the provider has such a place.
    #[must_use]
    pub fn registration_endpoint(&self) -> Option<&Url> {
        self.endpoints.registration_endpoint.as_ref()
    }

    /// Where a token is given back that nobody needs any more (RFC 7009 2), if the provider has such a place.
    #[must_use]
    pub fn revocation_endpoint(&self) -> Option<&Url> {
        self.endpoints.revocation_endpoint.as_ref()
    }

    /// The page of the provider that knows whether its session still is what it was (Session Management 3.3), if it has one.
    /// Messages to it and from it are for this URL's [`origin`](Url::origin) and no other (R129).
    #[must_use]
    pub fn check_session_iframe(&self) -> Option<&Url> {
        self.endpoints.check_session_iframe.as_ref()
    }

    /// Where a code is redeemed by a client that shows this certificate, or none.
    pub(crate) fn token_endpoint_for(&self, certificate: Option<ClientCertificate>) -> Option<&Url> {
        let alias = self.endpoints.mtls_endpoint_aliases.token_endpoint.as_ref();
        preferred(certificate, alias, self.token_endpoint())
    }

    /// Where such a client asks for more claims.
    pub(crate) fn userinfo_endpoint_for(&self, certificate: Option<ClientCertificate>) -> Option<&Url> {
        let alias = self.endpoints.mtls_endpoint_aliases.userinfo_endpoint.as_ref();
        preferred(certificate, alias, self.userinfo_endpoint())
    }

    /// Where such a client gives a token back.
    pub(crate) fn revocation_endpoint_for(&self, certificate: Option<ClientCertificate>) -> Option<&Url> {
        let alias = self.endpoints.mtls_endpoint_aliases.revocation_endpoint.as_ref();
        preferred(certificate, alias, self.revocation_endpoint())
    }
}

/// RFC 8705 5: who uses mutual TLS uses the alias, "in preference to the endpoint URL of the same name", and nobody else does.
fn preferred<'a>(
    certificate: Option<ClientCertificate>,
    alias: Option<&'a Url>,
    ordinary: Option<&'a Url>,
) -> Option<&'a Url> {
    alias.filter(|_| certificate.is_some()).or(ordinary)
}
