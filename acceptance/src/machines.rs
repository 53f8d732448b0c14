//! One application on several machines: as many processes of the demo, and the development provider in the process of the test.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

use tokio::{task, task::JoinHandle};
use vestibule_provider::{DevelopmentProvider, RefreshTokens, RegisteredClient};

use crate::{
    Failure,
    demo::Demo,
    fast_clock::FastClock,
    folder::Folder,
    person::Person,
    wire::{Answer, Asker, Connection, Cookies},
};

/// The application, and who can sign in to it.
#[derive(Debug)]
pub struct Machines {
    /// Its provider, which counts.
    pub provider: DevelopmentProvider,
    machines: Vec<Machine>,
    /// What people call it: the first machine answers by this name.
    host: String,
    serving: JoinHandle<()>,
    /// With the settings.
    _folder: Folder,
}

/// One process, or the place of one that was killed.
#[derive(Debug)]
struct Machine {
    address: SocketAddr,
    arguments: Vec<String>,
    demo: Option<Demo>,
}

/// What an application is to be. Sessions live in cookies, on real time, before a provider whose refresh tokens are good once and
/// which revokes all of a login's when one comes again, unless said.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// How many processes.
    pub machines: usize,
    /// The table `[sessions]` of the settings.
    pub sessions: String,
    /// The clock of everybody here.
    pub clock: Option<FastClock>,
    /// What becomes of refresh tokens that are used.
    pub refresh_tokens: RefreshTokens,
    /// More of the provider's table.
    pub provider: &'static str,
}

const CLIENT_SECRET: &str = "a secret between the demo and its provider";

impl Plan {
    /// Starts the provider, then the machines.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start(self) -> Result<Machines, Failure> {
        let ports = (0..self.machines).map(|_| free_port()).collect::<Result<Vec<_>, _>>()?;
        let host = format!("localhost:{}", ports.first().ok_or("no machines")?);
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let provider = self.development_provider(&format!("http://{}", listener.local_addr()?), &host)?;
        let serving = provider.clone();
        let serving = task::spawn(async move { drop(serving.serve(listener).await) });
        let folder = Folder::new()?;
        let file = folder.path().join("settings.toml");
        fs::write(&file, self.settings(&provider, &host))?;
        let machine = |port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let settings = ["--settings".to_owned(), file.to_string_lossy().into_owned()];
            let listen = ["--listen".to_owned(), address.to_string()];
            let clock = self.clock.map(|clock| ["--clock".to_owned(), clock.argument()]);
            let arguments = settings.into_iter().chain(listen).chain(clock.into_iter().flatten()).collect();
            Machine { address, arguments, demo: None }
        };
        let machines = ports.into_iter().map(machine).collect();
        let mut machines = Machines { provider, machines, host, serving, _folder: folder };
        for number in 0..self.machines {
            machines.restart(number)?;
        }
        Ok(machines)
    }

    fn development_provider(&self, issuer: &str, host: &str) -> Result<DevelopmentProvider, Failure> {
        let client = RegisteredClient::confidential("demo", CLIENT_SECRET)
            .grant_type("refresh_token")
            .id_token_signed_response_alg(vestibule::SignatureAlgorithm::Es256)
            .redirect_uri(format!("http://{host}/auth/callback/op"));
        let provider = DevelopmentProvider::new(issuer)?.client(client).refresh_tokens(self.refresh_tokens);
        Ok(match self.clock {
            Some(clock) => provider.clock(clock),
            None => provider,
        })
    }

    fn settings(&self, provider: &DevelopmentProvider, host: &str) -> String {
        format!(
            r#"
            base_url = "http://{host}"
            secret_key = "{key}"
            [sessions]
            {sessions}
            [provider.op]
            issuer = "{issuer}"
            client_id = "demo"
            client_secret = "{CLIENT_SECRET}"
            scope = "openid profile"
            id_token_signed_response_alg = "ES256"
            {more}
            "#,
            key = "Q".repeat(43),
            sessions = self.sessions,
            issuer = provider.issuer().as_str(),
            more = self.provider,
        )
    }
}

impl Machines {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.machines.len()
    }

    /// The public address of a page, such as `/profile`, which the first machine answers.
    pub fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Ends a machine at once, in the middle of whatever it does (`kill -9`).
    pub fn kill(&mut self, number: usize) {
        if let Some(machine) = self.machines.get_mut(number) {
            machine.demo = None;
        }
    }

    /// Starts it where it was. Waits until it answers; needs a runtime of several threads.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self, number: usize) -> Result<(), Failure> {
        self.kill(number);
        let machine = self.machines.get_mut(number).ok_or("no such machine")?;
        let arguments: Vec<&str> = machine.arguments.iter().map(String::as_str).collect();
        machine.demo = Some(task::block_in_place(|| Demo::with_arguments(&arguments))?);
        Ok(())
    }

    /// A connection to a machine.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn connection(&self, number: usize) -> Result<Connection, Failure> {
        self.door(number)?.connection().await
    }

    /// The way to a machine, for tasks of their own.
    ///
    /// # Errors
    /// When there is no such machine.
    pub fn door(&self, number: usize) -> Result<Door, Failure> {
        let machine = self.machines.get(number).ok_or("no such machine")?;
        Ok(Door { address: machine.address, host: self.host.clone() })
    }

    /// What a machine answers to a program.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ask(&self, number: usize, path: &str, cookies: &Cookies) -> Result<Answer, Failure> {
        self.connection(number).await?.get(path, Asker::Program, cookies).await
    }

    /// Signs so many people in, each a person of their own: the cookies of each one's browser.
    ///
    /// # Errors
    /// When somebody does not get in.
    pub async fn sign_in(&self, people: usize) -> Result<Vec<Cookies>, Failure> {
        let mut cookies = Vec::new();
        for number in 0..people {
            let person = self.sign_in_as(&format!("person-{number}")).await?;
            cookies.push(self.cookies_of(&person)?);
        }
        Ok(cookies)
    }

    /// Somebody who has just signed in, by this name.
    ///
    /// # Errors
    /// When they do not get in.
    pub async fn sign_in_as(&self, name: &str) -> Result<Person, Failure> {
        let person = Person::new()?;
        let page = person.open(&self.page("/auth/login/op?return_to=%2Fapi%2Fme")).await?;
        let page = person.submit(&page, "/authorize", &[("user", name)]).await?;
        if !page.html.contains(&format!("\"sub\":\"{name}\"")) {
            return Err(format!("{name} ended at {}: {}", page.address, page.html).into());
        }
        Ok(person)
    }

    /// A copy of the cookies that somebody has here now.
    ///
    /// # Errors
    /// When there is no such address.
    pub fn cookies_of(&self, person: &Person) -> Result<Cookies, Failure> {
        Ok(Cookies::of_header(&person.cookies_for(&self.page("/").parse()?).unwrap_or_default()))
    }

    /// What went wrong, with the last that the machines warned of.
    pub fn explain(&self, failure: &Failure) -> Failure {
        const LINES: usize = 10;
        let log = self.machines.iter().filter_map(|machine| machine.demo.as_ref()).flat_map(Demo::log);
        let warnings: Vec<String> = log.filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
        let last = warnings.get(warnings.len().saturating_sub(LINES)..).unwrap_or_default();
        format!("{failure}\n{} warnings, the last of them:\n{}", warnings.len(), last.join("\n")).into()
    }
}

/// The way to a machine.
#[derive(Clone, Debug)]
pub struct Door {
    address: SocketAddr,
    host: String,
}

impl Door {
    /// A connection to the machine.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn connection(&self) -> Result<Connection, Failure> {
        Connection::open(self.address, &self.host).await
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A port that nobody has, and that no connection gets by chance while a machine that was killed is away: systems take the ports of
/// connections from 32768 on.
fn free_port() -> Result<u16, Failure> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Another process that looks at the same time begins elsewhere.
    let begin = u16::try_from(process::id() % u32::from(COUNT))?;
    for _ in 0..COUNT {
        let offset = begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST + offset)).is_ok() {
            return Ok(FIRST + offset);
        }
    }
    Err("no free port".into())
}
