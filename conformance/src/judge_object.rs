//! What the suite judges in request objects (OpenID Connect Core 6, RFC 9101): the parameters in them are those of the request.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{Bench, Document, ISSUER, REQUEST_OBJECTS, RequestType, judge::Parameters};

/// A request object, taken apart. The provider has judged its signature.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReadObject {
    /// The header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl Bench {
    /// The object of a request: beside it, or where the provider fetched it from, once.
    fn object_of(&self, plain: &Parameters) -> ReadObject {
        match self.variant.request_type {
            RequestType::RequestUri => {
                let place = plain.value("request_uri").expect("a request_uri");
                assert_eq!(plain.value("request"), None);
                // Core 6.2
                assert!(place.starts_with(REQUEST_OBJECTS) && place.len() <= 512, "{place}");
                let fetched = self.fetched_below(place);
                let [document] = fetched.as_slice() else { panic!("one answer, not {}: {place}", fetched.len()) };
                let Document { url, status, content_type, body } = document;
                // RFC 9101 10.4.1
                assert_eq!(
                    (url.as_str(), *status, content_type.as_str()),
                    (place, 200, "application/oauth-authz-req+jwt")
                );
                ReadObject::parse(body)
            }
            _ => {
                assert_eq!(plain.value("request_uri"), None);
                ReadObject::parse(plain.value("request").expect("a request").as_bytes())
            }
        }
    }

    /// The object of the newest authorization request.
    #[must_use]
    pub fn newest_object(&self) -> ReadObject {
        let requests = self.arrived_at("authorize");
        let newest = requests.last().expect("an authorization request");
        self.object_of(&Parameters::of_authorization_request(newest))
    }
}

impl ReadObject {
    fn parse(token: &[u8]) -> Self {
        let token = str::from_utf8(token).expect("ASCII");
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { panic!("a JWS of three parts, not {}", parts.len()) };
        let object = |part: &str| {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("a JSON object")
        };
        Self { header: object(header), claims: object(claims) }
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }
}

/// Claims that are about the object, and no parameters.
const OF_THE_OBJECT: [&str; 6] = ["iss", "aud", "iat", "nbf", "exp", "jti"];
/// What stands beside an object too, and is the same there: what OAuth and OpenID Connect want in every request (Core 6.1).
const BESIDE: [&str; 8] = [
    "client_id",
    "response_type",
    "scope",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// The parameters that count.
pub(crate) fn parameters_in_object(bench: &Bench, plain: &Parameters) -> Parameters {
    let object = bench.object_of(plain);
    // RFC 9101 4, and the suite warns where they are not there.
    assert_eq!((object.text("iss"), object.text("aud")), (plain.value("client_id"), Some(ISSUER)));
    // RFC 9101 10.8: it is no client assertion.
    assert_eq!(object.text("sub"), None);
    for (name, value) in plain.pairs() {
        if name != "request" && name != "request_uri" {
            assert!(BESIDE.contains(&name), "{name} is beside the object");
            assert_eq!(object.text(name), Some(value), "{name}");
        }
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parameters = object.claims.iter().filter(|(name, _)| !OF_THE_OBJECT.contains(&name.as_str()));
    Parameters::new(parameters.map(|(name, value)| (name.clone(), text(value))).collect())
}
