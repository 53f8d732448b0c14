//! What is peculiar about well-known providers. None of them is asked: nobody answers here.

use vestibule::{
    Client, Provider, SecretKey, Tokens, UserInfoMethod, Vestibule, core::http_client::Answer, examination::Code,
};

#[derive(Clone)]
struct Nobody(Option<u16>);

impl vestibule::HttpClient for Nobody {
    fn send(&self, _: http::Request<bytes::Bytes>, _: vestibule::core::Limits) -> Answer<'_> {
        let answer = match self.0 {
            Some(status) => Ok(http::Response::builder().status(status).body(bytes::Bytes::new()).expect("an answer")),
            None => Err(vestibule::HttpError::Connect("nobody is there".into())),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// What is said of a provider with this issuer.
async fn said(issuer: &str, status: Option<u16>, settings: impl FnOnce(Provider) -> Provider) -> String {
    let provider = Provider::discovered(issuer, Client::confidential("my-app", "a secret")).expect("an issuer");
    let vestibule = Vestibule::builder("https://app.example.com")
        .secret_key(SecretKey::generate())
        .tokens(Tokens::Keep)
        .http_client(Nobody(status))
        .provider("known", settings(provider))
        .build()
        .expect("settings");
    let examination = vestibule.examine().await;
    let quirks = examination.findings().iter().filter(|finding| finding.code() == Code::KnownQuirk);
    quirks.map(|finding| format!("{} -> {}\n", finding.sentence(), finding.remedy().expect("a remedy"))).collect()
}

#[tokio::test]
async fn each_known_provider_is_told_what_it_is_known_for() {
    let tenant = "5a6b2a1e-0000-4000-8000-000000000000";
    for (issuer, scope, expected) in [
        ("https://login.microsoftonline.com/common/v2.0", "openid", "/common, /organizations and /consumers"),
        ("https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0", "openid", "its id (a GUID)"),
        (&format!("https://login.microsoftonline.com/{tenant}"), "openid", "add /v2.0"),
        ("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_x/v2.0", "openid", "/tfp/"),
        ("https://accounts.google.com", "openid", "access_type=offline"),
        ("https://accounts.google.com", "openid offline_access", "no scope offline_access"),
        ("https://accounts.google.com", "openid", "no end_session_endpoint"),
        ("https://contoso.eu.auth0.com", "openid", "ends with a slash"),
        ("https://contoso.eu.auth0.com/", "openid", "parameter audience"),
        ("https://contoso.okta.com", "openid", "oauth2/default"),
        ("https://appleid.apple.com", "openid name", "form_post"),
        ("https://appleid.apple.com", "openid", "six months"),
        ("https://gitlab.com", "openid email", "ticked"),
        ("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x", "openid", "logout_uri"),
        ("https://id.example.com/application/o/app", "openid", "Authentik"),
        ("https://id.example.com/dex", "openid", "offline_access"),
        ("https://id.example.com/adfs", "openid", "userinfo"),
        ("https://login.salesforce.com", "openid", "subject is a URL"),
        ("https://contoso.my.salesforce.com", "openid", "subject is a URL"),
    ] {
        let said = said(issuer, None, |provider| provider.scope(scope)).await;
        assert!(said.contains(expected), "{issuer}: {expected}: {said}");
    }
}

#[tokio::test]
async fn nothing_is_said_where_it_does_not_matter() {
    let tenant = "https://login.microsoftonline.com/5a6b2a1e-0000-4000-8000-000000000000/v2.0";
    assert_eq!(said(tenant, None, |provider| provider).await, "");
    assert_eq!(said("https://id.example.com", None, |provider| provider.scope("openid email")).await, "");
    assert_eq!(said("https://id.example.com/application/o/app/", None, |provider| provider).await, "");
    assert_eq!(said("https://id.example.com/dex", None, |provider| provider.scope("openid offline_access")).await, "");
    assert_eq!(said("https://contoso.okta.com/oauth2/default", None, |provider| provider).await, "");
    // V3: a name that ends alike is another's.
    assert_eq!(said("https://notauth0.com", None, |provider| provider).await, "");
    assert_eq!(said("https://auth0.com.example.com", None, |provider| provider).await, "");
    let google = said("https://accounts.google.com", None, |provider| {
        provider.authorization_parameter("access_type", "offline")
    });
    assert!(!google.await.contains("refresh token"));
}

#[tokio::test]
async fn keycloak_and_zitadel_are_told_by_what_goes_wrong_and_what_is_off() {
    let old = said("https://id.example.com/auth/realms/staff", Some(404), |provider| provider).await;
    assert!(old.contains("without /auth"), "{old}");
    let new = said("https://id.example.com/realms/staff", Some(404), |provider| provider).await;
    assert!(new.contains("https://HOST/auth/realms/REALM"), "{new}");
    assert_eq!(said("https://id.example.com/realms/staff", None, |provider| provider).await, "");
    let off = said("https://contoso.zitadel.cloud", None, |provider| provider.userinfo(UserInfoMethod::Off)).await;
    assert!(off.contains("User Info inside ID Token"), "{off}");
    assert_eq!(said("https://contoso.zitadel.cloud", None, |provider| provider).await, "");
}

/// V100: whoever lists tenants has the issuer that they should have.
#[tokio::test]
async fn of_tenants_that_are_listed_nothing_is_said() {
    let issuer = "https://login.microsoftonline.com/organizations/v2.0";
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    assert_eq!(said(issuer, None, |provider| provider.tenants([tenant])).await, "");
    assert!(said(issuer, None, |provider| provider).await.contains("are no issuers"));
}
