//! The demo beside oidc-provider, and what it asks there.

use acceptance::{
    Failure,
    demo::{Demo, at_a_free_place},
    folder::Folder,
    html,
    oidc_provider::OidcProvider,
    person::{Page, Person},
};
use serde_json::{Value, json};

use crate::Outcome;

/// As awkward as a secret may be (RFC 6749 A.2): what is not encoded right, or not decoded, does not arrive.
pub(crate) const SECRET: &str = "a secret: 100% sure, a+b & \"c\" = \\d/ and long enough for HS512, really?";

/// The demo, and the provider that it signs in with.
pub(crate) struct House {
    pub(crate) demo: Demo,
    pub(crate) provider: OidcProvider,
    folder: Folder,
    settings: String,
}

/// One `[provider.NAME]` and the client that the provider knows for it, if it is given.
pub(crate) struct Entry {
    pub(crate) name: String,
    table: String,
    /// A line of the settings, where the table has none.
    pub(crate) scope: &'static str,
    pub(crate) client: Option<Value>,
}

/// What scope most ask for.
const SCOPE: &str = "scope = \"openid profile email\"\n";

impl Entry {
    /// A client that the provider knows already.
    pub(crate) fn given(name: &str, token_endpoint_auth_method: &str, algorithm: &str, userinfo: &str) -> Self {
        let is_public = token_endpoint_auth_method == "none";
        let mut client = json!({
            "client_id": format!("{name}: the one"),
            "token_endpoint_auth_method": token_endpoint_auth_method,
            "id_token_signed_response_alg": algorithm,
        });
        let mut secret = String::new();
        if !is_public {
            client["client_secret"] = json!(SECRET);
            secret = format!("client_secret = {}\n", json!(SECRET));
        }
        let table = format!(
            "client_id = \"{name}: the one\"\n{secret}id_token_signed_response_alg = \"{algorithm}\"\n\
             token_endpoint_auth_method = \"{token_endpoint_auth_method}\"\nuserinfo = \"{userinfo}\"\n"
        );
        Self { name: name.to_owned(), table, scope: SCOPE, client: Some(client) }
    }

    /// More that the provider has registered, and more settings.
    pub(crate) fn with(mut self, registered: Value, settings: &str) -> Self {
        if let (Some(client), Value::Object(members)) = (&mut self.client, registered) {
            for (name, value) in members {
                client[name] = value;
            }
        }
        Self { table: format!("{}{settings}\n", self.table), ..self }
    }

    /// Whose keys are where the demo publishes them.
    pub(crate) fn with_jwks_uri(mut self) -> Self {
        // Where that is, is not known yet.
        let place = format!("/auth/jwks/{}", self.name);
        self.client.iter_mut().for_each(|client| client["jwks_uri"] = json!(place));
        self
    }

    /// Neither of them has a secret.
    pub(crate) fn without_a_secret(mut self) -> Self {
        let members = self.client.as_mut().and_then(Value::as_object_mut);
        members.into_iter().for_each(|members| drop(members.remove("client_secret")));
        let lines = self.table.lines().filter(|line| !line.starts_with("client_secret ="));
        Self { table: lines.flat_map(|line| [line, "\n"]).collect(), ..self }
    }

    /// A client that registers itself; `more` are further settings of the provider.
    pub(crate) fn registering(name: &str, more: &str, registration: &str) -> Self {
        let table = format!(
            "{more}\n[provider.{name}.registration]\nclient_name = \"The \\\"demo\\\" & more\"\n{registration}\n"
        );
        Self { name: name.to_owned(), table, scope: SCOPE, client: None }
    }
}

impl House {
    pub(crate) fn open(entries: &[Entry]) -> Result<Option<Self>, Failure> {
        Self::open_with(entries, None)
    }

    pub(crate) fn open_with(entries: &[Entry], initial_access_token: Option<&str>) -> Result<Option<Self>, Failure> {
        at_a_free_place(|place| {
            let base = format!("http://localhost:{}", place.port);
            let clients = entries.iter().filter_map(|entry| {
                let mut client = entry.client.clone()?;
                client["redirect_uris"] = json!([format!("{base}/auth/callback/{}", entry.name)]);
                client["post_logout_redirect_uris"] = json!([format!("{base}/auth/logged_out")]);
                if let Some(place) = client["jwks_uri"].as_str() {
                    client["jwks_uri"] = json!(format!("{base}{place}"));
                }
                Some(client)
            });
            let Some(provider) = OidcProvider::start(&clients.collect(), initial_access_token)? else {
                return Ok(None);
            };
            let folder = Folder::new()?;
            let settings = settings(&base, place.port, provider.issuer(), entries);
            let demo = Demo::with_settings(&folder, &settings)?;
            Ok(Some(Self { demo, provider, folder, settings }))
        })
    }

    /// The demo ends, and another one begins with the same settings.
    pub(crate) fn restart(self) -> Result<Self, Failure> {
        let Self { demo, provider, folder, settings } = self;
        drop(demo);
        Ok(Self { demo: Demo::with_settings(&folder, &settings)?, provider, folder, settings })
    }

    /// From the start of a sign-in to where it ends, as alice.
    pub(crate) async fn sign_in(&self, person: &Person, name: &str) -> Result<Page, Failure> {
        let page = self.answered(person, name).await?;
        self.handed_over(person, page, name).await
    }

    /// From the start of a sign-in to where the provider's answer leads, as alice.
    pub(crate) async fn answered(&self, person: &Person, name: &str) -> Result<Page, Failure> {
        let page = person.open(&self.demo.page(&format!("/auth/login/{name}?return_to=%2Fprofile"))).await?;
        let page = person.submit(&page, "/interaction/", &[("login", "alice"), ("password", "-")]).await?;
        // Somebody who consented before is not asked again.
        let asks_for_consent = html::forms(&page.html).iter().any(|form| form.action.contains("/interaction/"));
        if asks_for_consent { person.submit(&page, "/interaction/", &[]).await } else { Ok(page) }
    }

    /// What scripts do: that of the provider's page, whose form has the answer, or that of the demo's, which hands over the fragment.
    async fn handed_over(&self, person: &Person, page: Page, name: &str) -> Result<Page, Failure> {
        let callback = format!("/auth/callback/{name}");
        if !html::forms(&page.html).iter().any(|form| form.action.ends_with(&callback)) {
            return Ok(page);
        }
        let fragment = page.address.fragment().map(str::to_owned);
        let filled_in: Vec<_> = fragment.iter().map(|fragment| ("fragment", fragment.as_str())).collect();
        person.submit(&page, &callback, &filled_in).await
    }

    /// By the button of the page, and the one of the provider.
    pub(crate) async fn sign_out(&self, person: &Person, page: &Page) -> Result<Page, Failure> {
        let page = person.submit(page, "/auth/logout", &[]).await?;
        person.submit(&page, "/session/end/confirm", &[("logout", "yes")]).await
    }

    /// Each of them, from a stranger to a stranger again.
    pub(crate) async fn all_in_and_out(&self, entries: &[Entry]) -> Outcome {
        for entry in entries {
            self.in_and_out(&entry.name).await?;
        }
        Ok(())
    }

    /// Everything from a stranger to a stranger again.
    pub(crate) async fn in_and_out(&self, name: &str) -> Outcome {
        let person = Person::new()?;
        let page = self.sign_in(&person, name).await?;
        self.assert_profile(&page, name);
        let page = self.sign_out(&person, &page).await?;
        assert_eq!(page.address.as_str(), self.demo.page("/goodbye"), "{name}: {}", self.story());
        let page = person.open(&self.demo.page("/")).await?;
        assert!(page.html.contains("you are a stranger"), "{name}: {}", self.story());
        // The provider has forgotten the person too.
        let page = person.open(&self.demo.page(&format!("/auth/login/{name}"))).await?;
        assert!(page.asks_for("password"), "{name}: {} {}", page.address, page.html);
        assert_eq!(self.provider.errors(), Vec::<String>::new(), "{name}");
        Ok(())
    }

    pub(crate) fn assert_profile(&self, page: &Page, name: &str) {
        assert_eq!(page.address.as_str(), self.demo.page("/profile"), "{name}: {}\n{}", page.html, self.story());
        for part in ["Alice Liddell", "alice@example.com", self.provider.issuer()] {
            assert!(page.html.replace("&#x2f;", "/").contains(part), "{name}: {part} in {}", page.html);
        }
    }

    /// How often the provider was asked this.
    pub(crate) fn count(&self, asked: &str) -> usize {
        self.provider.asked().iter().filter(|line| line.starts_with(asked)).count()
    }

    pub(crate) fn story(&self) -> String {
        [self.demo.log(), self.provider.asked(), self.provider.errors()].concat().join("\n")
    }
}

fn settings(base: &str, port: u16, issuer: &str, entries: &[Entry]) -> String {
    let head = format!(
        "base_url = \"{base}\"\nafter_logout = \"/goodbye\"\nsecret_key = \"{}\"\n\
         registration_directory = \"registrations\"\n[demo]\nlisten = \"127.0.0.1:{port}\"\n",
        "Q".repeat(43)
    );
    let tables = entries
        .iter()
        .map(|Entry { name, table, scope, .. }| format!("[provider.{name}]\nissuer = \"{issuer}\"\n{scope}{table}"));
    std::iter::once(head).chain(tables).collect()
}
