use vestibule_core::{
    Client, SignatureAlgorithm, UserInfoMethod,
    userinfo::{UserInfoRequest, UserInfoResponse},
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::party::{ISSUER, NOW, Party, REDIRECT_URI, browser, provider, provider_at};

#[tokio::test]
async fn a_relying_party_gets_an_id_token_that_it_can_verify() {
    let provider = provider();
    let party = Party::rp(&provider).await.expect("discovery");
    let tokens = party.tokens("openid email").await.expect("tokens");
    let expected = party.client.expected_id_token(&party.metadata);
    let id_token = tokens.id_token().verify(&party.keys, &expected, NOW).expect("an ID Token");
    assert_eq!((id_token.subject().as_str(), id_token.auth_time()), ("alice", Some(NOW)));
    assert!(id_token.sid().is_some_and(|sid| sid.len() == 43));
    let names: Vec<String> = serde_json::from_slice::<serde_json::Map<_, _>>(&id_token.claims().to_json())
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(names, ["at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sid", "sub"]);

    let access_token = tokens.access_token().clone();
    let question = UserInfoRequest::new(
        &party.client,
        &party.metadata,
        UserInfoMethod::Get,
        access_token,
        id_token.subject().clone(),
    );
    let answer = crate::party::ask(&provider, question.expect("an endpoint")).await.expect("claims");
    let UserInfoResponse::Plain(claims) = answer else { panic!("no signature was agreed on") };
    assert_eq!(claims.to_json(), br#"{"admin":true,"email":"alice@example.com","sub":"alice"}"#);
}

#[tokio::test]
async fn every_algorithm_signs_for_the_client_that_registered_it() {
    let provider = DevelopmentProvider::new(ISSUER).expect("valid");
    provider.set_now(NOW);
    let secret = "x".repeat(64);
    for algorithm in SignatureAlgorithm::ALL {
        let registered = RegisteredClient::confidential("one", secret.as_str()).redirect_uri(REDIRECT_URI);
        let provider = provider.clone().client(registered.id_token_signed_response_alg(algorithm));
        let client = Client::confidential("one", secret.as_str()).id_token_signed_response_alg(algorithm);
        let party = Party::discover(&provider, client).await.expect("discovery");
        // A secret is not published.
        assert_eq!(party.keys.len(), usize::from(!algorithm.is_symmetric()), "{algorithm}");
        let tokens = party.tokens("openid").await.expect("tokens");
        let expected = party.client.expected_id_token(&party.metadata);
        assert!(tokens.id_token().verify(&party.keys, &expected, NOW).is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn an_issuer_may_have_a_path() {
    for issuer in ["http://127.0.0.1:3001/op", "http://127.0.0.1:3001/op/", "http://127.0.0.1:3001/:op/*x"] {
        let provider = provider_at(issuer);
        let party = Party::rp(&provider).await.expect("discovery");
        assert!(party.tokens("openid").await.is_ok(), "{issuer}");
        assert_eq!((provider.count("/token"), provider.count("/op/token")), (1, 0), "{issuer}");
    }
}

#[tokio::test]
async fn rotated_keys_have_new_kids_and_the_old_ones_are_gone() {
    let provider = provider();
    let party = Party::rp(&provider).await.expect("discovery");
    provider.rotate_keys();
    let tokens = party.tokens("openid").await.expect("tokens");
    let expected = party.client.expected_id_token(&party.metadata);
    let refused = tokens.id_token().verify(&party.keys, &expected, NOW).expect_err("the old keys");
    assert!(refused.to_string().contains("no key for ES256"), "{refused}");
    let party = Party::rp(&provider).await.expect("discovery");
    assert!(tokens.id_token().verify(&party.keys, &expected, NOW).is_ok());
}

#[tokio::test]
async fn the_provider_remembers_what_was_asked_and_forgets_it_when_told() {
    let provider = provider();
    let party = Party::rp(&provider).await.expect("discovery");
    party.tokens("openid").await.expect("tokens");
    let counts = ["/.well-known/openid-configuration", "/jwks", "/authorize", "/token", "/userinfo"];
    assert_eq!(counts.map(|path| provider.count(path)), [1, 1, 2, 1, 0]);
    let requests = provider.requests();
    let token = requests.iter().find(|request| request.path == "/token").expect("recorded");
    assert!(
        token.headers.contains_key("authorization") && token.body.starts_with(b"grant_type=authorization_code&code=")
    );
    provider.forget_requests();
    assert_eq!(provider.requests().len(), 0);
}

/// V69
#[tokio::test]
async fn debug_prints_neither_codes_nor_secrets() {
    let provider = provider();
    let party = Party::rp(&provider).await.expect("discovery");
    let mut browser = browser(&provider);
    let code = party.authorize(&mut browser, "openid").await.expect("a code");
    let page = browser.get(&crate::party::authorize_url(&[])).await;
    let tokens = party.redeem(code).await.expect("tokens");
    let printed = format!("{provider:?} {:?} {browser:?} {page:?} {:?}", provider.requests(), page.hops());
    let cookie = browser.cookies().next().expect("the provider's session").value.clone();
    let code = crate::party::parameter(page.url(), "code").expect("answered at once");
    for secret in [cookie.as_str(), code.as_str(), tokens.access_token().expose(), "s:%+é", "Basic "] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
