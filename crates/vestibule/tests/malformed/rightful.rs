//! What is right, and worth being made wrong: a session, logins on their way back, a logout under way, an error, a wish.

use url::form_urlencoded;
use vestibule_provider::Browser;

use crate::{
    bench::{Stopped, stopped},
    house::{APP, House},
    target::Target,
};

/// Cookies by name.
pub(crate) type Jar = Vec<(String, String)>;

/// Everything that somebody holds who does everything right.
pub(crate) struct Rightful {
    house: House,
    /// What all names of cookies begin with.
    pub(crate) prefix: String,
    /// Of somebody who is signed in.
    pub(crate) session: Jar,
    /// Of somebody on the way back from the provider.
    pub(crate) login: Jar,
    /// The response that they bring.
    pub(crate) response: Stopped,
    /// Of somebody whose login failed, and of somebody at the provider's logout.
    pub(crate) error: Jar,
    pub(crate) logout: Jar,
    pub(crate) logout_state: String,
    pub(crate) logout_token: String,
}

impl Rightful {
    pub(crate) async fn of(target: &Target) -> Self {
        let mut house = target.house();
        house.sign_in("/inside", "alice").await;
        let session = jar(&house.browser);
        let prefix = session.iter().find_map(|(name, _)| name.strip_suffix("session")).expect("a session").to_owned();
        let (logout, logout_state) = at_the_logout(&house).await;
        let error = failed(&house).await;
        let response =
            Stopped { redirect_uri: String::new(), mode: vestibule::ResponseMode::Query, parameters: String::new() };
        let logout_token = target.op.logout_token("my-app").sid("somebody").sign();
        Self { house, prefix, session, login: Jar::new(), response, error, logout, logout_state, logout_token }
    }

    /// Somebody else, on the way back from this provider.
    pub(crate) async fn come_back_from(&mut self, provider: &str) {
        let mut browser = self.house.another_browser();
        self.response = stopped(&mut browser, &format!("/auth/login/{provider}?return_to=/inside"), "alice").await;
        self.login = jar(&browser);
        self.house.provider.forget_requests();
    }

    /// Whether whoever is signed in still is.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        self.house.browser.fetch(&format!("{APP}/inside")).await.status() == 200
    }

    /// One parameter of the response.
    pub(crate) fn said(&self, name: &str) -> String {
        self.response.parameter(name).unwrap_or_default()
    }

    /// The parameters of the response.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.response.parameters.as_bytes()).into_owned().collect()
    }
}

/// All cookies of ours, but the one that counts round trips, which every sign-in leaves for a minute.
fn jar(browser: &Browser) -> Jar {
    let is_ours = |name: &str| name.contains("vestibule-") && !name.ends_with("trips");
    let ours = browser.cookies().filter(|cookie| is_ours(&cookie.name));
    ours.map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
}

async fn failed(house: &House) -> Jar {
    let mut browser = house.another_browser();
    browser.get_without_redirects(&format!("{APP}/auth/callback/corp?error=access_denied&state=x")).await;
    jar(&browser)
}

async fn at_the_logout(house: &House) -> (Jar, String) {
    let mut browser = house.another_browser();
    let page = browser.get(&format!("{APP}/inside")).await;
    browser.sign_in_as(&page, "bob").await;
    let page = browser.get(&format!("{APP}/auth/logout")).await;
    let page = browser.submit_without_redirects(&page, "logout", &[]).await;
    let to = page.header("location").map(str::to_owned).unwrap_or_else(|| page.text().to_owned());
    let state = to.split("state=").nth(1).unwrap_or_default().split('&').next().unwrap_or_default().to_owned();
    assert!(!state.is_empty(), "{to}");
    (jar(&browser), state)
}
