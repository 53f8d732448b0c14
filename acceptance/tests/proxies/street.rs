//! A proxy, two machines behind it, and a provider.

use acceptance::{
    Failure,
    demo::{Demo, Place, at_a_free_place},
    folder::Folder,
    person::{Page, Person, Version},
    proxy::{Certificate, HOST, Kind, Proxy},
};
use tokio::{net::TcpListener, task::JoinHandle};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

/// A proxy, the machines behind it, and their provider.
pub(crate) struct Street {
    proxy: Proxy,
    machines: Vec<Demo>,
    base_url: String,
    certificate: Certificate,
    provider: JoinHandle<std::io::Result<()>>,
}

const SECRET: &str = "a secret between the two of us";
/// So much of claims makes nearly as large a session as cookies hold.
const GROUPS: usize = 84;

impl Street {
    /// With a proxy that is set up so. The base URL has this path. `None` on a machine without the proxy.
    pub(crate) async fn new(kind: Kind, settings: &str, path: &str) -> Result<Option<Self>, Failure> {
        Self::with_machines(kind, settings, path, 2).await
    }

    /// The same with the same machine twice.
    pub(crate) async fn of_one_machine(kind: Kind, settings: &str) -> Result<Option<Self>, Failure> {
        Self::with_machines(kind, settings, "", 1).await
    }

    async fn with_machines(kind: Kind, settings: &str, path: &str, count: usize) -> Result<Option<Self>, Failure> {
        let Some(program) = kind.program()? else { return Ok(None) };
        let certificate = Certificate::new()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let (proxy, machines, base_url) = at_a_free_place(|Place { port, .. }| {
            let base_url = format!("https://{HOST}:{port}{path}");
            let machines: Vec<Demo> = (0..count).map(|_| machine(&base_url, &issuer)).collect::<Result<_, _>>()?;
            let (first, last) = machines.first().zip(machines.last()).ok_or("no machines")?;
            let addresses = [first.served_from()?, last.served_from()?];
            let proxy = kind.start(&program, settings, port, addresses, &certificate)?;
            Ok((proxy, machines, base_url))
        })?;
        let serving = provider(&issuer, &base_url)?;
        let provider = tokio::spawn(async move { serving.serve(listener).await });
        Ok(Some(Self { proxy, machines, base_url, certificate, provider }))
    }

    /// The public address of a page.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Somebody without cookies yet.
    pub(crate) fn person(&self, version: Version) -> Result<Person, Failure> {
        Person::who_trusts(self.certificate.authority(), HOST, version)
    }

    /// From a link to where the sign-in ends, as alice.
    pub(crate) async fn sign_in(&self, person: &Person, provider: &str) -> Result<Page, Failure> {
        let page =
            person.open(&self.page(&format!("/auth/login/{provider}?return_to={}%2Fprofile", self.path()))).await?;
        let page = person.submit(&page, "/authorize", &[("user", "alice")]).await?;
        if provider == "posted" { person.submit(&page, "/auth/callback/posted", &[]).await } else { Ok(page) }
    }

    /// Whether this is alice's profile, at the public address.
    pub(crate) fn assert_profile(&self, page: &Page) {
        assert_eq!(page.address.as_str(), self.page("/profile"), "{}", self.story());
        assert!(page.status == 200 && page.html.contains("Alice Liddell"), "{} {}", page.status, page.html);
    }

    /// How many logins came to their end on each machine.
    pub(crate) fn logins(&self) -> Vec<usize> {
        let logins = |machine: &Demo| machine.log().iter().filter(|line| line.contains("decision=\"signed_in")).count();
        self.machines.iter().map(logins).collect()
    }

    /// Whether the proxy has said this.
    pub(crate) fn proxy_says(&self, what: &str) -> Result<Result<(), String>, Failure> {
        Ok(if self.proxy.has_said(what) { Ok(()) } else { Err(format!("{:?}", self.proxy)) })
    }

    /// What everybody has to say.
    pub(crate) fn story(&self) -> String {
        let machines: Vec<_> = self.machines.iter().map(|machine| machine.log().join("\n")).collect();
        format!("{:#?}\n{}", self.proxy, machines.join("\n--\n"))
    }

    /// Encoded for a query.
    fn path(&self) -> String {
        let after_host = self.base_url.split('/').skip(3);
        after_host.map(|segment| format!("%2F{segment}")).collect()
    }
}

impl Drop for Street {
    fn drop(&mut self) {
        self.provider.abort();
    }
}

/// A machine of the application: whatever all have in common is in the settings, and nothing else.
fn machine(base_url: &str, issuer: &str) -> Result<Demo, Failure> {
    let client = format!("issuer = \"{issuer}\"\nclient_id = \"app\"\nclient_secret = \"{SECRET}\"");
    let settings = format!(
        "base_url = \"{base_url}/\"\nsecret_key = \"{key}\"\ndefault_provider = \"corp\"\n[demo]\nlisten = \"127.0.0.1:0\"\n\
         [provider.corp]\n{client}\nscope = \"openid profile\"\n\
         [provider.posted]\n{client}\nscope = \"openid profile\"\nresponse_mode = \"form_post\"\n",
        key = "Q".repeat(43),
    );
    // Its settings are read once it is there, so the folder may go.
    Demo::with_settings(&Folder::new()?, &settings)
}

/// A provider that has a lot to say of alice.
fn provider(issuer: &str, base_url: &str) -> Result<DevelopmentProvider, Failure> {
    let callback = |name: &str| format!("{base_url}/auth/callback/{name}");
    let client = RegisteredClient::confidential("app", SECRET)
        .redirect_uri(callback("corp"))
        .redirect_uri(callback("posted"))
        .post_logout_redirect_uri(format!("{base_url}/auth/logged_out"));
    let groups: Vec<String> =
        (0..GROUPS).map(|group| format!("a group of {group:03} with a name of some length")).collect();
    let alice = User::new("alice").claim("name", "Alice Liddell").claim("groups", groups);
    Ok(DevelopmentProvider::new(issuer)?.client(client).user(alice))
}
