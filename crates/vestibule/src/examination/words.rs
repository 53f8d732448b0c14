//! A stranger's text in our sentences: escaped, cut, and not too much of it.

use vestibule_core::error::Excerpt;

/// So many of a provider's names are shown.
const MOST: usize = 12;

/// Text that came from outside.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", Excerpt::new(text))
}

/// Text that is longer than one name: a reason of the operating system's, or of the TLS library's.
pub(super) fn reason(text: &str) -> String {
    // Quotation marks are of our own sentences, and harm neither a terminal nor a line.
    let printable = |c: char| matches!(c, ' '..='~') && c != '\\';
    let mut shown = String::new();
    for c in text.chars().take(200) {
        if printable(c) { shown.push(c) } else { shown.extend(c.escape_default()) }
    }
    if text.chars().nth(200).is_some() {
        shown.push_str("...");
    }
    shown
}

/// What a provider offers.
pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = names.iter().take(MOST).map(|name| Excerpt::new(name).to_string()).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `1 key`, `2 keys`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V11: what a provider says cannot colour a terminal, forge a line or flood it.
    #[test]
    fn what_a_provider_says_is_escaped_and_cut() {
        for shown in [quoted("a\u{1b}[31m\nb"), reason("a\u{1b}[31m\nb"), list(&["a\u{1b}[31m\nb".to_owned()])] {
            assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown}");
        }
        assert!(quoted(&"x".repeat(1000)).len() < 80);
        assert!(reason(&"x".repeat(1000)).len() < 210);
        let many: Vec<String> = (0..100).map(|at| format!("{at}{}", "x".repeat(100))).collect();
        assert!(list(&many).len() < 1000 && list(&many).ends_with("and 88 more"));
    }
}
