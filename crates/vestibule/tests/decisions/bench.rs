//! The records of decisions, as the log has them.

use vestibule_provider::Page;

use crate::house::log::Log;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) level: String,
    pub(crate) target: String,
    pub(crate) decision: String,
    pub(crate) rule: String,
    pub(crate) provider: Option<String>,
    pub(crate) reference: String,
    pub(crate) reason: String,
}

/// All records of a log. Each has every field, save the provider.
pub(crate) fn records(log: &Log) -> Vec<Record> {
    log.lines().iter().filter(|line| line.contains(" decision=")).map(|line| record(line)).collect()
}

/// The names of the decisions.
pub(crate) fn decisions(log: &Log) -> Vec<String> {
    records(log).into_iter().map(|record| record.decision).collect()
}

/// The one record that there is.
pub(crate) fn only(log: &Log) -> Record {
    let records = records(log);
    let [record] = &records[..] else { panic!("one record: {records:#?}") };
    record.clone()
}

fn record(line: &str) -> Record {
    let (head, rest) = line.split_once(" decision=").expect("a decision");
    let (rest, reason) = rest.split_once(" reason=").expect("a reason");
    let (rest, reference) = rest.split_once(" reference=").expect("a reference");
    let (rest, provider) = match rest.split_once(" provider=") {
        Some((rest, provider)) => (rest, Some(provider.to_owned())),
        None => (rest, None),
    };
    let rest = rest.split_once(" kind=").map_or(rest, |(rest, _)| rest);
    let (decision, rule) = rest.split_once(" rule=").expect("a rule");
    let mut head = head.split(' ');
    let mut word = || head.next().expect("a word").to_owned();
    let record = Record {
        level: word(),
        target: word(),
        decision: decision.to_owned(),
        rule: rule.to_owned(),
        provider,
        reference: reference.to_owned(),
        reason: reason.to_owned(),
    };
    let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && !text.is_empty();
    assert!(is_code(&record.decision) && !record.rule.is_empty() && !record.reason.is_empty(), "{line}");
    assert!(record.reference.len() == 6 && record.target.starts_with("vestibule::"), "{line}");
    record
}

/// The reference that a page shows.
pub(crate) fn reference_on(page: &Page) -> &str {
    let (_, rest) = page.text().split_once("Reference <code>").expect("a reference");
    rest.split_once("</code>").expect("its end").0
}
