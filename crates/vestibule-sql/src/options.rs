//! What a URL says beyond what the driver understands.

use vestibule::StoreError;

use crate::{fault::Fault, migrations::When};

/// A URL without what is ours.
pub(crate) struct Parted {
    pub(crate) url: String,
    pub(crate) when: When,
    pub(crate) schema: Option<String>,
}

/// What names the schema of the tables, where the database has schemas.
pub(crate) const SCHEMA: &str = "vestibule_schema";

/// Takes `vestibule_migrate=1` and `vestibule_schema=NAME` out of a URL, and looks at the names of the rest: the driver would log what it does not know, with its
/// value, which may be a mistyped password.
pub(crate) fn part(url: &str, schemes: &[&str], known: &[&str]) -> Result<Parted, StoreError> {
    let wrong = |reason: String| Fault::Url(reason).permanent();
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    if !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
        return Err(wrong(format!("it should begin with {}:", schemes.join(": or "))));
    }
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut rest, mut when, mut schema) = (Vec::new(), When::OnRequest, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (name, value) {
            ("vestibule_migrate", "1") => when = When::First(tokio::sync::OnceCell::new()),
            ("vestibule_migrate", "0") => {}
            ("vestibule_migrate", _) => return Err(wrong("vestibule_migrate is 0 or 1".to_owned())),
            (SCHEMA, name) if known.contains(&SCHEMA) => schema = Some(name.to_owned()),
            _ if known.contains(&name) || name.starts_with("options[") => rest.push(pair),
            _ => return Err(wrong(format!("there is no parameter of this name; there are {}", known.join(", ")))),
        }
    }
    let url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
    Ok(Parted { url, when, schema })
}

/// What the driver says of a URL. Only the reason: none of it has the URL, and the values of parameters are left out.
pub(crate) fn refused(error: &sqlx::Error) -> StoreError {
    let reason = match error {
        sqlx::Error::Configuration(reason) => reason.to_string(),
        other => other.to_string(),
    };
    // The driver quotes the value that it does not understand.
    let reason = reason.split(['"', '\'', '`']).step_by(2).collect::<Vec<_>>().join("..");
    Fault::Url(reason).permanent()
}
