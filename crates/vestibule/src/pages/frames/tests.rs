use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script>";

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).expect("the header is set").to_str().expect("ASCII")
}

fn watched(value: &str) -> CheckSession<'_> {
    CheckSession {
        check_session_iframe: value,
        origin: "https://login.example.com",
        client_id: value,
        session_state: value,
        changed: value,
        channel: value,
    }
}

async fn body(response: Response) -> String {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    String::from_utf8(body.to_vec()).expect("text")
}

/// V9
#[tokio::test]
async fn whatever_the_provider_says_is_an_escaped_attribute() {
    let page = body(check_session(&watched(HOSTILE))).await;
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;").count(), 6);
    assert!(!page.contains(HOSTILE));
}

/// V9: nothing runs but what we wrote.
#[tokio::test]
async fn the_policy_hashes_exactly_the_script_of_the_page() {
    let response = check_session(&watched("x"));
    let policy = header(&response, "content-security-policy").to_owned();
    let page = body(response).await;
    let (_, rest) = page.split_once("<script>").expect("a script");
    let (script, _) = rest.split_once("</script>").expect("its end");
    assert!(policy.contains(&format!("; script-src {}; ", hash_source(script))), "{policy}");
    for unsafe_part in ["</", "<!--", "\r", "\0", "eval", "innerHTML", "document.write", "\"*\"", "'*'"] {
        assert!(!script.contains(unsafe_part), "{unsafe_part:?}");
    }
}

/// R129: what the script must not lose. What it does is for a browser to show.
#[test]
fn the_script_looks_at_who_sent_a_message_before_it_reads_it() {
    let script = CHECK_SESSION.as_str();
    let looks =
        script.find("event.origin !== origin || event.source !== frame.contentWindow").expect("both are looked at");
    let reads = script.find("event.data").expect("the message is read");
    assert!(looks < reads);
    assert!(script.contains("postMessage(message, origin)"), "the provider's origin, and no other, is asked");
    assert!(script.contains("postMessage(news, window.location.origin)"), "our own origin, and no other, is told");
}

/// V14
#[test]
fn only_the_origins_that_are_named_may_frame_the_end_of_a_session() {
    let policy = |origins: &[&str]| {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        header(&logged_out_in_frame(&origins), "content-security-policy").to_owned()
    };
    assert!(
        policy(&["https://a.example", "https://b.example:8443"])
            .contains("; frame-ancestors https://a.example https://b.example:8443; ")
    );
    for none in [&[][..], &["*, https://a.example"], &["https://a.example; script-src *"], &["'self'"], &["null *"]] {
        assert!(policy(none).contains("; frame-ancestors 'none'; "), "{none:?}: {}", policy(none));
    }
}
