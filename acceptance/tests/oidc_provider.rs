//! The demo signs in with oidc-provider, an OpenID Provider that nobody here wrote, and out again.

use acceptance::{
    Failure,
    demo::{Demo, at_a_free_place},
    folder::Folder,
    html,
    oidc_provider::OidcProvider,
    person::{Page, Person},
};
use serde_json::{Value, json};

type Outcome = Result<(), Failure>;

/// As awkward as a secret may be (RFC 6749 A.2): what is not encoded right, or not decoded, does not arrive.
const SECRET: &str = "a secret: 100% sure, a+b & \"c\" = \\d/ and long enough for HS512, really?";

/// The demo, and the provider that it signs in with.
struct House {
    demo: Demo,
    provider: OidcProvider,
    folder: Folder,
    settings: String,
}

/// One `[provider.NAME]` and the client that the provider knows for it, if it is given.
struct Entry {
    name: String,
    table: String,
    /// A line of the settings, where the table has none.
    scope: &'static str,
    client: Option<Value>,
}

/// What scope most ask for.
const SCOPE: &str = "scope = \"openid profile email\"\n";

impl Entry {
    /// A client that the provider knows already.
    fn given(name: &str, token_endpoint_auth_method: &str, algorithm: &str, userinfo: &str) -> Self {
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
    fn with(mut self, registered: Value, settings: &str) -> Self {
        if let (Some(client), Value::Object(members)) = (&mut self.client, registered) {
            for (name, value) in members {
                client[name] = value;
            }
        }
        Self { table: format!("{}{settings}\n", self.table), ..self }
    }

    /// A client that registers itself; `more` are further settings of the provider.
    fn registering(name: &str, more: &str, registration: &str) -> Self {
        let table = format!(
            "{more}\n[provider.{name}.registration]\nclient_name = \"The \\\"demo\\\" & more\"\n{registration}\n"
        );
        Self { name: name.to_owned(), table, scope: SCOPE, client: None }
    }
}

impl House {
    fn open(entries: &[Entry]) -> Result<Option<Self>, Failure> {
        Self::open_with(entries, None)
    }

    fn open_with(entries: &[Entry], initial_access_token: Option<&str>) -> Result<Option<Self>, Failure> {
        at_a_free_place(|place| {
            let base = format!("http://localhost:{}", place.port);
            let clients = entries.iter().filter_map(|entry| {
                let mut client = entry.client.clone()?;
                client["redirect_uris"] = json!([format!("{base}/auth/callback/{}", entry.name)]);
                client["post_logout_redirect_uris"] = json!([format!("{base}/auth/logged_out")]);
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
    fn restart(self) -> Result<Self, Failure> {
        let Self { demo, provider, folder, settings } = self;
        drop(demo);
        Ok(Self { demo: Demo::with_settings(&folder, &settings)?, provider, folder, settings })
    }

    /// From the start of a sign-in to where it ends, as alice.
    async fn sign_in(&self, person: &Person, name: &str) -> Result<Page, Failure> {
        let page = person.open(&self.demo.page(&format!("/auth/login/{name}?return_to=%2Fprofile"))).await?;
        let page = person.submit(&page, "/interaction/", &[("login", "alice"), ("password", "-")]).await?;
        // Somebody who consented before is not asked again.
        let asks_for_consent = html::forms(&page.html).iter().any(|form| form.action.contains("/interaction/"));
        let page = if asks_for_consent { person.submit(&page, "/interaction/", &[]).await? } else { page };
        self.handed_over(person, page, name).await
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
    async fn sign_out(&self, person: &Person, page: &Page) -> Result<Page, Failure> {
        let page = person.submit(page, "/auth/logout", &[]).await?;
        person.submit(&page, "/session/end/confirm", &[("logout", "yes")]).await
    }

    /// Everything from a stranger to a stranger again.
    async fn in_and_out(&self, name: &str) -> Outcome {
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

    fn assert_profile(&self, page: &Page, name: &str) {
        assert_eq!(page.address.as_str(), self.demo.page("/profile"), "{name}: {}\n{}", page.html, self.story());
        for part in ["Alice Liddell", "alice@example.com", self.provider.issuer()] {
            assert!(page.html.replace("&#x2f;", "/").contains(part), "{name}: {part} in {}", page.html);
        }
    }

    /// How often the provider was asked this.
    fn count(&self, asked: &str) -> usize {
        self.provider.asked().iter().filter(|line| line.starts_with(asked)).count()
    }

    fn story(&self) -> String {
        [self.demo.log(), self.provider.asked(), self.provider.errors()].concat().join("\n")
    }
}

fn settings(base: &str, port: u16, issuer: &str, entries: &[Entry]) -> String {
    let head = format!(
        "base_url = \"{base}\"\nafter_logout = \"/goodbye\"\nsecret_key = \"{}\"\n\
         registration_directory = \"registrations\"\n[demo]\nlisten = \"127.0.0.1:{port}\"\n",
        "A".repeat(43)
    );
    let tables = entries
        .iter()
        .map(|Entry { name, table, scope, .. }| format!("[provider.{name}]\nissuer = \"{issuer}\"\n{scope}{table}"));
    std::iter::once(head).chain(tables).collect()
}

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
    for entry in &entries {
        house.in_and_out(&entry.name).await?;
    }
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
    for entry in &entries {
        house.in_and_out(&entry.name).await?;
    }
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
    for entry in &entries {
        house.in_and_out(&entry.name).await?;
    }
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
    for entry in &entries {
        house.in_and_out(&entry.name).await?;
    }
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
