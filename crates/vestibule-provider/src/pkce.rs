//! Proof Key for Code Exchange (RFC 7636): S256 and nothing else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vestibule_core::jose::code_challenge;

use crate::{client::RegisteredClient, denial::Denial, parameters::Parameters};

/// The hash of a code verifier, as the authorization request sent it.
#[derive(Clone)]
pub(crate) struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads the challenge of an authorization request; a public client must send one (RFC 9700 2.1.1).
    pub(crate) fn of_request(parameters: &Parameters, client: &RegisteredClient) -> Result<Option<Self>, Denial> {
        match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
            (None, None) if client.is_public() => {
                Err(Denial::new("invalid_request", "a public client must send a code_challenge"))
            }
            (None, None) => Ok(None),
            (Some(challenge), Some("S256")) => {
                Self::parse(challenge).map(Some).ok_or(Denial::new("invalid_request", "code_challenge is malformed"))
            }
            // RFC 7636 4.3: without a method it is `plain`.
            (Some(_), _) => Err(Denial::new("invalid_request", "code_challenge_method must be S256")),
            (None, Some(_)) => Err(Denial::new("invalid_request", "a code_challenge_method without a code_challenge")),
        }
    }

    /// RFC 7636 4.2: 32 bytes of base64url.
    fn parse(challenge: &str) -> Option<Self> {
        let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
        is_hash.then(|| Self(challenge.to_owned()))
    }

    /// Whether this is the hash of `code_verifier` (RFC 7636 4.6).
    pub(crate) fn fits(&self, code_verifier: &str) -> bool {
        let unreserved = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
        // RFC 7636 4.1
        (43..=128).contains(&code_verifier.len())
            && code_verifier.bytes().all(unreserved)
            && code_challenge(code_verifier) == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, Appendix B.
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn read(query: &str, client: &RegisteredClient) -> Result<bool, String> {
        let parameters = Parameters::parse(query.as_bytes()).expect("no repetition");
        CodeChallenge::of_request(&parameters, client).map(|c| c.is_some()).map_err(|denial| denial.error().to_owned())
    }

    #[test]
    fn the_specifications_own_verifier_fits() {
        let challenge = CodeChallenge::parse(CHALLENGE).expect("a challenge");
        assert!(challenge.fits(VERIFIER));
        assert!(!challenge.fits(&VERIFIER.replace('d', "e")));
        assert!(!challenge.fits(""));
        assert!(!challenge.fits(CHALLENGE));
    }

    #[test]
    fn only_s256_is_taken() {
        let client = RegisteredClient::confidential("rp", "s");
        assert_eq!(read(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256"), &client), Ok(true));
        for query in [
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            "code_challenge=short&code_challenge_method=S256".to_owned(),
            "code_challenge_method=S256".to_owned(),
        ] {
            assert_eq!(read(&query, &client), Err("invalid_request".to_owned()), "{query}");
        }
    }

    #[test]
    fn a_public_client_cannot_go_without() {
        assert_eq!(read("", &RegisteredClient::confidential("rp", "s")), Ok(false));
        assert_eq!(read("", &RegisteredClient::public("spa")), Err("invalid_request".to_owned()));
    }
}
