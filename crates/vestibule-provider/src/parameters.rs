//! The parameters of a request, from its query or its form body.

use std::collections::BTreeMap;

use http::HeaderMap;
use url::form_urlencoded;

use crate::{denial::Denial, media_type};

/// Parameters by name, each at most once, save for `resource` (RFC 8707 2).
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    named: BTreeMap<String, String>,
    resources: Vec<String>,
}

/// A parameter came twice (RFC 6749 3.1: it must not).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Repeated> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            if name == "resource" {
                parameters.resources.extend(Some(value.into_owned()).filter(|value| !value.is_empty()));
            } else if parameters.named.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Repeated);
            }
        }
        Ok(parameters)
    }

    /// Reads the form body of a request that a client makes by itself (RFC 6749 4.1.3, RFC 7009 2.1).
    pub(crate) fn of_form(headers: &HeaderMap, body: &[u8]) -> Result<Self, Denial> {
        if !media_type::is(headers, "application/x-www-form-urlencoded") {
            return Err(Denial::new("invalid_request", "the body must be application/x-www-form-urlencoded"));
        }
        Self::parse(body).map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))
    }

    /// The value of a parameter; one without a value counts as not sent (RFC 6749 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether the space-separated list `name` holds `value`.
    pub(crate) fn lists(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|list| list.split(' ').any(|one| one == value))
    }

    /// The resources that are asked for (RFC 8707 2).
    pub(crate) fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Puts a parameter in the place of what there was.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.named.insert(name.to_owned(), value);
    }

    pub(crate) fn set_resources(&mut self, resources: Vec<String>) {
        self.resources = resources;
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.named.remove(name);
    }

    /// All but these, for the hidden fields of a form.
    pub(crate) fn without(&self, left_out: &[&str]) -> Vec<(String, String)> {
        let kept = self.named.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        let resources = self.resources.iter().map(|resource| ("resource".to_owned(), resource.clone()));
        kept.map(|(name, value)| (name.clone(), value.clone())).chain(resources).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_refused() {
        assert_eq!(Parameters::parse(b"a=1&b=2&a=1").err(), Some(Repeated));
    }

    /// RFC 8707 2
    #[test]
    fn every_resource_is_kept() {
        let parameters = Parameters::parse(b"resource=1&a=b&resource=2&resource=").expect("no repetition");
        assert_eq!(parameters.resources(), ["1", "2"]);
        let fields = parameters.without(&["a"]).into_iter().map(|(name, value)| format!("{name}={value}"));
        assert_eq!(fields.collect::<Vec<_>>(), ["resource=1", "resource=2"]);
    }

    #[test]
    fn a_parameter_without_a_value_was_not_sent() {
        let parameters = Parameters::parse(b"a=&b=%20").expect("no repetition");
        assert_eq!((parameters.get("a"), parameters.get("b"), parameters.get("c")), (None, Some(" "), None));
    }

    #[test]
    fn a_list_is_compared_word_by_word() {
        let parameters = Parameters::parse(b"scope=openid+email").expect("no repetition");
        assert!(parameters.lists("scope", "openid") && parameters.lists("scope", "email"));
        assert!(!parameters.lists("scope", "open") && !parameters.lists("scope", "openid email"));
    }
}
