//! How a client may ask: for what, and by which request objects (Registration 2).

use vestibule_core::{ResponseType, SignatureAlgorithm};

use super::RegisteredClient;

/// What is registered of the authorization requests of a client.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    response_types: Vec<ResponseType>,
    object_algorithm: ObjectAlgorithm,
    request_uris: Vec<String>,
}

/// How request objects are signed: `request_object_signing_alg`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ObjectAlgorithm {
    /// Nothing is registered: any signature will do.
    #[default]
    Any,
    /// By this algorithm and no other.
    Signed(SignatureAlgorithm),
    /// Not at all: `none`.
    Unsigned,
}

impl RegisteredClient {
    /// The response types that the client may use, in the place of `code` alone.
    ///
    /// # Example
    /// ```
    /// use vestibule_core::ResponseType;
    /// use vestibule_provider::RegisteredClient;
    ///
    /// let client = RegisteredClient::confidential("demo", "demo-secret")
    ///     .response_types([ResponseType::Code, ResponseType::CodeIdToken]);
    /// ```
    #[must_use]
    pub fn response_types(mut self, response_types: impl IntoIterator<Item = ResponseType>) -> Self {
        self.asking.response_types = response_types.into_iter().collect();
        self
    }

    /// The one algorithm that its request objects are signed with; unless said, any with a signature.
    #[must_use]
    pub fn request_object_signing_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.asking.object_algorithm = ObjectAlgorithm::Signed(algorithm);
        self
    }

    /// Its request objects have no signature: a `request_object_signing_alg` of `none`.
    #[must_use]
    pub fn unsigned_request_objects(mut self) -> Self {
        self.asking.object_algorithm = ObjectAlgorithm::Unsigned;
        self
    }

    /// One more place that its request objects may be fetched from; a fragment does not count.
    #[must_use]
    pub fn request_uri(mut self, uri: impl Into<String>) -> Self {
        self.asking.request_uris.push(uri.into());
        self
    }

    pub(crate) fn may_ask_for(&self, is_meant: impl Fn(ResponseType) -> bool) -> bool {
        self.asking.response_types.iter().copied().any(is_meant)
    }

    pub(crate) fn object_algorithm(&self) -> ObjectAlgorithm {
        self.asking.object_algorithm
    }

    /// Registration 2: the fragment is a hash of what is there, and no part of the place.
    pub(crate) fn has_request_uri(&self, uri: &str) -> bool {
        self.asking.request_uris.iter().any(|registered| without_fragment(registered) == without_fragment(uri))
    }
}

fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(uri, _)| uri)
}

/// Registration 2: `code` where nothing is said.
impl Default for Asking {
    fn default() -> Self {
        Self {
            response_types: vec![ResponseType::Code],
            object_algorithm: ObjectAlgorithm::default(),
            request_uris: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_uri_is_compared_without_its_fragment() {
        let client = RegisteredClient::public("rp").request_uri("https://app.example/request#hash");
        for (uri, is_known) in [
            ("https://app.example/request", true),
            ("https://app.example/request#another", true),
            ("https://app.example/request/", false),
            ("https://app.example/request?a=b", false),
        ] {
            assert_eq!(client.has_request_uri(uri), is_known, "{uri}");
        }
    }
}
