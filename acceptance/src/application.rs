//! Applications at the provider of a demo, each a client of its own there.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Map, Value, json};

use crate::{
    Failure,
    demo::{Demo, Place, at_a_free_place},
    folder::Folder,
    wait::DEADLINE,
};

/// What an application is to be: nobody tells it of anything unless said.
#[derive(Clone, Debug)]
pub struct Application {
    host: &'static str,
    channels: Vec<&'static str>,
    check_session_iframe: Option<String>,
}

impl Application {
    /// A site of its own: the provider is at `127.0.0.1`.
    pub fn at_localhost() -> Self {
        Self { host: "localhost", channels: Vec::new(), check_session_iframe: None }
    }

    /// At another loopback address: browsers keep cookies apart by host, and not by port.
    pub fn at_host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    /// The provider tells it of the end of a session, over the `backchannel` or the `frontchannel`.
    pub fn told_by(mut self, channel: &'static str) -> Self {
        self.channels.push(channel);
        self
    }

    /// It takes this page for the provider's `check_session_iframe`.
    pub fn watching(self, page: String) -> Self {
        Self { check_session_iframe: Some(page), ..self }
    }

    /// Registers it with the provider of a demo, and starts it as a demo without a provider.
    ///
    /// # Errors
    /// When the provider does not register it, or it does not start.
    pub fn start_at(&self, provider: &Demo) -> Result<Demo, Failure> {
        let folder = Folder::new()?;
        at_a_free_place(|Place { port, .. }| {
            let origin = format!("http://{}:{port}", self.host);
            let client = ask(provider.issuer(), "POST", "/register", &self.client_metadata(&origin).to_string())?;
            let text = |member: &str| client.get(member).ok_or("a registration without a part that every client has");
            let listen = if self.host == "localhost" { "127.0.0.1" } else { self.host };
            let settings = format!(
                r#"
                base_url = "{origin}"
                secret_key = "{key}"
                [sessions]
                store = "memory"
                [demo]
                listen = "{listen}:{port}"
                [provider.demo]
                client_id = {client_id}
                client_secret = {client_secret}
                scope = "openid profile email"
                {issuer}
                "#,
                key = "Q".repeat(43),
                client_id = text("client_id")?,
                client_secret = text("client_secret")?,
                issuer = self.issuer(provider)?,
            );
            Demo::with_settings(&folder, &settings)
        })
    }

    fn client_metadata(&self, origin: &str) -> Value {
        let members = [
            ("redirect_uris".to_owned(), json!([format!("{origin}/auth/callback/demo")])),
            ("post_logout_redirect_uris".to_owned(), json!([format!("{origin}/auth/logged_out")])),
        ];
        let told = self.channels.iter().flat_map(|channel| {
            let uri = (format!("{channel}_logout_uri"), json!(format!("{origin}/auth/{channel}_logout/demo")));
            [uri, (format!("{channel}_logout_session_required"), json!(true))]
        });
        Value::Object(members.into_iter().chain(told).collect())
    }

    /// Where it reads of the provider, or all that it would read there save for one page: texts, truths and lists of texts are
    /// written the same in JSON and in TOML.
    fn issuer(&self, provider: &Demo) -> Result<String, Failure> {
        let issuer = provider.issuer();
        let Some(page) = &self.check_session_iframe else { return Ok(format!("issuer = \"{issuer}\"")) };
        let metadata = ask(issuer, "GET", "/.well-known/openid-configuration", "")?;
        let mut metadata: Map<String, Value> = serde_json::from_value(metadata)?;
        metadata.insert("check_session_iframe".to_owned(), json!(page));
        let lines: String = metadata.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        Ok(format!("[provider.demo.metadata]\n{lines}"))
    }
}

/// One question to a provider, which answers in JSON.
fn ask(issuer: &str, method: &str, path: &str, body: &str) -> Result<Value, Failure> {
    let authority = issuer.strip_prefix("http://").ok_or("a provider on this machine")?;
    let mut connection = TcpStream::connect(authority)?;
    connection.set_read_timeout(Some(DEADLINE))?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("half an answer")?;
    serde_json::from_str(body).map_err(|error| format!("{error}: {head}").into())
}
