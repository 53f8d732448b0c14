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
    let pairs: Vec<&str> = lines.iter().map(|line| line.to_str().expect("ASCII").split(';').next().unwrap()).collect();
    HeaderValue::try_from(pairs.join("; ")).expect("a header value")
}

/// The sealed session in one Cookie header.
fn session(names: &CookieNames, text: &str) -> Option<Vec<u8>> {
    names.read([&header(names, text)].into_iter()).session().map(|sealed| sealed.as_bytes().to_vec())
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
    assert_eq!(names.set(Purpose::Error, "v", Some(-5)).to_str().unwrap().rsplit(' ').next(), Some("Max-Age=0"));
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
    for purpose in [Purpose::Session(0), Purpose::Session(1), Purpose::Login("a"), Purpose::Error, Purpose::Logout] {
        assert!(names.sets(&names.set(purpose, "v", None)) && names.sets(&names.delete(purpose)), "{purpose:?}");
    }
    for other in ["theme=dark; Path=/", "x{}session=1x", "a={}session=1x", "__Host-vestibule-00000000-session=1x", ""] {
        assert!(!names.sets(&header(&names, other)), "{other}");
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

fn sealed(bytes: usize) -> String {
    ('a'..='z').cycle().take(bytes).collect()
}

/// V60
#[test]
fn a_session_comes_back_from_one_piece_and_from_two() {
    let names = names();
    for (bytes, pieces) in [(0, 0), (1, 1), (CHUNK_BYTES, 1), (CHUNK_BYTES + 1, 2), (CHUNK_BYTES * MOST_CHUNKS, 2)] {
        let sealed = sealed(bytes);
        let lines = session_cookies(&names, &sealed, None, 0).expect("within the budget");
        assert_eq!(lines.len(), pieces, "{bytes}");
        if pieces == 0 {
            continue;
        }
        let cookie = echo(&lines);
        let cookies = names.read([&cookie].into_iter());
        assert_eq!(cookies.session().expect("it is whole").as_bytes(), sealed.as_bytes(), "{bytes}");
        assert_eq!(cookies.session_places(), pieces);
    }
}

/// V60: three pieces are over the budget when written, and nothing when read.
#[test]
fn a_session_of_three_pieces_is_refused_both_ways() {
    let names = names();
    for bytes in [CHUNK_BYTES * MOST_CHUNKS + 1, CHUNK_BYTES * 10] {
        assert!(session_cookies(&names, &sealed(bytes), None, 0).is_none(), "{bytes}");
    }
    for count in ["3", "0", "9", "a", "\u{7f}", "-"] {
        let text = format!("{{}}session={count}first; {{}}session-1=second; {{}}session-2=third");
        let Ok(value) = HeaderValue::try_from(text.replace("{}", &names.prefix)) else { continue };
        assert!(names.read([&value].into_iter()).session().is_none(), "{count}");
    }
}

/// V60: the count stands before the sealed text, and the seal is what decides.
#[test]
fn a_changed_count_or_a_missing_piece_never_gives_the_sealed_text() {
    let names = names();
    let whole = sealed(CHUNK_BYTES + 100);
    let lines = session_cookies(&names, &whole, None, 0).expect("within the budget");
    let cookie = echo(&lines).to_str().expect("ASCII").to_owned();
    let (first, second) = cookie.split_once("; ").expect("two pieces");
    let read = |text: &str| session(&names, text);
    assert_eq!(read(&cookie).as_deref(), Some(whole.as_bytes()));
    assert_ne!(read(&cookie.replacen("=2", "=1", 1)).as_deref(), Some(whole.as_bytes()), "two that say one");
    assert_eq!(read(first), None, "the second is missing");
    assert_eq!(read(second), None, "the first is missing");
    assert_eq!(read("{}session="), None, "nothing at all");
    assert_eq!(read("{}session=1").as_deref(), Some(b"".as_slice()), "which no seal opens");
}

/// V60: a piece of an earlier session beside one of a later.
#[test]
fn pieces_of_two_generations_never_give_a_text_that_was_sealed() {
    let names = names();
    let (old, new) = ("o".repeat(CHUNK_BYTES + 50), "n".repeat(CHUNK_BYTES + 50));
    let pieces = |sealed: &str| {
        let lines = session_cookies(&names, sealed, None, 0).expect("within the budget");
        let cookie = echo(&lines).to_str().expect("ASCII").to_owned();
        cookie.split_once("; ").map(|(first, second)| (first.to_owned(), second.to_owned())).expect("two pieces")
    };
    let ((old_first, old_second), (new_first, new_second)) = (pieces(&old), pieces(&new));
    for mixed in [format!("{old_first}; {new_second}"), format!("{new_first}; {old_second}")] {
        let read = session(&names, &mixed).expect("joined, for the seal to refuse");
        assert!(read != old.as_bytes() && read != new.as_bytes());
    }
}

/// V60
#[test]
fn the_leftovers_of_a_longer_session_are_deleted() {
    let names = names();
    let longer = session_cookies(&names, &sealed(CHUNK_BYTES + 1), Some(9), 0).expect("within the budget");
    let cookie = echo(&longer);
    let places = names.read([&cookie].into_iter()).session_places();
    let shorter = lines(session_cookies(&names, "short", Some(9), places).expect("within the budget"));
    let delete = names.delete(Purpose::Session(1));
    assert_eq!(shorter.len(), 2);
    assert_eq!(shorter[0], format!("{}session=1short{}; Max-Age=9", names.prefix, names.attributes));
    assert_eq!(shorter[1], delete.to_str().expect("ASCII"));
    let stray = header(&names, "{}session-1=left");
    assert_eq!(names.read([&stray].into_iter()).session_places(), 2, "the first piece may have gone already");
}

#[test]
fn the_secret_of_a_session_in_a_store_comes_back_and_nothing_else_is_taken_for_one() {
    let names = names();
    let lines = secret_cookies(&names, &[7; 32], Some(9), 0);
    let [line] = lines.as_slice() else { panic!("one line: {lines:?}") };
    let text = URL_SAFE_NO_PAD.encode([7; 32]);
    assert_eq!(line, &format!("{}session=k{text}{}; Max-Age=9", names.prefix, names.attributes));
    let cookie = echo(&lines);
    let cookies = names.read([&cookie].into_iter());
    assert_eq!((cookies.session_secret(), cookies.session().is_none()), (Some([7; 32]), true));
    let (shorter, longer) = (URL_SAFE_NO_PAD.encode([7; 31]), URL_SAFE_NO_PAD.encode([7; 33]));
    for other in
        ["", "k", &text, &format!("K{text}"), &format!("1{text}"), &format!("k{shorter}"), &format!("k{longer}")]
    {
        let header = header(&names, &format!("{{}}session={other}"));
        assert_eq!(names.read([&header].into_iter()).session_secret(), None, "{other}");
    }
    let elsewhere = header(&names, &format!("{{}}session-1=k{text}"));
    assert_eq!(names.read([&elsewhere].into_iter()).session_secret(), None);
}

/// V60: a session in a store has one cookie, whatever the sealed one before it had.
#[test]
fn the_secret_of_a_session_deletes_the_pieces_of_a_sealed_one() {
    let names = names();
    let counts = [0, 1, MOST_CHUNKS].map(|places| secret_cookies(&names, &[7; 32], None, places).len());
    assert_eq!(counts, [1, 1, 2]);
    let lines = secret_cookies(&names, &[7; 32], None, MOST_CHUNKS);
    assert_eq!(lines.last(), Some(&names.delete(Purpose::Session(1))));
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
fn pending_logins_are_found_by_their_attempt() {
    let names = names();
    let header = header(&names, "{}login-one=1; {}posted-login-two=2; {}login=3; {}loginx-one=4");
    let cookies = names.read([&header].into_iter());
    let logins: Vec<_> = cookies.logins().map(|login| (login.purpose, login.attempt(), login.sealed)).collect();
    let expected: [(Purpose<'_>, &str, &[u8]); 2] =
        [(Purpose::Login("one"), "one", b"1"), (Purpose::PostedLogin("two"), "two", b"2")];
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
