//! What is sent to redeem a code.

use super::*;

/// Core 3.1.3.1, RFC 7636 4.5
#[test]
fn the_request_redeems_the_code_with_its_verifier_and_the_exact_redirect_uri() {
    let request = sent(&Client::confidential("rp", "secret"), &metadata());
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
    let expected: HashMap<_, _> = [
        ("grant_type", "authorization_code"),
        ("code", "canary-code/+"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", code().code_verifier.expose()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(form(&request), expected);
}

/// R1: RFC 7636 4.6, as the provider will do it.
#[test]
fn the_verifier_of_the_request_hashes_to_the_challenge_that_was_sent() {
    let client = Client::public("rp");
    let request = AuthorizationRequest::new(REDIRECT_URI, "openid");
    let url = client.authorize(&metadata(), &request, &PendingLogin::begin(entropy(), NOW));
    let (_, challenge) = url.query_pairs().find(|(name, _)| name == "code_challenge").expect("a challenge");
    let verifier = form(&sent(&client, &metadata())).remove("code_verifier").expect("a verifier");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    assert_eq!(challenge, crate::jose::base64url::encode(hash));
}

/// R54
#[test]
fn basic_authentication_decodes_at_the_provider_to_what_we_hold() {
    for (id, secret) in [("rp", "secret"), ("a:b c", "a:b%+é"), ("rp", "canary&=\"'\\/?#")] {
        let request = sent(&Client::confidential(id, secret), &metadata());
        let value = &request.headers()[header::AUTHORIZATION];
        assert!(value.is_sensitive());
        let encoded = value.to_str().expect("ASCII").strip_prefix("Basic ").expect("Basic");
        let joined = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8");
        let (sent_id, sent_secret) = joined.split_once(':').expect("a colon");
        let pair = format!("id={sent_id}&secret={sent_secret}");
        let decoded: Vec<_> = form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect();
        assert_eq!(decoded, [id, secret]);
        let form = form(&request);
        assert!(!form.contains_key("client_secret") && !form.contains_key("client_id"));
    }
}

/// Core 9
#[test]
fn post_authentication_puts_id_and_secret_in_the_body_and_nowhere_else() {
    let client =
        Client::confidential("rp", "a:b%+é").token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
    let request = sent(&client, &metadata());
    let form = form(&request);
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("rp", "a:b%+é"));
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
}

/// RFC 6749 3.2.1
#[test]
fn a_public_client_only_says_who_it_is() {
    let request = sent(&Client::public("rp"), &metadata());
    let form = form(&request);
    assert_eq!(form["client_id"], "rp");
    assert!(!form.contains_key("client_secret"));
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
}

/// V87: from the metadata, never by trial.
#[test]
fn the_authentication_method_is_the_one_that_the_metadata_offers() {
    let method = |metadata: &ProviderMetadata| {
        let request = sent(&Client::confidential("rp", "s"), metadata);
        (request.headers().contains_key(header::AUTHORIZATION), form(&request).contains_key("client_secret"))
    };
    let (basic, post) = ((true, false), (false, true));
    // Discovery 3: "If omitted, the default is client_secret_basic".
    assert_eq!(method(&metadata()), basic);
    assert_eq!(method(&offering(&["client_secret_basic"])), basic);
    assert_eq!(method(&offering(&["client_secret_post", "client_secret_basic"])), basic);
    assert_eq!(method(&offering(&["private_key_jwt", "client_secret_post"])), post);
    for offered in [&["private_key_jwt", "none"][..], &["CLIENT_SECRET_BASIC"], &[]] {
        let refused = Client::confidential("rp", "s").redeem(&offering(offered), REDIRECT_URI, code()).err();
        let reason = InvalidMetadata::Unsupported {
            what: "client authentication by",
            wanted: "client_secret_basic",
            member: "token_endpoint_auth_methods_supported",
            offered: Excerpt::new(&offered.join(" ")),
        };
        assert_eq!(refused, Some(reason));
    }
}

/// V87
#[test]
fn a_method_that_was_set_is_used_whatever_the_metadata_offers() {
    let client = Client::confidential("rp", "s").token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
    assert!(form(&sent(&client, &offering(&["client_secret_basic"]))).contains_key("client_secret"));
    assert!(
        !sent(&Client::public("rp"), &offering(&["client_secret_basic"])).headers().contains_key(header::AUTHORIZATION)
    );
}

/// R53, V87
#[test]
fn neither_code_nor_verifier_nor_secret_is_in_the_url() {
    for (method, endpoint) in [
        (TokenEndpointAuthMethod::ClientSecretBasic, TOKEN_ENDPOINT),
        (TokenEndpointAuthMethod::ClientSecretPost, "https://login.example.com/token?tenant=a%20b"),
    ] {
        let client = Client::confidential("rp", "canary-secret").token_endpoint_auth_method(method);
        let request = sent(&client, &metadata_with(&[("token_endpoint", json!(endpoint))]));
        // RFC 6749 3.2: a query of the endpoint's own stays, and nothing is added to it.
        assert_eq!(request.uri(), endpoint);
        for (name, value) in request.headers() {
            assert!(name == header::AUTHORIZATION || !value.to_str().expect("ASCII").contains("canary"), "{name}");
        }
    }
}
