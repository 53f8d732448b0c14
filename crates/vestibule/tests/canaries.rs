//! That the canaries of every test (`house/canaries.rs`) sing: what travels is known, and seen in whatever form it comes out.

mod house;

use house::{APP, House, canaries::found_in, log::Log};

/// V69, R64
#[tokio::test]
async fn what_a_login_sends_about_is_known_and_seen_in_every_form() {
    let (log, _listening) = Log::listen();
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.browser.get(&callback).await;
    let query = callback.split_once('?').expect("a query").1;
    let parameters = url::form_urlencoded::parse(query.as_bytes());
    let code = parameters.into_owned().find(|(name, _)| name == "code").expect("a code").1;
    let hex: String = code.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [code.clone(), hex.clone(), hex.to_uppercase(), format!("x-{code}-y"), format!("\"{code}\\\"")] {
        assert!(found_in(&format!("a line with {form} in it")).is_some(), "{form}");
    }
    for cookie in house.browser.cookies().filter(|cookie| cookie.name.contains("vestibule-")) {
        assert!(found_in(&format!("{cookie:?} {}", cookie.value)).is_some(), "{}", cookie.name);
    }
    let token = house.provider.requests().into_iter().find(|request| request.path == "/token").expect("a request");
    let form = String::from_utf8_lossy(&token.body).into_owned();
    for name in ["code", "code_verifier"] {
        let value =
            url::form_urlencoded::parse(form.as_bytes()).find(|(own, _)| own == name).expect(name).1.into_owned();
        assert!(found_in(&value).is_some(), "{name}");
    }
    for planted in
        ["a secret: 100% ours", "client_secret=a+secret%3A+100%25+ours", "[7, 7, 7, 7, 7, 7]", "Alice Liddell"]
    {
        assert!(found_in(planted).is_some(), "{planted}");
    }
    assert_eq!(found_in(&format!("{APP}/profile is what somebody wanted, and my-app is who asked")), None);
    assert!(log.lines().iter().any(|line| line.contains("signed in")), "{:?}", log.lines());
}
