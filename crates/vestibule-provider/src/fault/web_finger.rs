//! What is wrong in a WebFinger document.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::{Fault, Hooks, STRANGER, answers::page};

impl Hooks {
    /// What is answered instead, before anybody looks at the request.
    pub(crate) fn web_finger_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::WebFingerMalformed => Some(page()),
            Fault::WebFingerRedirect => {
                let elsewhere = [(header::LOCATION, "http://stranger.example/.well-known/webfinger")];
                Some((StatusCode::FOUND, elsewhere).into_response())
            }
            _ => None,
        }
    }

    /// The document.
    pub(crate) fn web_finger(&self, document: &mut Map<String, Value>) {
        let link = |rel: &str, href: &str| json!([{"rel": rel, "href": href}]);
        let (name, value) = match self.0 {
            Some(Fault::WebFingerWrongRel) => ("links", link("http://webfinger.net/rel/profile-page", STRANGER)),
            Some(Fault::WebFingerInsecureIssuer) => {
                ("links", link(crate::web_finger::ISSUER_RELATION, "http://stranger.example"))
            }
            Some(Fault::WebFingerNoLink) => ("links", json!([])),
            Some(Fault::WebFingerOtherSubject) => ("subject", json!("acct:somebody-else@stranger.example")),
            _ => return,
        };
        document.insert(name.to_owned(), value);
    }
}
