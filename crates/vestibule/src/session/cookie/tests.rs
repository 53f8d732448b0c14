mod pieces;

use proptest::prelude::*;

use super::*;

fn names_of(base_url: &str) -> CookieNames {
    CookieNames::new(&BaseUrl::parse(base_url).expect("a base URL"))
}

/// `https://app.example.com`
fn names() -> CookieNames {
    names_of("https://app.example.com")
}

/// A Cookie header of pairs: `{}` stands for the prefix of our names.
fn header(names: &CookieNames, text: &str) -> HeaderValue {
    HeaderValue::try_from(text.replace("{}", &names.prefix)).expect("a header value")
}

fn lines(values: impl IntoIterator<Item = HeaderValue>) -> Vec<String> {
    values.into_iter().map(|value| value.to_str().expect("ASCII").to_owned()).collect()
}

/// What a browser would send after these Set-Cookie lines.
fn echo(lines: &[HeaderValue]) -> HeaderValue {
    let pair = |line: &HeaderValue| line.to_str().expect("ASCII").split(';').take(1).collect::<String>();
    HeaderValue::try_from(lines.iter().map(pair).collect::<Vec<_>>().join("; ")).expect("a header value")
}

/// The sealed session in one Cookie header.
fn session(names: &CookieNames, text: &str) -> Option<Vec<u8>> {
    names.read([&header(names, text)].into_iter()).session().map(|sealed| sealed.as_bytes().to_vec())
}

fn sealed(bytes: usize) -> String {
    ('a'..='z').cycle().take(bytes).collect()
}

/// V61, V67, R132
#[test]
fn on_https_every_name_has_the_host_prefix_and_every_line_the_whole_set_of_attributes() {
    let hash = BaseUrl::parse("https://app.example.com").expect("a base URL").short_hash();
    let names = names();
    for (purpose, suffix) in [
        (Purpose::Session(0), "session"),
        (Purpose::Session(1), "session-1"),
        (Purpose::Login("abc"), "login-abc"),
        (Purpose::Error, "error"),
        (Purpose::Logout, "logout"),
        (Purpose::Trips, "trips"),
    ] {
        let name = format!("__Host-vestibule-{hash}-{suffix}");
        assert_eq!(names.name(purpose), name);
        assert_eq!(names.set(purpose, "v", None), format!("{name}=v; Path=/; HttpOnly; SameSite=Lax; Secure"));
        assert_eq!(
            names.set(purpose, "v", Some(60)),
            format!("{name}=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60")
        );
        assert_eq!(
            names.delete(purpose),
            format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"),
            "a deletion has the attributes of what it deletes, or the browser keeps it"
        );
    }
}

/// V61, R132: a browser refuses the prefix without Secure.
#[test]
fn on_http_loopback_the_names_have_no_prefix_and_the_lines_no_secure() {
    let hash = BaseUrl::parse("http://localhost:3000").expect("a base URL").short_hash();
    let names = names_of("http://localhost:3000");
    assert_eq!(
        names.set(Purpose::Session(0), "v", Some(1)),
        format!("vestibule-{hash}-session=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=1")
    );
    assert_eq!(names.set(Purpose::Error, "v", Some(-5)).to_str().expect("ASCII").rsplit(' ').next(), Some("Max-Age=0"));
}

/// V67
#[test]
fn applications_on_one_host_have_names_of_their_own() {
    let name = |base_url| names_of(base_url).name(Purpose::Session(0));
    assert_ne!(name("http://localhost:3000"), name("http://localhost:3001"));
    assert_ne!(name("https://host.example/a"), name("https://host.example/b"));
    let (a, b) = (names_of("http://localhost:3000"), names_of("http://localhost:3001"));
    assert!(a.read([&header(&b, "{}session=1x")].into_iter()).session().is_none());
}

/// V10
#[test]
fn a_value_that_no_header_can_have_sets_nothing() {
    assert_eq!(names().set(Purpose::Error, "a\r\nSet-Cookie: b=c", None), "");
}

/// V12: a response is personal that sets one of ours. What the application sets is the application's business.
#[test]
fn a_line_that_sets_a_cookie_of_ours_is_told_from_all_others() {
    let names = names();
    for purpose in
        [Purpose::Session(0), Purpose::Session(1), Purpose::Login("a"), Purpose::Error, Purpose::Logout, Purpose::Trips]
    {
        assert!(names.sets(&names.set(purpose, "v", None)) && names.sets(&names.delete(purpose)), "{purpose:?}");
    }
    for other in ["theme=dark; Path=/", "x{}session=1x", "a={}session=1x", "__Host-vestibule-00000000-session=1x", ""] {
        assert!(!names.sets(&header(&names, other)), "{other}");
    }
}

/// What is set already is not deleted behind it, and what merely begins like it is another cookie.
#[test]
fn a_cookie_is_set_by_its_whole_name() {
    let names = names();
    let mut headers = HeaderMap::new();
    headers.append(header::SET_COOKIE, names.set(Purpose::Session(1), "v", None));
    headers.append(header::SET_COOKIE, names.delete(Purpose::Login("10")));
    assert!(names.is_set(&headers, Purpose::Session(1)) && names.is_set(&headers, Purpose::Login("10")));
    for other in [Purpose::Session(0), Purpose::Login("1"), Purpose::Login("0"), Purpose::Error, Purpose::Trips] {
        assert!(!names.is_set(&headers, other), "{other:?}");
    }
}

/// V61: byte for byte, and no trimming beyond SP and HTAB around the pair.
#[test]
fn a_name_is_ours_byte_for_byte_or_not_at_all() {
    let names = names();
    assert_eq!(session(&names, "{}session=1x").as_deref(), Some(b"x".as_slice()));
    assert_eq!(session(&names, " \t{}session=1x\t ; a=b").as_deref(), Some(b"x".as_slice()));
    for other in [
        "{}Session=1x",
        "{}session =1x",
        "{}\tsession=1x",
        "{}session2=1x",
        "{}sessio=1x",
        "\"{}session\"=1x",
        "$Version=1",
        "x{}session=1x",
        "{}session",
        "{}session%20=1x",
    ] {
        assert_eq!(session(&names, other), None, "{other}");
    }
    let lowered = names.prefix.to_ascii_lowercase();
    assert_eq!(session(&names, &format!("{lowered}session=1x")), None, "a subdomain may set __host-");
    let mut nbsp = b"\xa0".to_vec();
    nbsp.extend_from_slice(header(&names, "{}session=1x").as_bytes());
    let nbsp = HeaderValue::from_bytes(&nbsp).expect("a header value");
    assert!(names.read([&nbsp].into_iter()).session().is_none(), "only SP and HTAB are trimmed");
}

/// V61: no RFC 2109, no quoted strings, no decoding.
#[test]
fn a_value_is_taken_as_it_stands() {
    let names = names();
    for value in ["\"quoted\"", "%41", "a=b==", "a,b", "", "a b", "\\x"] {
        let text = format!("{{}}error={value}");
        assert_eq!(names.read([&header(&names, &text)].into_iter()).error(), Some(value.as_bytes()), "{value}");
    }
}

/// V61
#[test]
fn a_name_of_ours_twice_makes_all_of_them_hostile() {
    let names = names();
    for twice in [
        "{}session=1x; {}session=1x",
        "{}session=1x; a=b; {}session=1y",
        "{}login-a=x; {}login-a=y",
        "{}error=; {}error=",
        "{}anything=x; {}session=1x; {}anything=y",
    ] {
        assert!(names.read([&header(&names, twice)].into_iter()).are_hostile(), "{twice}");
    }
    let halves = [header(&names, "{}session=1x"), header(&names, "{}session=1y")];
    assert!(names.read(halves.iter()).are_hostile(), "in two headers as well");
    for once in ["", "{}session=1x", "{}session=1x; {}session-1=y; {}login-a=x; {}login-b=x", "a=b; a=c"] {
        assert!(!names.read([&header(&names, once)].into_iter()).are_hostile(), "{once}");
    }
}

fn many(count: usize) -> String {
    (0..count).map(|n| format!("{{}}login-{n}=x")).collect::<Vec<_>>().join("; ")
}

/// V62
#[test]
fn more_than_32_cookies_of_ours_are_hostile() {
    let names = names();
    for (count, hostile) in [(MOST_COOKIES, false), (MOST_COOKIES + 1, true), (MOST_COOKIES * 10, true)] {
        let text = many(count);
        let header = header(&names, &text);
        let cookies = names.read([&header].into_iter());
        assert_eq!(cookies.are_hostile(), hostile, "{count}");
        assert!(cookies.logins().count() <= MOST_COOKIES, "{count}: no more than that are kept");
    }
}

/// V62
#[test]
fn more_than_16_kilobytes_of_ours_are_hostile() {
    let names = names();
    let of = |bytes: usize| format!("{{}}error={}", "x".repeat(bytes - "error".len()));
    for (bytes, hostile) in [(MOST_BYTES, false), (MOST_BYTES + 1, true), (MOST_BYTES * 10, true)] {
        let text = of(bytes);
        assert_eq!(names.read([&header(&names, &text)].into_iter()).are_hostile(), hostile, "{bytes}");
    }
    let halves = [
        header(&names, &format!("{{}}error={}", "x".repeat(9000))),
        header(&names, &format!("{{}}logout={}", "x".repeat(9000))),
    ];
    assert!(names.read(halves.iter()).are_hostile(), "over all headers together");
}

/// V62: what others keep in the browser is no business of ours, and no way to sign our people out.
#[test]
fn cookies_of_others_are_not_looked_at_however_many_and_however_odd() {
    let names = names();
    let mut text = "a=b; a=b; =; ;;; x; __Host-other=1; vestibule-00000000-session=1x; ".repeat(2000);
    text.push_str("{}session=1x; a=\"{}");
    let header = header(&names, &text);
    let cookies = names.read([&header].into_iter());
    assert!(!cookies.are_hostile());
    assert_eq!(cookies.ours.len(), 1);
    assert_eq!(cookies.session().expect("ours").as_bytes(), b"x");
    assert_eq!(names.delete_all(&cookies).count(), 1, "and only ours are ever deleted");
}

#[test]
fn several_cookie_headers_are_read_as_one() {
    let names = names();
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, header(&names, "a=b; {}session=2first"));
    headers.append(header::COOKIE, header(&names, "{}session-1=second; {}error=e"));
    let cookies = names.read(cookie_headers(&headers));
    assert_eq!(cookies.session().expect("joined").as_bytes(), b"firstsecond");
    assert_eq!((cookies.error(), cookies.logout()), (Some(b"e".as_slice()), None));
    assert!(!cookies.are_hostile());
    headers.append(header::COOKIE, header(&names, "{}logout=l"));
    assert_eq!(names.read(cookie_headers(&headers)).logout(), Some(b"l".as_slice()));
}

/// V62
#[test]
fn bytes_that_are_no_utf_8_are_let_through_as_values_and_passed_over_as_names() {
    let names = names();
    let line = |tail: &[u8]| {
        let bytes = [names.prefix.as_bytes(), tail].concat();
        HeaderValue::from_bytes(&bytes).expect("a header value")
    };
    let (value, name) = (line(b"error=\xff\xfe"), line(b"err\xffor=x"));
    assert_eq!(names.read([&value].into_iter()).error(), Some(b"\xff\xfe".as_slice()));
    let cookies = names.read([&name].into_iter());
    assert_eq!((cookies.ours.len(), cookies.are_hostile()), (0, false));
}

/// R132
#[test]
fn name_and_value_of_every_line_stay_within_what_browsers_keep() {
    for names in [names(), names_of("http://localhost:3000")] {
        for bytes in [1, CHUNK_BYTES, CHUNK_BYTES + 1, CHUNK_BYTES * MOST_CHUNKS] {
            let all = session_cookies(&names, &sealed(bytes), Some(i64::MAX), MOST_CHUNKS).expect("within the budget");
            for line in lines(all) {
                let (pair, attributes) = line.split_once(';').expect("attributes");
                assert!(pair.len() - "=".len() <= 4096, "{bytes}: {}", pair.len());
                assert!(attributes.split(';').all(|attribute| attribute.len() <= 1024));
            }
        }
    }
}

/// V61, V62
#[test]
fn every_name_that_came_is_deleted_once() {
    let names = names();
    let text = "{}session=1x; {}session=1y; {}session-1=z; {}login-A_b-9=x; {}=x; {}odd.name=x; other=1";
    let header = header(&names, text);
    let deleted = lines(names.delete_all(&names.read([&header].into_iter())));
    let expected: Vec<String> = ["", "login-A_b-9", "session", "session-1"]
        .iter()
        .map(|suffix| format!("{}{suffix}={}; Max-Age=0", names.prefix, names.attributes))
        .collect();
    assert_eq!(deleted, expected);
}

/// V26: what the login needs to know about the others under way.
#[test]
fn pending_logins_are_found_by_their_kind_and_place() {
    let names = names();
    let header = header(&names, "{}login-one=1; {}posted-login-two=2; {}login=3; {}loginx-one=4");
    let cookies = names.read([&header].into_iter());
    let logins: Vec<_> = cookies.logins().map(|login| (login.purpose, login.sealed)).collect();
    let expected: [(Purpose<'_>, &[u8]); 2] = [(Purpose::Login("one"), b"1"), (Purpose::PostedLogin("two"), b"2")];
    assert_eq!(logins, expected);
}

/// Bytes that a header value may have, with the parts of our own names strewn in.
fn cookie_bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        Just(b"; ".to_vec()),
        Just(b"=".to_vec()),
        Just(b"__Host-vestibule-".to_vec()),
        Just(names().prefix.into_bytes()),
        Just([names().prefix.as_bytes(), b"session=2"].concat()),
        Just([names().prefix.as_bytes(), b"session-1="].concat()),
        Just([names().prefix.as_bytes(), b"login-"].concat()),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    /// V62, V104
    #[test]
    fn no_cookie_header_panics(headers in proptest::collection::vec(cookie_bytes(), 0..4)) {
        let names = names();
        let headers: Vec<_> = headers.iter().filter_map(|bytes| HeaderValue::from_bytes(bytes).ok()).collect();
        let cookies = names.read(headers.iter());
        let _ = (cookies.session(), cookies.error(), cookies.logout(), cookies.logins().count());
        prop_assert!(cookies.session_places() <= MOST_CHUNKS);
        prop_assert!(cookies.ours.len() <= MOST_COOKIES);
        for line in names.delete_all(&cookies) {
            prop_assert!(line.as_bytes().starts_with(names.prefix.as_bytes()));
            prop_assert!(line.as_bytes().ends_with(b"; Max-Age=0"));
        }
    }

    /// V60
    #[test]
    fn whatever_was_cut_is_joined_again(bytes in 1..=CHUNK_BYTES * MOST_CHUNKS) {
        let names = names();
        let sealed = sealed(bytes);
        let lines = session_cookies(&names, &sealed, None, 0).expect("within the budget");
        let cookie = echo(&lines);
        let cookies = names.read([&cookie].into_iter());
        prop_assert_eq!(cookies.session().map(|read| read.as_bytes().to_vec()), Some(sealed.into_bytes()));
        prop_assert!(!cookies.are_hostile());
    }
}
