//! What is wrong, or could be better, with the settings and with each provider: looked at before people are in front of it.
//!
//! [`Vestibule::examine`](crate::Vestibule::examine) looks, and what it finds is an [`Examination`]. `docs/doctor.md` has every
//! [`Code`] with what it means and what to do.

mod agreement;
mod clocks;
mod code;
mod connection;
mod cookies;
mod discovery;
mod ground;
mod keys;
mod logout;
mod provider;
mod quirks;
mod redirect;
mod words;

use std::sync::Arc;

use serde::Serialize;

pub use self::code::{Code, Severity};
pub(crate) use self::ground::{Groundwork, Trust};
use crate::door::Door;

/// What an examination of a [`Vestibule`](crate::Vestibule) found: the application's own settings first, then one provider after the
/// other, by name. There is no secret in it.
///
/// # Example
/// ```
/// use vestibule::{Vestibule, examination::Severity};
///
/// /// For a deployment that shall not go on with settings that cannot work.
/// async fn may_go_on(vestibule: &Vestibule) -> bool {
///     let examination = vestibule.examine().await;
///     for finding in examination.findings().iter().filter(|finding| finding.severity() >= Severity::Warning) {
///         eprintln!("{}: {}", finding.code(), finding.sentence());
///     }
///     examination.worst() < Severity::Fault
/// }
/// # let _ = may_go_on;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    worst: Severity,
    findings: Vec<Finding>,
}

/// One thing that an [`Examination`] found.
///
/// # Example
/// ```
/// use vestibule::examination::Finding;
///
/// fn line(finding: &Finding) -> String {
///     let about = finding.provider().unwrap_or("the application");
///     let remedy = finding.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
///     format!("{about}: {}: {}{remedy}", finding.code(), finding.sentence())
/// }
/// # let _ = line;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    provider: Option<String>,
    code: Code,
    severity: Severity,
    sentence: String,
    remedy: Option<String>,
}

impl Examination {
    /// What was found, in the order in which it was looked at.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How bad the worst of it is.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.worst
    }

    /// How many findings are as bad as this, and no worse.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Looks at everything: the providers side by side, each within the deadlines of its HTTP client.
    pub(crate) async fn of(door: &Arc<Door>) -> Self {
        let looking: Vec<_> = door
            .providers
            .values()
            .map(|provider| {
                let (door, name) = (Arc::clone(door), provider.name().to_owned());
                let provider = Arc::clone(provider);
                (name, tokio::spawn(async move { provider::examine(&door, &provider).await }))
            })
            .collect();
        let mut findings = ground::examine(door).await;
        for (name, found) in looking {
            let found = found.await.unwrap_or_else(|_| {
                let sentence = "the examination of this provider was interrupted";
                vec![Finding::new(Code::NotExamined, sentence).with_remedy("look at the log, and try again")]
            });
            findings.extend(found.into_iter().map(|finding| finding.about(&name)));
        }
        let worst = findings.iter().map(Finding::severity).max().unwrap_or(Severity::Fine);
        Self { worst, findings }
    }
}

impl Finding {
    fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { provider: None, code, severity: code.severity(), sentence: sentence.into(), remedy: None }
    }

    fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    fn about(self, provider: &str) -> Self {
        Self { provider: Some(provider.to_owned()), ..self }
    }

    /// The provider that it is about; `None` for the application itself.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// What it is, for programs: it stays the same, whatever the sentence becomes.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// How bad it is: always the same for a code.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found, in a sentence. What a provider said is escaped in it, and cut.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// What to do about it, where something should be done.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}
