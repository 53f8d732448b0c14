//! What needs keys of our own: the provider fetches their public halves from the demo. (It knows no request objects that are unsigned,
//! or that it would have to fetch.)

use acceptance::person::Person;
use serde_json::{Value, json};

use crate::{
    Outcome,
    house::{Entry, House},
};

/// A given client whose keys the demo makes; the provider learns their place from `House`.
fn with_keys(name: &str, method: &str, registered: Value, settings: &str) -> Entry {
    Entry::given(name, method, "RS256", "get").with(registered, &format!("own_keys = true\n{settings}")).with_jwks_uri()
}

/// Core 9: a key signs who asks, and there is no secret.
#[tokio::test]
async fn a_client_that_signs_with_a_key_of_its_own_signs_in_and_out() -> Outcome {
    let entries = ["RS256", "PS256", "ES256", "EdDSA"].map(|alg| {
        let settings = format!("token_endpoint_auth_signing_alg = \"{alg}\"");
        with_keys(&alg.to_lowercase(), "private_key_jwt", json!({"token_endpoint_auth_signing_alg": alg}), &settings)
            .without_a_secret()
    });
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("POST /token none 200"), 4, "{}", house.story());
    for entry in &entries {
        assert!(house.provider.fetched().contains(&format!("/auth/jwks/{}", entry.name)), "{}", house.story());
    }
    Ok(())
}

/// Core 9: who holds another key is somebody else.
#[tokio::test]
async fn a_key_that_the_provider_does_not_know_signs_nobody_in() -> Outcome {
    let known = json!({"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]},
        "token_endpoint_auth_signing_alg": "ES256"});
    let settings = "own_keys = true\ntoken_endpoint_auth_signing_alg = \"ES256\"";
    let entry = Entry::given("other", "private_key_jwt", "RS256", "get").with(known, settings).without_a_secret();
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    let page = house.sign_in(&Person::new()?, "other").await?;
    assert_eq!((page.address.as_str(), page.status.as_u16()), (house.demo.page("/auth/error").as_str(), 502));
    assert_eq!(house.count("POST /token none 401"), 1, "{}", house.story());
    Ok(())
}

/// Registration 2: its `jwks_uri` is registered with everything else.
#[tokio::test]
async fn a_client_that_registers_itself_registers_its_keys() -> Outcome {
    let more = "token_endpoint_auth_method = \"private_key_jwt\"\ntoken_endpoint_auth_signing_alg = \"ES256\"\n\
                id_token_encrypted_response_alg = \"ECDH-ES\"\nrequest_object = \"by_value\"\n\
                request_object_signing_alg = \"RS256\"\nown_keys = true";
    let Some(house) = House::open(&[Entry::registering("lab", more, "require_signed_request_object = true")])? else {
        return Ok(());
    };
    house.in_and_out("lab").await?;
    house.in_and_out("lab").await?;
    assert_eq!((house.count("POST /reg none 201"), house.count("POST /token none 200")), (1, 2), "{}", house.story());
    Ok(())
}

/// Core 6.1; the provider refuses this client anything but signed request objects (RFC 9101 10.5).
#[tokio::test]
async fn what_is_asked_for_is_signed() -> Outcome {
    let mut entries = Vec::from(["RS256", "PS256", "ES256", "EdDSA"].map(|alg| {
        let registered = json!({"request_object_signing_alg": alg, "require_signed_request_object": true});
        let settings = format!("request_object = \"by_value\"\nrequest_object_signing_alg = \"{alg}\"");
        with_keys(&alg.to_lowercase(), "client_secret_basic", registered, &settings)
    }));
    // By the client secret, which needs no key.
    let registered = json!({"request_object_signing_alg": "HS256", "require_signed_request_object": true});
    let settings = "request_object = \"by_value\"\nrequest_object_signing_alg = \"HS256\"";
    entries.push(Entry::given("hs256", "client_secret_basic", "RS256", "get").with(registered, settings));
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    // Each begins to sign in twice.
    assert_eq!(house.count("GET /auth none 303 request of 3"), 2 * entries.len(), "{}", house.story());
    Ok(())
}

/// Core 6.1: for the key of the provider that fits.
#[tokio::test]
async fn what_is_asked_for_is_signed_and_encrypted() -> Outcome {
    let entries = [("rsa", "RSA-OAEP-256", "A256GCM"), ("ec", "ECDH-ES", "A128CBC-HS256")].map(|(name, alg, enc)| {
        let registered = json!({"request_object_signing_alg": "ES256", "require_signed_request_object": true,
            "request_object_encryption_alg": alg, "request_object_encryption_enc": enc});
        let settings = format!(
            "request_object = \"by_value\"\nrequest_object_signing_alg = \"ES256\"\n\
             request_object_encryption_alg = \"{alg}\"\nrequest_object_encryption_enc = \"{enc}\""
        );
        with_keys(name, "client_secret_basic", registered, &settings)
    });
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("GET /auth none 303 request of 5"), 2 * entries.len(), "{}", house.story());
    Ok(())
}

/// The other way round: that the tests above are about what the provider reads, and not about what it passes over.
#[tokio::test]
async fn a_request_object_that_was_not_agreed_on_is_refused_by_the_provider() -> Outcome {
    let registered = json!({"request_object_signing_alg": "PS256"});
    let settings = "request_object = \"by_value\"\nrequest_object_signing_alg = \"RS256\"";
    let entry = with_keys("other", "client_secret_basic", registered, settings);
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    let page = Person::new()?.open(&house.demo.page("/auth/login/other")).await?;
    assert!(!page.asks_for("password"), "{} {}", page.address, page.html);
    let errors = house.provider.errors();
    assert!(errors.iter().any(|error| error.starts_with("authorization invalid_request_object")), "{errors:?}");
    Ok(())
}

/// Core 10.2 and 16.14; RP-Initiated Logout 2: the hint at the end is the ID Token as it was signed, which the provider can read.
#[tokio::test]
async fn encrypted_id_tokens_are_understood() -> Outcome {
    let entries = [
        ("rsa", "RSA-OAEP-256", "A256GCM"),
        ("rsa-sha1", "RSA-OAEP", "A128CBC-HS256"),
        ("ec", "ECDH-ES", "A256GCM"),
        ("ec-default", "ECDH-ES", "A128CBC-HS256"),
        ("secret", "dir", "A256CBC-HS512"),
        ("wrapped", "A256KW", "A128GCM"),
    ]
    .map(|(name, alg, enc)| {
        let registered = json!({"id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": enc});
        let settings =
            format!("id_token_encrypted_response_alg = \"{alg}\"\nid_token_encrypted_response_enc = \"{enc}\"");
        with_keys(name, "client_secret_basic", registered, &settings)
    });
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("GET /session/end none 200 id_token_hint of 3"), entries.len(), "{}", house.story());
    Ok(())
}

/// Core 3.3 and 16.14: nor can the browser read what it carries.
#[tokio::test]
async fn an_encrypted_id_token_that_comes_through_the_browser_is_understood() -> Outcome {
    let registered = json!({"response_types": ["code id_token"], "grant_types": ["implicit", "authorization_code"],
        "application_type": "native", "id_token_encrypted_response_alg": "ECDH-ES",
        "id_token_encrypted_response_enc": "A256GCM"});
    let settings = "response_type = \"code id_token\"\nid_token_encrypted_response_alg = \"ECDH-ES\"\n\
                    id_token_encrypted_response_enc = \"A256GCM\"";
    let entry = with_keys("hybrid", "client_secret_basic", registered, settings);
    let Some(house) = House::open(&[entry])? else { return Ok(()) };
    let answer = house.answered(&Person::new()?, "hybrid").await?;
    let fragment = answer.address.fragment().ok_or("a fragment")?;
    let id_token =
        fragment.split('&').find_map(|parameter| parameter.strip_prefix("id_token=")).ok_or("an ID Token")?;
    assert_eq!(id_token.split('.').count(), 5, "{id_token}");
    house.in_and_out("hybrid").await
}

/// Core 5.3.2 and 16.14: signed, and then encrypted.
#[tokio::test]
async fn encrypted_userinfo_is_understood() -> Outcome {
    let entries = [("rsa", "RSA-OAEP-256", "RS256"), ("ec", "ECDH-ES", "ES256"), ("secret", "dir", "EdDSA")];
    let entries = entries.map(|(name, alg, signed)| {
        let registered = json!({"userinfo_signed_response_alg": signed, "userinfo_encrypted_response_alg": alg,
            "userinfo_encrypted_response_enc": "A256GCM"});
        let settings = format!(
            "userinfo_signed_response_alg = \"{signed}\"\nuserinfo_encrypted_response_alg = \"{alg}\"\n\
             userinfo_encrypted_response_enc = \"A256GCM\""
        );
        with_keys(name, "client_secret_basic", registered, &settings)
    });
    let Some(house) = House::open(&entries)? else { return Ok(()) };
    house.all_in_and_out(&entries).await?;
    assert_eq!(house.count("GET /me Bearer 200"), entries.len(), "{}", house.story());
    Ok(())
}
