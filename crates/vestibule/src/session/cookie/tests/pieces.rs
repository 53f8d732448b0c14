//! A session in one cookie, in two, and in a store.

use super::*;

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
