//! Lengths of time, as people say them.

/// How long something takes, or took: seconds up to two minutes, minutes up to two hours.
pub(crate) fn how_long(seconds: i64) -> String {
    match seconds {
        ..=0 => "less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        120..=7199 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

/// How long ago something was.
pub(crate) fn how_long_ago(seconds: i64) -> String {
    if seconds <= 0 { "just now".to_owned() } else { format!("{} ago", how_long(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_how_long_it_takes_and_how_long_ago_it_was() {
        let texts = [0, 1, 2, 119, 120, 900, 7199, 7200, 86_400].map(how_long);
        assert_eq!(
            texts,
            [
                "less than a second",
                "1 second",
                "2 seconds",
                "119 seconds",
                "2 minutes",
                "15 minutes",
                "119 minutes",
                "2 hours",
                "24 hours"
            ]
        );
        assert_eq!([-5, 0, 1, 7199].map(how_long_ago), ["just now", "just now", "1 second ago", "119 minutes ago"]);
    }
}
