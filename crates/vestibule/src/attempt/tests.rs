use http::{HeaderMap, header};
use vestibule_core::{AuthorizationRequest, Client, Entropy, ResponseType};

use super::*;
use crate::{Provider, SecretKey, Vestibule, session::cookie::cookie_headers};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const REDIRECT_URI: &str = "http://localhost:3000/auth/callback/corp";

/// Before there were versions: what it belongs to, the secret, and when it began.
const GOLDEN_UNVERSIONED: &str =
    "dfd347090c7a65c4238da8e0c062236f0909090909090909090909090909090909090909090909090909090909090909000000006553f100";
/// All that a login of version 1 can have.
const GOLDEN_V1: &str = "00dfd347090c7a65c4238da8e0c062236f300909090909090909090909090909090909090909090909090909090909090909\
    000000006553f100010302010000012c08706872207068726801ac0201010101010101010101010101010101010101010101010101\
    010101010101010102020202020202020202020202020202020202020202020202020202020202021968747470733a2f2f6c6f67696e2e6578616d706c652e636f6da0fc9fd50c";

fn door() -> Arc<Door> {
    let client = || Client::public("my-app");
    let corp = Provider::discovered("http://127.0.0.1:3001", client()).expect("an issuer");
    let lab = Provider::discovered("http://127.0.0.1:3001", client()).expect("an issuer");
    let vestibule = Vestibule::builder("http://localhost:3000")
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", corp)
        .provider("lab", lab)
        .build();
    Arc::clone(vestibule.expect("the settings hold together").door())
}

fn provider<'a>(door: &'a Door, name: &str) -> &'a Arc<ConnectedProvider> {
    door.provider(name).expect("there is one")
}

fn begun(at: NumericDate) -> PendingLogin {
    PendingLogin::begin(Entropy::from_bytes([9; 32]), at)
}

/// A login that has everything that one can have.
fn full(door: &Door) -> Attempt {
    let request = AuthorizationRequest::new(REDIRECT_URI, "openid").response_type(ResponseType::CodeIdToken);
    let request = request.response_mode(ResponseMode::FormPost).expect("a mode for it").max_age(300);
    let demand = Demand::new("phr phrh", Some(300));
    let earlier = Earlier {
        key: Key::from_bytes([1; 32]),
        subject: Key::from_bytes([2; 32]),
        issuer: Issuer::parse("https://login.example.com").expect("an issuer"),
        ends_at: NOW.plus(3600),
    };
    let attempt = Attempt::new(provider(door, "corp"), begun(NOW).asking(&request), demand);
    Attempt { earlier: Some(earlier), ..attempt }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}

/// What is sealed in a cookie.
fn payload(door: &Door, purpose: Purpose<'_>, sealed: &str) -> Vec<u8> {
    let context = door.context(&door.names.name(purpose));
    door.seals.pending_login.open(&context, sealed.as_bytes()).expect("ours")
}

/// A cookie in which this is sealed, opened.
fn opened(door: &Door, payload: &[u8]) -> Option<Attempt> {
    let name = begun(NOW).attempt();
    let purpose = Purpose::PostedLogin(&name);
    let sealed = door.seals.pending_login.seal(&door.context(&door.names.name(purpose)), payload);
    Attempt::open(door, LoginCookie { purpose, sealed: sealed.as_bytes() })
}

/// Begun before an upgrade, finished after it.
#[test]
fn the_golden_login_of_before_there_were_versions_is_read_for_ever() {
    let door = door();
    let golden = unhex(GOLDEN_UNVERSIONED);
    assert_eq!(golden.len(), UNVERSIONED_BYTES);
    let attempt = opened(&door, &golden).expect("a login");
    assert!(attempt.belongs_to(provider(&door, "corp")) && !attempt.belongs_to(provider(&door, "lab")));
    assert_eq!((attempt.pending.attempt(), attempt.pending.begun_at()), (begun(NOW).attempt(), NOW));
    let asked = (attempt.pending.response_type(), attempt.pending.response_mode());
    assert_eq!(asked, (ResponseType::Code, ResponseMode::Query));
    assert!(attempt.demand.is_nothing() && attempt.earlier.is_none());
}

#[test]
fn the_golden_login_of_version_1_is_read_and_written_for_ever() {
    let door = door();
    let name = begun(NOW).attempt();
    let written = payload(&door, Purpose::PostedLogin(&name), &full(&door).seal(&door, Purpose::PostedLogin(&name)));
    assert_eq!(written, unhex(GOLDEN_V1));
    let attempt = opened(&door, &unhex(GOLDEN_V1)).expect("a login");
    assert!(attempt.belongs_to(provider(&door, "corp")) && !attempt.belongs_to(provider(&door, "lab")));
    assert_eq!((attempt.pending.attempt(), attempt.pending.begun_at()), (name, NOW));
    let asked = (attempt.pending.response_type(), attempt.pending.response_mode());
    assert_eq!(asked, (ResponseType::CodeIdToken, ResponseMode::FormPost));
    assert_eq!(attempt.demand, Demand::new("phr phrh", Some(300)));
    let earlier = attempt.earlier.expect("a session of before");
    assert!(earlier.is_of(Key::from_bytes([2; 32])) && !earlier.is_of(Key::from_bytes([3; 32])));
    assert_eq!(earlier.key.as_bytes(), &[1; 32]);
    assert_eq!((earlier.issuer.as_str(), earlier.ends_at), ("https://login.example.com", NOW.plus(3600)));
}

/// What a client that registers itself adds.
const GOLDEN_CLIENT: [u8; CLIENT_BYTES] = [8, 7, 6, 5, 4, 3, 2, 1];

#[test]
fn the_golden_logins_of_versions_2_and_3_are_read_and_written_for_ever() {
    let (door, v1) = (door(), unhex(GOLDEN_V1));
    let v2 = [&[1], &v1[1..], &GOLDEN_CLIENT].concat();
    let v3 = [&[2], &v1[1..], &[1], &GOLDEN_CLIENT, &[5]].concat();
    let v3_of_a_given_client = [&[2], &v1[1..], &[0, 5]].concat();
    for (golden, client, turn) in
        [(v2, Some(GOLDEN_CLIENT), 0), (v3, Some(GOLDEN_CLIENT), 5), (v3_of_a_given_client, None, 5)]
    {
        let attempt = Attempt { client, turn, ..full(&door) };
        let purpose = Purpose::PostedLogin("0");
        assert_eq!(payload(&door, purpose, &attempt.seal(&door, purpose)), golden);
        let read = opened(&door, &golden).expect("a login");
        assert_eq!((read.client, read.turn, read.pending.begun_at()), (client, turn, NOW));
        assert_eq!(read.demand, Demand::new("phr phrh", Some(300)));
        assert!(read.earlier.is_some_and(|earlier| earlier.is_of(Key::from_bytes([2; 32]))));
    }
}

/// The two formats are told apart by their length: the shortest login that has a version is longer.
#[test]
fn a_login_of_version_1_is_never_taken_for_an_older_one() {
    let door = door();
    let plain = Attempt::new(provider(&door, "corp"), begun(NOW), Demand::default());
    let purpose = Purpose::Login("name");
    let written = payload(&door, purpose, &plain.seal(&door, purpose));
    assert!(written.len() > UNVERSIONED_BYTES, "{}", written.len());
}

/// V66: from a newer program, or cut short.
#[test]
fn what_is_neither_is_no_login() {
    let door = door();
    let golden = unhex(GOLDEN_V1);
    for version in 1..=u8::MAX {
        let mut unknown = golden.clone();
        unknown[0] = version;
        assert!(opened(&door, &unknown).is_none(), "{version}");
    }
    for length in (0..golden.len()).filter(|length| *length != UNVERSIONED_BYTES) {
        assert!(opened(&door, &golden[..length]).is_none(), "{length}");
    }
}

/// V67: a value belongs to one name, so neither kind of cookie passes for the other.
#[test]
fn a_login_in_another_cookie_is_none() {
    let (door, name) = (door(), begun(NOW).attempt());
    let sealed = full(&door).seal(&door, Purpose::PostedLogin(&name));
    let open = |purpose| Attempt::open(&door, LoginCookie { purpose, sealed: sealed.as_bytes() });
    assert!(open(Purpose::PostedLogin(&name)).is_some());
    assert!(open(Purpose::Login(&name)).is_none());
    assert!(open(Purpose::PostedLogin("another")).is_none());
}

/// V26: the oldest of both kinds, and before them what is not ours.
#[test]
fn the_oldest_logins_of_both_kinds_give_way() {
    let door = door();
    let mut line = vec![format!("{}=nothing of ours", door.names.name(Purpose::Login("foreign")))];
    for (at, name) in ["c", "a", "h", "b", "g", "d", "f", "e"].into_iter().enumerate() {
        let age = i64::from(name.as_bytes()[0] - b'a');
        let purpose = if at % 2 == 0 { Purpose::Login(name) } else { Purpose::PostedLogin(name) };
        let attempt = Attempt::new(provider(&door, "corp"), begun(NOW.plus(age)), Demand::default());
        line.push(format!("{}={}", door.names.name(purpose), attempt.seal(&door, purpose)));
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, HeaderValue::try_from(line.join("; ")).expect("a header"));
    let cookies = door.names.read(cookie_headers(&headers));
    let room = Room { logins: LOGIN_PLACES.len() - 1, bytes: HEADER_BYTES };
    let gone = crowded_out(under_way(&door, &cookies), GivesWay::Oldest, room);
    assert_eq!(
        gone,
        [Purpose::Login("foreign"), Purpose::PostedLogin("a")],
        "eight are the most, the new one among them"
    );
}

fn under_way_at(begun_at: Option<i64>, turn: u32, place: &'static str) -> UnderWay<'static> {
    let begun_at = begun_at.map(|age| NOW.plus(age));
    UnderWay { purpose: Purpose::Login(place), begun_at, turn, weight: 200 }
}

/// V26: a login that is started over leaves to others what they have, save the one that began last; what is not ours goes first.
#[test]
fn the_newest_gives_way_to_a_login_that_is_started_over() {
    let all = || {
        vec![
            under_way_at(None, 0, "7"),
            under_way_at(Some(0), 1, "0"),
            under_way_at(Some(0), 2, "1"),
            under_way_at(Some(9), 0, "2"),
        ]
    };
    let room = |logins| Room { logins, bytes: HEADER_BYTES };
    assert_eq!(crowded_out(all(), GivesWay::Newest, room(3)), [Purpose::Login("7")]);
    assert_eq!(crowded_out(all(), GivesWay::Newest, room(2)), [Purpose::Login("7"), Purpose::Login("2")]);
    assert_eq!(crowded_out(all(), GivesWay::Oldest, room(2)), [Purpose::Login("7"), Purpose::Login("0")]);
    assert!(crowded_out(all(), GivesWay::Oldest, room(4)).is_empty());
}

/// V60: by bytes as well.
#[test]
fn logins_give_way_until_the_header_is_short_enough() {
    let all = || (0..4).map(|turn| under_way_at(Some(0), turn, LOGIN_PLACES[turn as usize])).collect();
    for (bytes, gone) in [(800, 0), (799, 1), (600, 1), (599, 2), (0, 4)] {
        assert_eq!(crowded_out(all(), GivesWay::Oldest, Room { logins: 8, bytes }).len(), gone, "{bytes}");
    }
}
