//! How claims reach an application, and that they reach nothing else: as JSON, each value by itself. No header and no variable of the
//! environment has them, where a delimiter inside of one value would make two of it.

mod house;

use axum::{Json, Router, routing::get};
use house::{APP, House, ISSUER, TestClock, builder, provider};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use vestibule::{Claims, EndUser};
use vestibule_provider::{Page, User};

/// Values that would be two if somebody joined them, or would end a header line.
fn groups() -> [&'static str; 6] {
    ["staff,admin", "staff;admin", "staff admin", "staff|admin", "staff\r\nX-Groups: admin", "staff\u{0}admin"]
}

#[derive(Deserialize)]
struct Member {
    groups: Vec<String>,
    department: Value,
}

/// Signed in as somebody with such values, at a page that shows what its handler got.
async fn page(path: &str) -> Page {
    let user = User::new("mallory").claim("groups", json!(groups())).claim("department", "a,b");
    let (provider, clock) = (provider().user(user), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let router = Router::new()
        .route(
            "/groups",
            get(async |Claims(me): Claims<Member>| Json(json!({"groups": me.groups, "department": me.department}))),
        )
        .route(
            "/headers",
            get(async |_: EndUser, headers: HeaderMap| {
                let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
                };
                headers.iter().map(line).collect::<Vec<_>>().join("\n")
            }),
        );
    let mut house = House::around(provider, clock, &vestibule);
    house.browser.site(APP, vestibule.wrap(router));
    let page = house.sign_in(path, "mallory").await;
    assert_eq!(page.status(), 200, "{}", page.text());
    page
}

/// V103
#[tokio::test]
async fn values_with_delimiters_stay_as_many_as_they_were() {
    let page = page("/groups").await;
    let got: Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!(got, json!({"groups": groups(), "department": "a,b"}));
}

/// V103
#[tokio::test]
async fn no_header_and_no_variable_of_the_environment_has_a_claim() {
    let before: Vec<_> = std::env::vars_os().collect();
    let page = page("/headers").await;
    for leak in ["staff", "admin", "mallory", ISSUER] {
        assert!(!page.text().contains(leak), "the handler's request has '{leak}': {}", page.text());
        let answered = page.hops().last().map(|hop| format!("{hop:?}")).unwrap_or_default();
        assert!(!answered.contains("staff"), "{answered}");
    }
    let headers = ["x-user", "x-groups", "x-forwarded-user", "remote-user", "x-forwarded-groups"];
    assert!(headers.iter().all(|name| page.header(name).is_none() && !page.text().contains(name)));
    assert_eq!(std::env::vars_os().collect::<Vec<_>>(), before);
}
