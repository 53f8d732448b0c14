//! The demo signs in with oidc-provider, an OpenID Provider that nobody here wrote, and out again.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

mod house;
mod own_keys;

use acceptance::{Failure, html, person::Person};
use serde_json::{Value, json};

use self::house::{Entry, House};

type Outcome = Result<(), Failure>;

#[tokio::test]
async fn a_client_with_a_secret_in_the_authorization_header_signs_in_and_out() -> Outcome {
    let entry = Entry::given("basic", "client_secret_basic", "RS256", "get");
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    house.in_and_out("basic").await?;
    assert_eq!((house.count("POST /token Basic 200"), house.count("GET /me Bearer 200")), (1, 1), "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn a_client_with_a_secret_in_the_body_signs_in_and_out() -> Outcome {
    let entry = Entry::given("post", "client_secret_post", "ES256", "post");
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    house.in_and_out("post").await?;
    assert_eq!((house.count("POST /token none 200"), house.count("POST /me none 200")), (1, 1), "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn a_public_client_signs_in_and_out() -> Outcome {
    let entry = Entry::given("public", "none", "RS256", "get");
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    house.in_and_out("public").await?;
    assert_eq!(house.count("POST /token none 200"), 1, "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn a_client_that_registers_itself_signs_in_and_out() -> Outcome {
    let Some(house) = House::open(&[Entry::registering("lab", "", "contacts = [\"ops@example.com\"]")])? else {
        return Ok(());
    };
    house.in_and_out("lab").await?;
    house.in_and_out("lab").await?;
    assert_eq!((house.count("POST /reg none 201"), house.count("POST /token Basic 200")), (1, 2), "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn a_client_that_registers_itself_gets_the_algorithm_and_the_method_that_it_asks_for() -> Outcome {
    let more = "id_token_signed_response_alg = \"ES256\"\ntoken_endpoint_auth_method = \"client_secret_post\"\nuserinfo = \"post\"";
    let public = "token_endpoint_auth_method = \"none\"\nid_token_signed_response_alg = \"EdDSA\"";
    let entries = [Entry::registering("lab", more, ""), Entry::registering("open", public, "")];
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.in_and_out("lab").await?;
    house.in_and_out("open").await?;
    assert_eq!((house.count("POST /reg none 201"), house.count("POST /token none 200")), (2, 2), "{}", house.story());
    assert_eq!((house.count("POST /me none 200"), house.count("GET /me Bearer 200")), (1, 1), "{}", house.story());
    Ok(())
}

/// Registration 3: a provider that does not register just anybody.
#[tokio::test]
async fn a_client_registers_itself_with_an_initial_access_token() -> Outcome {
    let right = Entry::registering("right", "", "initial_access_token = \"let-me-in\"");
    let wrong = Entry::registering("wrong", "", "initial_access_token = \"let-me-out\"");
    let Some(house) = House::open_with(&[right, wrong], Some("let-me-in"))? else { return Ok(()) };
    house.in_and_out("right").await?;
    assert_eq!(house.count("POST /reg Bearer 201"), 1, "{}", house.story());
    let page = Person::new()?.open(&house.demo.page("/auth/login/wrong")).await?;
    assert_eq!((page.address.as_str(), page.status.as_u16()), (house.demo.page("/auth/error").as_str(), 502));
    assert!(!house.story().contains("let-me"), "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn a_registration_and_a_session_outlast_a_restart() -> Outcome {
    let Some(house) = House::open(&[Entry::registering("lab", "", "")])? else { return Ok(()) };
    let person = Person::new()?;
    house.sign_in(&person, "lab").await?;
    let house = house.restart()?;
    let page = person.open(&house.demo.page("/profile")).await?;
    house.assert_profile(&page, "lab");
    let page = house.sign_out(&person, &page).await?;
    assert_eq!(page.address.as_str(), house.demo.page("/goodbye"), "{}", house.story());
    house.in_and_out("lab").await?;
    assert_eq!(house.count("POST /reg"), 1, "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn every_algorithm_of_the_provider_is_understood() -> Outcome {
    let algorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384",
        "HS512",
    ];
    let entries =
        algorithms.map(|algorithm| Entry::given(&algorithm.to_lowercase(), "client_secret_basic", algorithm, "get"));
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    Ok(())
}

/// Core 3.2 and 3.3: what comes through the browser, in a fragment and as a form. (The provider allows it with plain http to native
/// applications only.)
#[tokio::test]
async fn id_tokens_that_come_through_the_browser_are_understood() -> Outcome {
    let entry = |name: &str, response_type: &str, mode: &str, grants: Value| {
        let registered =
            json!({"response_types": [response_type], "grant_types": grants, "application_type": "native"});
        let settings = format!("response_type = \"{response_type}\"\n{mode}");
        Entry::given(name, "client_secret_basic", "RS256", "get").with(registered, &settings)
    };
    let (implicit, hybrid) = (json!(["implicit"]), json!(["implicit", "authorization_code"]));
    let form = "response_mode = \"form_post\"";
    let entries = [
        entry("id-token", "id_token", "", implicit.clone()),
        entry("id-token-form", "id_token", form, implicit),
        entry("hybrid", "code id_token", "", hybrid.clone()),
        entry("hybrid-form", "code id_token", form, hybrid),
        Entry::given("code-form", "client_secret_basic", "RS256", "get").with(json!({}), form),
    ];
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("POST /token Basic 200"), 3, "{}", house.story());
    Ok(())
}

/// Core 9: the secret signs who asks, and is not sent.
#[tokio::test]
async fn a_client_that_signs_with_its_secret_signs_in_and_out() -> Outcome {
    let algorithm = |alg: &str| {
        let registered = json!({"token_endpoint_auth_signing_alg": alg});
        let settings = format!("token_endpoint_auth_signing_alg = \"{alg}\"");
        Entry::given(&alg.to_lowercase(), "client_secret_jwt", "RS256", "get").with(registered, &settings)
    };
    let entries = [algorithm("HS256")];
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("POST /token none 200"), 1, "{}", house.story());
    assert!(!house.story().contains("100% sure"), "{}", house.story());
    Ok(())
}

/// Core 5.3.2
#[tokio::test]
async fn signed_userinfo_is_understood() -> Outcome {
    let entries = ["RS256", "PS256", "ES256", "EdDSA"].map(|alg| {
        let registered = json!({"userinfo_signed_response_alg": alg});
        let settings = format!("userinfo_signed_response_alg = \"{alg}\"");
        Entry::given(&alg.to_lowercase(), "client_secret_basic", "RS256", "get").with(registered, &settings)
    });
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    Ok(())
}

/// Core 3.1.2.1 and 5.5: how old a sign-in may be, and which claims are wanted besides those of the scope.
#[tokio::test]
async fn what_is_asked_of_a_sign_in_is_answered() -> Outcome {
    let asking = "scope = \"openid\"\nmax_age = 600\n\
                  claims = { userinfo = { name = { essential = true }, email = {} }, id_token = { auth_time = { essential = true } } }";
    let mut entry = Entry::given("asking", "client_secret_basic", "RS256", "get").with(json!({}), asking);
    entry.scope = "";
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    house.in_and_out("asking").await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_signs_nobody_in() -> Outcome {
    let mut entry = Entry::given("basic", "client_secret_basic", "RS256", "get");
    entry.client.as_mut().expect("a client")["client_secret"] = json!("another");
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    let page = house.sign_in(&Person::new()?, "basic").await?;
    assert_eq!((page.address.as_str(), page.status.as_u16()), (house.demo.page("/auth/error").as_str(), 502));
    assert_eq!(house.count("POST /token Basic 401"), 1, "{}", house.story());
    assert!(!house.demo.log().concat().contains("100% sure"), "{}", house.story());
    Ok(())
}

#[tokio::test]
async fn who_aborts_at_the_provider_is_told_so_and_can_try_again() -> Outcome {
    let entry = Entry::given("basic", "client_secret_basic", "RS256", "get");
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    let person = Person::new()?;
    let page = person.open(&house.demo.page("/profile")).await?;
    let abort = html::link(&page.html, "/abort").ok_or("a way to abort")?;
    let page = person.open(page.address.join(&abort)?.as_str()).await?;
    assert_eq!((page.address.as_str(), page.status.as_u16()), (house.demo.page("/auth/error").as_str(), 403));
    assert!(page.html.contains("You cancelled the sign-in.") && page.html.contains("access_denied"), "{}", page.html);
    let again = html::link(&page.html, "/auth/login/basic").ok_or("a way to try again")?;
    let page = person.open(&house.demo.page(&again)).await?;
    assert!(page.asks_for("password"), "{} {}", page.address, page.html);
    Ok(())
}
