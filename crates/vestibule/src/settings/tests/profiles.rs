//! What the other profiles need: what is asked for, what is agreed on, what is registered.

use std::time::Duration;

use serde_json::json;
use vestibule_core::{
    AuthorizationRequest, Client, ClientMetadata, ContentEncryptionAlgorithm as Enc, KeyManagementAlgorithm as Alg,
    ResponseMode, ResponseType, SignatureAlgorithm, TokenEndpointAuthMethod,
    registration::{ApplicationType, SubjectType, TlsClientAuthSubject},
};

use super::*;
use crate::{
    settings::{agreement_table::AgreementTable, registration_table::RegistrationTable},
    wish::Wish,
};

const NAME: &str = "corp";

fn context() -> Context<'static> {
    Context { name: NAME, folder: Path::new(""), environment: &|_| None }
}

fn table<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect(text)
}

/// Core 3.1.2.1
#[test]
fn what_a_login_asks_for_is_what_the_file_says() {
    let vestibule = accepts(&corp(
        r#"
        scope = "openid email"
        response_type = "id_token code"
        response_mode = "form_post"
        max_age = 300
        acr_values = ["phr", "phrh"]
        essential_acr = ["phr"]
        claims = { userinfo = { email = { essential = true } } }
        resource = ["https://api.example.com/a", "https://api.example.com/b"]
        authorization_parameters = { ui_locales = "en" }
        "#,
    ));
    let expected = AuthorizationRequest::new("http://localhost:3000/auth/callback/corp", "openid email")
        .response_type(ResponseType::CodeIdToken)
        .response_mode(ResponseMode::FormPost)
        .and_then(|request| request.max_age(300).acr_values(["phr", "phrh"]).essential_acr(["phr"]))
        .and_then(|request| request.claims(json!({"userinfo": {"email": {"essential": true}}})))
        .and_then(|request| request.resource("https://api.example.com/a"))
        .and_then(|request| request.resource("https://api.example.com/b"))
        .expect("a request")
        .ui_locales("en");
    let asked = vestibule.door().provider(NAME).map(|provider| provider.authorization_request(&Wish::default()));
    assert_eq!(asked, Some(expected));
}

/// Core 3.1.2.1: what a page wants comes on top, and of two ages the lower one counts.
#[test]
fn a_wish_comes_on_top_of_what_every_login_asks_for() {
    let vestibule = accepts(&corp("max_age = 300\nacr_values = [\"phr\"]"));
    let asked = |max_age| {
        let mut wish = Wish::with_login_hint(Some("alice".to_owned()));
        wish.demand = wish.demand.max_age(Duration::from_secs(max_age));
        vestibule.door().provider(NAME).map(|provider| provider.authorization_request(&wish))
    };
    for (wished, counts) in [(60, 60), (600, 300)] {
        let expected = AuthorizationRequest::new("http://localhost:3000/auth/callback/corp", "openid")
            .max_age(counts)
            .acr_values(["phr"])
            .login_hint("alice");
        assert_eq!(asked(wished), Some(expected), "{wished}");
    }
}

#[test]
fn what_cannot_be_asked_for_is_named() {
    for (text, expected) in [
        ("response_type = \"token\"", "provider.corp.response_type = 'token': not a response type that is offered"),
        ("response_type = \"id_token\"\nresponse_mode = \"query\"", "provider.corp.response_mode: response_mode query"),
        ("claims = { email = true }", "provider.corp.claims: claims is not"),
        ("essential_acr = [\"\"]", "provider.corp.essential_acr: the acr value"),
        ("resource = [\"api\"]", "provider.corp.resource: the resource 'api'"),
        ("max_age = -1", "provider.corp.max_age"),
        ("authorization_parameters = { nonce = \"n\" }", "provider.corp.authorization_parameters"),
        ("authorization_parameters = { resource = \"api\" }", "provider.corp.authorization_parameters"),
        ("tenants = []", "provider.corp.tenants"),
        ("tenants = [\"t-1\", \"common\"]", "provider.corp.tenants"),
    ] {
        let error = error(&corp(text));
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// Registration 2: the one that is given has it registered, the one that registers itself asks for it.
#[test]
fn what_is_agreed_on_is_the_same_for_a_given_client_and_for_one_that_registers_itself() {
    let agreement: AgreementTable = table(
        r#"
        token_endpoint_auth_method = "private_key_jwt"
        token_endpoint_auth_signing_alg = "ES256"
        assertion_audience = "token_endpoint"
        assertion_typ = "client-authentication+jwt"
        id_token_signed_response_alg = "PS256"
        id_token_encrypted_response_alg = "RSA-OAEP-256"
        userinfo_signed_response_alg = "ES384"
        userinfo_encrypted_response_alg = "ECDH-ES"
        userinfo_encrypted_response_enc = "A256GCM"
        request_object_signing_alg = "RS256"
        request_object_encryption_alg = "ECDH-ES+A128KW"
        request_object_encryption_enc = "A128GCM"
        "#,
    );
    let client = agreement.client(Client::public("my-app"), context()).expect("a client");
    assert_eq!(client.id_token_encryption().map(|one| (one.alg, one.enc)), Some((Alg::RsaOaep256, Enc::A128CbcHs256)));
    assert_eq!(client.userinfo_signature(), Some(SignatureAlgorithm::Es384));
    assert_eq!(client.userinfo_encryption().map(|one| (one.alg, one.enc)), Some((Alg::EcdhEs, Enc::A256Gcm)));
    assert_eq!(client.signs_request_objects_with(), Some(SignatureAlgorithm::Rs256));
    let objects = client.encrypts_request_objects_with().map(|one| (one.alg, one.enc));
    assert_eq!(objects, Some((Alg::EcdhEsA128Kw, Enc::A128Gcm)));
    for (shown, what) in [("TokenEndpoint", "audience"), ("ClientAuthenticationJwt", "typ"), ("Es256", "alg")] {
        assert!(format!("{client:?}").contains(shown), "{what}");
    }

    let asked = agreement.metadata(ClientMetadata::new("Album"), context()).expect("client metadata");
    let expected = ClientMetadata::new("Album")
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .token_endpoint_auth_signing_alg(SignatureAlgorithm::Es256)
        .id_token_signed_response_alg(SignatureAlgorithm::Ps256)
        .id_token_encrypted_response_alg(Alg::RsaOaep256)
        .id_token_encrypted_response_enc(Enc::A128CbcHs256)
        .userinfo_signed_response_alg(SignatureAlgorithm::Es384)
        .userinfo_encrypted_response_alg(Alg::EcdhEs)
        .userinfo_encrypted_response_enc(Enc::A256Gcm)
        .request_object_signing_alg(SignatureAlgorithm::Rs256)
        .request_object_encryption_alg(Alg::EcdhEsA128Kw)
        .request_object_encryption_enc(Enc::A128Gcm);
    assert_eq!(format!("{asked:?}"), format!("{expected:?}"));
}

#[test]
fn what_is_only_half_agreed_on_is_named() {
    for (text, expected) in [
        ("id_token_encrypted_response_enc = \"A256GCM\"", "provider.corp.id_token_encrypted_response_enc"),
        ("request_object_signing_alg = \"none\"", "provider.corp.request_object_signing_alg"),
        ("insecure_unsigned_request_objects = true", "provider.corp.insecure_unsigned_request_objects"),
        ("id_token_encrypted_response_alg = \"RSA1_5\"", "provider.corp.id_token_encrypted_response_alg"),
        ("token_endpoint_auth_method = \"magic\"", "provider.corp.token_endpoint_auth_method"),
    ] {
        let error = error(&corp(text));
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// Registration 2, 2.1; RFC 8705 2.1.2
#[test]
fn what_is_registered_is_what_the_file_says() {
    let registration: RegistrationTable = table(
        r#"
        client_name = "Album"
        "client_name#de" = "Fotoalbum"
        "logo_uri#de" = "https://app.example.com/logo-de"
        application_type = "native"
        grant_types = ["refresh_token"]
        redirect_uris = ["https://app.example.com/old"]
        post_logout_redirect_uris = ["https://app.example.com/bye"]
        subject_type = "pairwise"
        sector_identifier_uri = "https://app.example.com/sector"
        default_max_age = 3600
        require_auth_time = true
        default_acr_values = ["phr"]
        require_signed_request_object = true
        tls_client_auth_san_dns = "app.example.com"
        tls_client_certificate_bound_access_tokens = true
        software_id = "album"
        software_version = "2"
        software_statement = "statement"
        "#,
    );
    let expected = ClientMetadata::new("Album")
        .sector_identifier_uri("https://app.example.com/sector")
        .software_id("album")
        .software_version("2")
        .redirect_uri("https://app.example.com/old")
        .post_logout_redirect_uri("https://app.example.com/bye")
        .default_acr_value("phr")
        .application_type(ApplicationType::Native)
        .refresh_tokens()
        .subject_type(SubjectType::Pairwise)
        .default_max_age(3600)
        .require_auth_time()
        .require_signed_request_object()
        .tls_client_certificate_bound_access_tokens()
        .software_statement("statement")
        .client_name_in("de", "Fotoalbum")
        .logo_uri_in("de", "https://app.example.com/logo-de")
        .tls_client_auth_subject(TlsClientAuthSubject::SanDns("app.example.com".to_owned()));
    let asked = registration.metadata(context()).expect("client metadata");
    assert_eq!(format!("{asked:?}"), format!("{expected:?}"));
}

#[test]
fn a_registration_that_cannot_be_is_named() {
    let lab = |rest: &str| {
        file(&format!(
            "[provider.lab]\nissuer = \"http://127.0.0.1:3001\"\n[provider.lab.registration]\nclient_name = \"Album\"\n{rest}"
        ))
    };
    for (text, expected) in [
        ("\"contacts#de\" = \"a\"", "provider.lab.registration.contacts#de: there is no such setting"),
        ("\"client_name#de\" = 1", "provider.lab.registration.client_name#de: it must be a string"),
        ("grant_types = [\"password\"]", "provider.lab"),
        (
            "tls_client_auth_subject_dn = \"CN=a\"\ntls_client_auth_san_dns = \"a\"",
            "provider.lab.registration.tls_client_auth_subject_dn: another",
        ),
    ] {
        let error = error(&lab(text));
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
