//! A clock that runs faster than time, for tests on one machine that cannot wait for a token to expire, or a lease to end.

use std::{
    net::SocketAddr,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use vestibule::{Clock, NumericDate};

use crate::failure::Failure;

/// It shows what the system's clock shows at its start, and since then so many times as much has passed. Processes with the
/// same one agree on the time, whenever each was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FastClock {
    /// After 1970.
    start: Duration,
    speed: u32,
}

/// Beyond this a lease, which is renewed no sooner than after the shortest wait, would come near its end each time.
const FASTEST: u32 = 50;
/// No wait is shorter: those who look again and again cost whom they ask, who runs no faster.
const SHORTEST: Duration = Duration::from_millis(200);

impl FastClock {
    /// Where nobody comes from another machine, and nowhere else.
    pub(crate) fn for_tests_at(self, address: SocketAddr) -> Result<Self, Failure> {
        if address.ip().is_loopback() { Ok(self) } else { Err(Failure::FastClock(address)) }
    }

    fn at(self, since_epoch: Duration) -> NumericDate {
        let passed = since_epoch.saturating_sub(self.start).saturating_mul(self.speed);
        let shown = self.start.saturating_add(passed).as_secs();
        NumericDate::from_seconds(i64::try_from(shown).unwrap_or(i64::MAX))
    }
}

impl Clock for FastClock {
    fn now(&self) -> NumericDate {
        self.at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn wait(&self, length: Duration) -> Duration {
        length.checked_div(self.speed).unwrap_or(length).max(SHORTEST)
    }
}

/// `1764000000x20`
impl FromStr for FastClock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('x').and_then(|(start, speed)| Some((start.parse().ok()?, speed.parse().ok()?)));
        match parts {
            Some((start, speed @ 1..=FASTEST)) => Ok(Self { start: Duration::from_secs(start), speed }),
            _ => Err(format!("it is not START_x_SPEED, such as 1764000000x20, with a speed from 1 to {FASTEST}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> FastClock {
        "1000x20".parse().expect("a clock")
    }

    #[test]
    fn it_shows_the_start_at_the_start_and_runs_faster_from_there() {
        let shown = |millis| clock().at(Duration::from_millis(millis)).seconds();
        assert_eq!([shown(1_000_000), shown(1_000_050), shown(1_001_000), shown(1_060_000)], [1000, 1001, 1020, 2200]);
        assert_eq!(shown(0), 1000);
    }

    #[test]
    fn waits_are_shorter_and_none_is_too_short() {
        let millis = |length| clock().wait(Duration::from_millis(length)).as_millis();
        assert_eq!([millis(30_000), millis(4020), millis(3000), millis(50)], [1500, 201, 200, 200]);
    }

    #[test]
    fn it_runs_where_nobody_else_comes() {
        let at = |address: &str| clock().for_tests_at(address.parse().expect("an address"));
        for good in ["127.0.0.1:3000", "[::1]:0"] {
            assert!(at(good).is_ok(), "{good}");
        }
        for refused in ["0.0.0.0:3000", "192.168.0.1:3000", "[::]:3000"] {
            let failure = at(refused).expect_err(refused);
            assert!(failure.to_string().starts_with("--clock: other machines can reach"), "{failure}");
            assert_eq!(failure.exit_code(), 2);
        }
    }

    #[test]
    fn what_is_no_clock_is_refused() {
        for refused in [
            "",
            "x",
            "20",
            "1000x",
            "x20",
            "1000x0",
            "1000x51",
            "-1x20",
            "1000x20x",
            "1000 x 20",
            "99999999999999999999x2",
        ] {
            let problem = refused.parse::<FastClock>().expect_err(refused);
            assert!(problem.contains("such as 1764000000x20"), "{problem}");
        }
    }
}
