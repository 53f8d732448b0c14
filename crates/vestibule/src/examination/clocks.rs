//! How far the provider's clock is from ours, by the Date of its answers.

use super::{Code, Finding};

/// So many seconds are nothing: the answers themselves say the time in whole ones.
const NOTHING: u64 = 1;
/// Beyond these somebody should look at the clocks, though nobody is refused yet.
const NOTABLE: u64 = 30;

/// `ahead` is how many seconds the provider is ahead of us, and `skew` how many are forgiven.
pub(super) fn examine(ahead: Option<i64>, skew: i64) -> Finding {
    let Some(ahead) = ahead else {
        return Finding::new(Code::ClockUnsaid, "the provider's answers do not say how late it is there");
    };
    let (seconds, forgiven) = (ahead.unsigned_abs(), skew.max(0).unsigned_abs());
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    let sentence = format!("the provider's clock is {seconds} s {direction} ours, and {forgiven} s are forgiven");
    let remedy = "keep this machine's clock in step (NTP, chrony), and see whether the provider's is";
    if seconds <= NOTHING {
        Finding::new(
            Code::Clock,
            format!("the clocks of provider and application agree, and {forgiven} s are forgiven"),
        )
    } else if seconds > forgiven {
        Finding::new(Code::ClockTooFarOff, sentence)
            .with_remedy(format!("{remedy}; until then its tokens are refused as expired, or as made in the future"))
    } else if seconds > NOTABLE {
        Finding::new(Code::ClockOff, sentence).with_remedy(remedy)
    } else {
        Finding::new(Code::Clock, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_a_warning_over_30_seconds_and_a_fault_over_what_is_forgiven() {
        for (ahead, skew, code) in [
            (None, 60, Code::ClockUnsaid),
            (Some(0), 60, Code::Clock),
            (Some(-30), 60, Code::Clock),
            (Some(31), 60, Code::ClockOff),
            (Some(-60), 60, Code::ClockOff),
            (Some(61), 60, Code::ClockTooFarOff),
            (Some(-61), 60, Code::ClockTooFarOff),
            (Some(11), 10, Code::ClockTooFarOff),
            (Some(i64::MIN), 300, Code::ClockTooFarOff),
        ] {
            assert_eq!(examine(ahead, skew).code(), code, "{ahead:?} {skew}");
        }
        assert!(examine(Some(-61), 60).sentence().contains("61 s behind ours"));
        assert!(examine(Some(61), 60).sentence().contains("61 s ahead of ours"));
    }
}
