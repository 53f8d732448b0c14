//! What `state` carries to the provider and back, sealed: what is still to be known of a login when its cookie has gone.

use vestibule_core::{NumericDate, authorization::State};

use crate::{
    attempt::fingerprint, door::Door, provider::ConnectedProvider, return_address::ReturnAddress, session::Session,
    store::Key, wish::Manner,
};

/// What `state` carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) manner: Manner,
    /// None of a login that a program of before began.
    pub(crate) begun_at: Option<NumericDate>,
    /// How many round trips had come to nothing before it, one after the other: with a form of another site the cookie that says so does
    /// not come along (V28).
    pub(crate) failed: u8,
    /// The host and port that the request was for which began it, where that is not the base URL's own. A stranger's text, fit for a
    /// message and nothing else (V5).
    pub(crate) begun_elsewhere: Option<String>,
    /// What the session that the browser had then is called, in eight digits.
    pub(crate) session: Option<String>,
    /// None where it is not one of our pages.
    pub(crate) return_to: Option<ReturnAddress>,
}

/// What a state begins with that says more than a manner and an address.
const V2: &str = "2";
/// What stands for a host that is the base URL's own, and for no session.
const NONE: &str = "-";

impl Carried {
    /// As the state of this attempt has it.
    pub(crate) fn seal(&self, door: &Door, provider: &ConnectedProvider, attempt: &str) -> String {
        door.seals.return_address.seal(&context(door, provider, attempt), self.write().as_bytes())
    }

    /// What we sealed into a state of a login with this provider.
    pub(crate) fn open(door: &Door, provider: &ConnectedProvider, state: &State) -> Option<Self> {
        let context = context(door, provider, state.attempt());
        let carried = door.seals.return_address.open(&context, state.carried().as_bytes())?;
        Self::read_at(door, &String::from_utf8(carried).ok()?)
    }

    /// What was written here, where another seal holds it.
    pub(crate) fn read_at(door: &Door, text: &str) -> Option<Self> {
        Self::read(text, |address| door.return_address(address))
    }

    /// Whether the login began when there was this session, and so by a page that did not see it.
    pub(crate) fn did_not_see(&self, session: &Session) -> bool {
        self.begun_at.is_some_and(|begun_at| begun_at > session.times.began_at)
    }

    /// Whether the session began while the login was under way, in another tab: when it began the browser had none, or another, and the
    /// session is not older.
    pub(crate) fn is_beside(&self, session: &Session) -> bool {
        self.begun_at.is_some()
            && !self.did_not_see(session)
            && self.session.as_deref() != Some(Self::name_of(session.key).as_str())
    }

    /// What a session is called here.
    pub(crate) fn name_of(session: Key) -> String {
        session.as_bytes().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Words between spaces, of which neither a host nor an address as it is written has any.
    pub(crate) fn write(&self) -> String {
        let (manner, host) = (word(self.manner), self.begun_elsewhere.as_deref().unwrap_or(NONE));
        let session = self.session.as_deref().unwrap_or(NONE);
        let (begun_at, failed) = (self.begun_at.map_or(0, NumericDate::seconds), self.failed);
        let return_to = self.return_to.as_ref().map_or("", ReturnAddress::as_str);
        format!("{V2} {manner} {begun_at} {failed} {host} {session} {return_to}")
    }

    fn read(text: &str, address: impl Fn(&str) -> Option<ReturnAddress>) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(V2).and_then(|rest| rest.strip_prefix(' ')) {
            let mut words = rest.splitn(6, ' ');
            let manner = manner(words.next()?)?;
            let begun_at = NumericDate::from_seconds(words.next()?.parse().ok()?);
            let failed = words.next()?.parse().ok()?;
            let mut some = || words.next().filter(|word| *word != NONE).map(str::to_owned);
            let (begun_elsewhere, session) = (some(), some());
            let return_to = address(words.next()?);
            return Some(Self { manner, begun_at: Some(begun_at), failed, begun_elsewhere, session, return_to });
        }
        // Before there were versions: a manner, unless it was the usual one, and an address, which begins with a slash.
        let (manner, return_to) = match text.strip_prefix("silent ") {
            Some(return_to) => (Manner::Silent, return_to),
            None => text.strip_prefix("stepping up ").map_or((Manner::Asked, text), |rest| (Manner::SteppingUp, rest)),
        };
        let (begun_elsewhere, session) = (None, None);
        Some(Self { manner, begun_at: None, failed: 0, begun_elsewhere, session, return_to: address(return_to) })
    }
}

const fn word(manner: Manner) -> &'static str {
    match manner {
        Manner::Asked => "asked",
        Manner::Wished => "wished",
        Manner::Silent => "silent",
        Manner::SteppingUp => "stepping-up",
        Manner::StartedOver => "started-over",
        Manner::StartedOverAgain => "started-over-again",
    }
}

fn manner(word_of_it: &str) -> Option<Manner> {
    use Manner::{Asked, Silent, StartedOver, StartedOverAgain, SteppingUp, Wished};
    let all = [Asked, Wished, Silent, SteppingUp, StartedOver, StartedOverAgain];
    all.into_iter().find(|manner| word(*manner) == word_of_it)
}

/// What binds it to its attempt and its provider.
fn context(door: &Door, provider: &ConnectedProvider, attempt: &str) -> Vec<u8> {
    // Without the issuer where it is still to be found: states are opened before anybody is asked.
    let issuer = if provider.is_found() { None } else { provider.issuer() };
    [door.context(attempt), fingerprint(provider, issuer).to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;

    fn read(text: &str) -> Option<Carried> {
        let base = BaseUrl::parse("https://app.example.com").expect("a base URL");
        Carried::read(text, |address| ReturnAddress::parse(&base, address))
    }

    /// A login may begin before an upgrade and end after it. Add a version, never change one.
    #[test]
    fn what_a_program_of_before_sealed_is_read_for_ever() {
        for (text, manner) in
            [("/a?b=c", Manner::Asked), ("silent /a?b=c", Manner::Silent), ("stepping up /a?b=c", Manner::SteppingUp)]
        {
            let carried = read(text).expect(text);
            assert_eq!((carried.manner, carried.begun_at, carried.begun_elsewhere), (manner, None, None), "{text}");
            assert_eq!(carried.return_to.expect("an address").as_str(), "/a?b=c", "{text}");
        }
    }

    #[test]
    fn the_golden_state_of_version_2_is_read_and_written_for_ever() {
        for (text, manner, host) in [
            ("2 asked 1700000000 0 - - /a?b=%20c", Manner::Asked, None),
            ("2 wished 1700000000 0 - - /a?b=%20c", Manner::Wished, None),
            ("2 silent 1700000000 0 - - /a?b=%20c", Manner::Silent, None),
            ("2 started-over-again 1700000000 0 - - /a?b=%20c", Manner::StartedOverAgain, None),
            ("2 stepping-up 1700000000 0 - - /a?b=%20c", Manner::SteppingUp, None),
            (
                "2 started-over 1700000000 2 www.example.com:8443 0a1b2c3d /a?b=%20c",
                Manner::StartedOver,
                Some("www.example.com:8443"),
            ),
        ] {
            let carried = read(text).expect(text);
            assert_eq!((carried.manner, carried.begun_elsewhere.as_deref()), (manner, host), "{text}");
            assert_eq!(carried.begun_at, Some(NumericDate::from_seconds(1_700_000_000)), "{text}");
            assert_eq!(carried.failed, if host.is_some() { 2 } else { 0 }, "{text}");
            assert_eq!(carried.write(), text);
        }
    }

    /// V66: of a newer program, or none of ours. Where people are sent is judged once more (V1).
    #[test]
    fn what_is_neither_carries_nothing() {
        for text in [
            "2 ",
            "2 asked",
            "2 asked x 0 - /",
            "2 asked 1 0 - -",
            "2 other 1 0 - - /",
            "2 asked 1 256 - - /",
            "2 asked 1 - - /",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in
            ["", "x", "2", "3 asked 1 0 - - /", "2 asked 1 0 - - //evil.example", "2 asked 1 0 - -  /a", "again /a"]
        {
            assert_eq!(read(text).expect(text).return_to, None, "{text}");
        }
    }
}
