//! The people who can sign in.

use std::fmt;

use serde_json::{Map, Value};

/// Somebody who can sign in, by one click on the sign-in page.
///
/// # Example
/// ```
/// use vestibule_provider::User;
///
/// let alice = User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@example.com").claim("admin", true);
/// assert_eq!((alice.name(), alice.sub()), ("alice", "alice"));
/// ```
#[derive(Clone)]
pub struct User {
    name: String,
    subject: String,
    claims: Map<String, Value>,
    acrs: Vec<String>,
    /// Names of claims that are given whatever the scope.
    revealed: Vec<String>,
}

/// The claims that a scope value asks for (Core 5.4).
const SCOPED: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Every claim that has a scope of its own.
pub(crate) fn standard_claims() -> impl Iterator<Item = &'static str> {
    SCOPED.iter().flat_map(|(_, claims)| claims.iter().copied())
}

impl User {
    /// A user whose name on the sign-in page, and whose subject, is this.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { subject: name.clone(), name, claims: Map::new(), acrs: Vec::new(), revealed: Vec::new() }
    }

    /// Another subject (`sub`) than the name.
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// One more claim for the userinfo endpoint; a standard one needs its scope (Core 5.4), any other is always given.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// One more authentication context (`acr`, Core 2) in which the user can sign in; the first is that of a sign-in for which no
    /// other is asked.
    #[must_use]
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acrs.push(acr.into());
        self
    }

    /// The name by which the user signs in.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The subject that tokens name.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.subject
    }

    /// What the sign-in page calls the user.
    pub(crate) fn label(&self) -> &str {
        self.claims.get("name").and_then(Value::as_str).unwrap_or(&self.name)
    }

    pub(crate) fn acrs(&self) -> &[String] {
        &self.acrs
    }

    /// The same user with claims that are given whatever the scope (Core 5.5).
    pub(crate) fn revealing(&self, names: &[String]) -> Self {
        Self { revealed: names.to_vec(), ..self.clone() }
    }

    /// The claims of these names that the user has.
    pub(crate) fn named(&self, names: &[String]) -> Map<String, Value> {
        let claims = self.claims.iter().filter(|(name, _)| names.contains(name));
        claims.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The claims that these scope values ask for, those that are revealed, and the subject.
    pub(crate) fn released(&self, scope: &str) -> Map<String, Value> {
        let asked = |wanted: &str| scope.split(' ').any(|value| value == wanted);
        let given = |claim: &str| {
            let scoped = SCOPED.iter().find(|(_, claims)| claims.contains(&claim));
            scoped.is_none_or(|(value, _)| asked(value)) || self.revealed.iter().any(|name| name == claim)
        };
        let claims = self.claims.iter().filter(|(name, _)| given(name));
        let mut released: Map<String, Value> = claims.map(|(name, value)| (name.clone(), value.clone())).collect();
        // Core 5.3.2: always there, and no claim of the user's can take its place.
        released.insert("sub".to_owned(), Value::from(self.sub()));
        released
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.claims.keys().collect();
        f.debug_struct("User").field("name", &self.name).field("sub", &self.subject).field("claims", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(scope: &str) -> Vec<String> {
        let alice = User::new("alice")
            .claim("name", "Alice")
            .claim("email", "a@example.com")
            .claim("phone_number", "1")
            .claim("admin", true);
        alice.released(scope).keys().cloned().collect()
    }

    #[test]
    fn a_scope_gives_its_own_claims_and_custom_claims_are_always_given() {
        assert_eq!(released("openid"), ["admin", "sub"]);
        assert_eq!(released("openid email"), ["admin", "email", "sub"]);
        assert_eq!(released("openid profile phone"), ["admin", "name", "phone_number", "sub"]);
        assert_eq!(released("openid emails"), ["admin", "sub"]);
    }

    #[test]
    fn no_claim_replaces_the_subject() {
        let user = User::new("alice").subject("s-1").claim("sub", "bob");
        assert_eq!(user.released("openid").get("sub"), Some(&Value::from("s-1")));
    }

    #[test]
    fn debug_prints_names_of_claims_and_no_values() {
        assert!(!format!("{:?}", User::new("alice").claim("email", "canary")).contains("canary"));
    }
}
