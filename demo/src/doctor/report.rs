//! What the doctor found, for people and for programs.

use vestibule::{
    Examination,
    examination::{Finding, Severity},
};

/// Whether a terminal shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    Ansi,
    None,
}

/// One object, as `docs/doctor.md` has it.
pub(super) fn json(examination: &Examination) -> String {
    let mut text = serde_json::to_string_pretty(examination).expect("an examination is text and enums");
    text.push('\n');
    text
}

/// A part for the application, one for each provider, and the sum of it.
pub(super) fn text(base_url: &str, examination: &Examination, colours: Colours) -> String {
    let mut text = String::new();
    let mut about = None;
    for finding in examination.findings() {
        if about != Some(finding.provider()) {
            about = Some(finding.provider());
            let heading = finding
                .provider()
                .map_or_else(|| format!("the application at {base_url}"), |name| format!("provider {name}"));
            text.push_str(&format!("\n{}\n", colours.strong(&heading)));
        }
        text.push_str(&lines(finding, colours));
    }
    text.push_str(&format!("\n{}\n", sum(examination)));
    text
}

fn lines(finding: &Finding, colours: Colours) -> String {
    let severity = colours.by_severity(finding.severity(), &format!("{:<7}", finding.severity().name()));
    let mut lines = format!("  {severity}  {}: {}\n", finding.code(), finding.sentence());
    if let Some(remedy) = finding.remedy() {
        lines.push_str(&format!("           -> {remedy}\n"));
    }
    lines
}

fn sum(examination: &Examination) -> String {
    let count = |severity, one: &str, many: &str| match examination.count(severity) {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    format!(
        "{}, {}, {}, {} fine",
        count(Severity::Fault, "fault", "faults"),
        count(Severity::Warning, "warning", "warnings"),
        count(Severity::Advice, "piece of advice", "pieces of advice"),
        examination.count(Severity::Fine),
    )
}

impl Colours {
    fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn by_severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Fault => self.paint("31;1", text),
            Severity::Warning => self.paint("33", text),
            Severity::Advice => self.paint("36", text),
            _ => self.paint("32", text),
        }
    }

    fn paint(self, sequence: &str, text: &str) -> String {
        match self {
            Self::Ansi => format!("\u{1b}[{sequence}m{text}\u{1b}[0m"),
            Self::None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule::{Client, Provider, SecretKey, Vestibule};

    use super::*;

    /// One whose provider is a port that nobody listens on.
    async fn examination() -> Examination {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("http://{}", taken.local_addr().expect("an address"));
        drop(taken);
        let provider = Provider::discovered(&issuer, Client::public("my-app")).expect("an issuer");
        let builder = Vestibule::builder("http://localhost:3000").secret_key(SecretKey::generate());
        builder.provider("corp", provider).build().expect("settings").examine().await
    }

    #[tokio::test]
    async fn colours_are_all_that_colours_change() {
        let examination = examination().await;
        let plain = text("http://localhost:3000", &examination, Colours::None);
        let colourful = text("http://localhost:3000", &examination, Colours::Ansi);
        assert!(plain.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{plain}");
        assert!(colourful.contains("\u{1b}[31;1mfault  \u{1b}[0m  unreachable"), "{colourful}");
        let uncoloured = ["\u{1b}[1m", "\u{1b}[31;1m", "\u{1b}[33m", "\u{1b}[36m", "\u{1b}[32m", "\u{1b}[0m"]
            .iter()
            .fold(colourful, |text, sequence| text.replace(sequence, ""));
        assert_eq!(uncoloured, plain);
    }

    #[tokio::test]
    async fn the_json_has_what_the_text_has() {
        let examination = examination().await;
        let value: serde_json::Value = serde_json::from_str(&json(&examination)).expect("JSON");
        assert_eq!(value["worst"], "fault");
        let findings = value["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), examination.findings().len());
        let unreachable = findings.iter().find(|finding| finding["code"] == "unreachable").expect("the fault");
        assert_eq!((&unreachable["provider"], &unreachable["severity"]), (&"corp".into(), &"fault".into()));
        assert!(unreachable["remedy"].is_string() && findings[0]["provider"].is_null());
    }
}
