//! Providers with many tenants, whose published metadata names a template in the place of an issuer, as Entra ID's `common` and
//! `organizations` do.

use std::collections::BTreeSet;

use crate::{error::Excerpt, issuer::Issuer};

/// The tenants whose people may sign in, by the names that stand in their issuers: with Entra ID the GUIDs of the directories.
///
/// Whoever can sign in anywhere at such a provider can get a signed token of *some* tenant: that it is one of these is what keeps the
/// others out (V100).
///
/// # Example
/// ```
/// use vestibule_core::{error::Excerpt, tenants::{InvalidTenants, Tenants}};
///
/// let tenants = Tenants::new(["72f988bf-86f1-41af-91ab-2d7cd011db47"])?;
/// assert_eq!(Tenants::new(["organizations"]), Err(InvalidTenants::NotATenant { got: Excerpt::new("organizations") }));
/// # let _ = tenants;
/// # Ok::<_, InvalidTenants>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenants(BTreeSet<String>);

/// Why names are not those of tenants.
///
/// # Example
/// ```
/// use vestibule_core::tenants::{InvalidTenants, Tenants};
///
/// assert_eq!(Tenants::new::<&str>([]), Err(InvalidTenants::None));
/// let error = Tenants::new(["organizations"]).expect_err("a name for many");
/// assert!(error.to_string().starts_with("'organizations' is not one tenant"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTenants {
    /// Nobody could sign in.
    #[error("no tenant is listed, so nobody could sign in")]
    None,
    /// It is empty, has a character that no part of a path needs, or is a name for many tenants.
    #[error("'{got}' is not one tenant: give its id, as the tid of its tokens has it")]
    NotATenant {
        /// What stands there.
        got: Excerpt,
    },
}

/// What stands for a tenant in the issuer of such a provider's metadata.
const PLACEHOLDER: &str = "{tenantid}";
/// Entra ID's names for many tenants: none of them is ever in a token.
const FOR_MANY: [&str; 3] = ["common", "organizations", "consumers"];

impl Tenants {
    /// These tenants.
    ///
    /// # Errors
    /// [`InvalidTenants`] when there is none, or one of the names is not that of one tenant.
    pub fn new<T: Into<String>>(tenants: impl IntoIterator<Item = T>) -> Result<Self, InvalidTenants> {
        let tenants: BTreeSet<String> = tenants.into_iter().map(Into::into).collect();
        match tenants.iter().find(|tenant| !is_tenant(tenant)) {
            Some(other) => Err(InvalidTenants::NotATenant { got: Excerpt::new(other) }),
            None if tenants.is_empty() => Err(InvalidTenants::None),
            None => Ok(Self(tenants)),
        }
    }

    /// Whether an issuer is that of one of these tenants, as far as `asked`, the issuer that the metadata is asked of, tells: equal
    /// but for one segment of the path, which is the tenant. Where metadata is at hand, it says which segment that is.
    #[must_use]
    pub fn may_have_issuer(&self, asked: &Issuer, issuer: &str) -> bool {
        let (asked, issuer): (Vec<_>, Vec<_>) = (asked.as_str().split('/').collect(), issuer.split('/').collect());
        // Scheme and host are segments too, and neither is ever a tenant: the first three are equal.
        let (Some((host, asked)), Some((other_host, issuer))) = (asked.split_at_checked(3), issuer.split_at_checked(3))
        else {
            return false;
        };
        let mut different = asked.iter().zip(issuer).filter(|(asked, issuer)| asked != issuer);
        let is_tenants = different.next().is_some_and(|(_, tenant)| self.0.contains(*tenant));
        host == other_host && asked.len() == issuer.len() && is_tenants && different.next().is_none()
    }
}

fn is_tenant(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.is_empty() && name.chars().all(is_plain) && name != "." && name != ".." && !FOR_MANY.contains(&name)
}

/// The issuers of a provider with many tenants: a template, and what may be in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tenancy {
    before: String,
    after: String,
    tenants: Tenants,
}

impl Tenancy {
    /// By the template that metadata names, if that is the issuer that it was asked of but for one segment of the path.
    pub(crate) fn of(asked: &Issuer, template: &str, tenants: &Tenants) -> Option<Self> {
        let (before, after) = template.split_once(PLACEHOLDER)?;
        let is_segment = before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        let alias = asked.as_str().strip_prefix(before)?.strip_suffix(after)?;
        // A host is never what is replaced: the template would be anybody's.
        let is_below_the_host = before.split('/').count() > 3;
        (is_segment && is_below_the_host && !alias.is_empty() && !alias.contains('/')).then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
            tenants: tenants.clone(),
        })
    }

    /// The tenant whose issuer this is, if it is a listed one.
    pub(crate) fn tenant_of<'t>(&self, issuer: &'t str) -> Option<&'t str> {
        let tenant = issuer.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        self.tenants.0.contains(tenant).then_some(tenant)
    }

    /// The template.
    pub(crate) fn template(&self) -> String {
        format!("{}{PLACEHOLDER}{}", self.before, self.after)
    }
}

/// Whether an issuer is a template, which is no issuer.
pub(crate) fn is_template(issuer: &str) -> bool {
    issuer.contains(PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "https://login.example.com/{tenantid}/v2.0";

    fn asked(text: &str) -> Issuer {
        Issuer::parse(text).expect("an issuer")
    }

    fn tenants() -> Tenants {
        Tenants::new(["t-1", "t-2"]).expect("tenants")
    }

    /// V100
    #[test]
    fn tenants_are_listed_by_name_and_never_all_of_them() {
        assert_eq!(Tenants::new([] as [&str; 0]), Err(InvalidTenants::None));
        for other in
            ["", "common", "organizations", "consumers", "*", "{tenantid}", "a/b", "a b", ".", "..", "a?b", "é"]
        {
            let reason = InvalidTenants::NotATenant { got: Excerpt::new(other) };
            assert_eq!(Tenants::new(["t-1", other]), Err(reason), "{other}");
        }
        assert!(Tenants::new(["72f988bf-86f1-41af-91ab-2d7cd011db47", "contoso.onmicrosoft.com"]).is_ok());
    }

    /// V100
    #[test]
    fn a_template_is_the_issuer_asked_for_but_for_one_segment_of_its_path() {
        let of = |template: &str| Tenancy::of(&asked("https://login.example.com/common/v2.0"), template, &tenants());
        assert!(of(TEMPLATE).is_some());
        for other in [
            "https://login.example.com/common/v2.0",
            "https://evil.example/{tenantid}/v2.0",
            "https://login.example.com/{tenantid}",
            "https://login.example.com/{tenantid}/v1.0",
            "https://login.example.com/common/{tenantid}",
            "https://login.example.com/com{tenantid}/v2.0",
            "https://login.example.com/{tenantid}mon/v2.0",
            "https://login.example.com/{tenantid}",
            "https://{tenantid}/common/v2.0",
            "https://login.{tenantid}.com/common/v2.0",
            "{tenantid}",
            "{tenantid}/v2.0",
            "https://login.example.com/{tenantid}/{tenantid}",
        ] {
            // Of those that only end otherwise, `common/{tenantid}` is a template of another place, and none of ours.
            let is_another_place = other == "https://login.example.com/common/{tenantid}";
            assert_eq!(of(other).is_some(), is_another_place, "{other}");
        }
    }

    /// V100
    #[test]
    fn an_issuer_is_that_of_a_listed_tenant_and_of_no_other() {
        let issuer = asked("https://login.example.com/common/v2.0");
        let tenancy = Tenancy::of(&issuer, TEMPLATE, &tenants()).expect("a template");
        assert_eq!(tenancy.tenant_of("https://login.example.com/t-1/v2.0"), Some("t-1"));
        assert_eq!(tenancy.template(), TEMPLATE);
        for other in [
            TEMPLATE,
            "https://login.example.com/common/v2.0",
            "https://login.example.com/t-3/v2.0",
            "https://login.example.com/T-1/v2.0",
            "https://login.example.com/t-1/v2.0/",
            "https://login.example.com/t-1",
            "https://login.example.com/t-1/t-2/v2.0",
            "https://login.example.com//v2.0",
            "https://evil.example/t-1/v2.0",
            "http://login.example.com/t-1/v2.0",
        ] {
            assert_eq!(tenancy.tenant_of(other), None, "{other}");
            assert!(!tenants().may_have_issuer(&issuer, other), "{other}");
        }
        assert!(tenants().may_have_issuer(&issuer, "https://login.example.com/t-2/v2.0"));
        assert!(!tenants().may_have_issuer(&asked("https://t-2/v2.0"), "https://t-1/v2.0"), "a host is no tenant");
        assert!(!tenants().may_have_issuer(&asked("https://a.example/t-2/t-2"), "https://a.example/t-1/t-1"));
    }
}
