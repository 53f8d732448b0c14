//! The demo of vestibule: an application that people sign in to, and a provider for development to sign in with.
//!
//! `cargo run` starts both, `cargo run -- doctor` looks at settings; `cargo run -- --help` says what else there is. The part to read first is `application.rs`.

mod application;
mod arguments;
mod browser;
mod certificate;
mod configuration;
mod doctor;
mod failure;
mod fast_clock;
mod listeners;
mod live;
mod moment;
mod my_sessions;
mod notes;
mod own_form;
mod pages;
mod provider;
mod refresh;

use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
};

use arguments::{Arguments, Command, LISTEN, PROVIDER_LISTEN};
use clap::Parser;
use configuration::Configuration;
use failure::Failure;
use listeners::Listeners;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};
use vestibule::Vestibule;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // What the doctor has to say it says itself.
    let level = if arguments.command.is_some() { LevelFilter::OFF } else { LevelFilter::INFO };
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let is_colourful = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(is_colourful).init();
    let ended = match &arguments.command {
        Some(Command::Doctor(arguments)) => doctor::run(arguments).await,
        None => run(&arguments).await.map(|()| ExitCode::SUCCESS),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => {
            // If standard error is gone too, the exit code still says it.
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// What was asked for, with its ports taken.
struct Prepared {
    configuration: Configuration,
    application: Listeners,
    provider: Option<Listeners>,
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Prepared { configuration, application, provider } = match &arguments.settings {
        Some(path) => prepare_from(Configuration::from_file(path)?, arguments).await?,
        None => prepare(arguments).await?,
    };
    let issuer = provider.as_ref().map(issuer_at);
    let mut builder = configuration.builder()?;
    if let Some(clock) = arguments.clock {
        builder = builder.clock(clock.for_tests_at(application.address())?);
    }
    let (app, vestibule) = application::application(&configuration, builder, issuer.clone())?;
    check_store(&vestibule).await?;
    let base_url = configuration.base_url();
    // Behind a proxy the address that people type is not the one that this process has.
    let behind = (application.origin() != base_url).then(|| application.address());
    let provider = match (provider, &issuer) {
        (Some(listeners), Some(issuer)) => {
            Some((listeners, provider::provider(issuer, &configuration.clients_at(issuer)?)?))
        }
        _ => None,
    };
    let stop = listeners::asked_to_stop();
    // A closed standard output is no reason not to serve.
    let _ = io::stdout().write_all(welcome(&base_url, behind, issuer.as_deref()).as_bytes());
    if arguments.open {
        browser::open(&base_url);
    }
    listeners::serve((application, app), provider, stop).await
}

/// A store that is only away now comes back by itself; one that will never do is a reason not to start.
async fn check_store(vestibule: &Vestibule) -> Result<(), Failure> {
    match vestibule.check_store().await {
        Ok(()) => Ok(()),
        Err(error) if error.is_transient() => {
            let reason = failure::chain(&error);
            tracing::warn!(reason, "the store of sessions is away: nobody is signed in until it is back");
            Ok(())
        }
        Err(error) => Err(Failure::SessionStore(error)),
    }
}

/// With a provider of our own. The ports come first: the settings are made of them.
async fn prepare(arguments: &Arguments) -> Result<Prepared, Failure> {
    let listen = arguments.listen.unwrap_or(LISTEN);
    if !listen.ip().is_loopback() {
        return Err(Failure::ReachableByOthers(listen));
    }
    let application = Listeners::bind(listen, "choose another with --listen").await?;
    let provider_listen = arguments.provider_listen.unwrap_or(PROVIDER_LISTEN);
    let provider = Listeners::bind_one(provider_listen, "choose another with --provider-listen").await?;
    let configuration = Configuration::for_this_process(&application.origin(), &issuer_at(&provider))?;
    Ok(Prepared { configuration, application, provider: Some(provider) })
}

/// As the settings file says.
async fn prepare_from(configuration: Configuration, arguments: &Arguments) -> Result<Prepared, Failure> {
    let (listen, remedy) = match (arguments.listen, configuration.listen()) {
        (None, Some(listen)) => (listen, "choose another in the settings (demo.listen) or with --listen"),
        (listen, _) => (listen.unwrap_or(LISTEN), "choose another with --listen"),
    };
    let certificate = configuration.certificate()?;
    let application = Listeners::bind(listen, remedy).await?;
    if certificate.is_none() {
        configuration.check_served_by_http_at(application.address())?;
    }
    let application = application.showing(certificate);
    let provider = match configuration.embedded_provider() {
        Some(address) if !address.ip().is_loopback() => {
            return Err(Failure::DemoTable(format!(
                "demo.embedded_provider = \"{address}\": it lets anybody sign in as anybody, so it listens on loopback \
                 addresses only, such as 127.0.0.1:3001"
            )));
        }
        Some(address) => Some(
            Listeners::bind_one(address, "choose another in the settings (demo.embedded_provider and the issuer)")
                .await?,
        ),
        None => None,
    };
    Ok(Prepared { configuration, application, provider })
}

fn issuer_at(listeners: &Listeners) -> String {
    format!("http://{}", listeners.address())
}

fn welcome(base_url: &str, behind: Option<SocketAddr>, issuer: Option<&str>) -> String {
    let behind = behind.map_or_else(String::new, |address| format!("  served from           {address}\n"));
    let provider = issuer.map_or_else(String::new, |issuer| format!("  development provider  {issuer}\n"));
    let as_whom = if issuer.is_some() { " as alice (an admin) or bob; there are no passwords" } else { "" };
    format!(
        "\n  application           {base_url}\n{behind}{provider}\n\
         What to try:\n\
         \x20 open {base_url}/profile, sign in{as_whom}\n\
         \x20 open {base_url}/admin: it needs the claim admin, and answers 403 without\n\
         \x20 open {base_url}/vault: it needs a stronger and fresher sign-in, and asks for one\n\
         \x20 open {base_url}/sessions: where you are signed in; end one of them, or all\n\
         \x20 open {base_url}/live: it knows when your session has ended, wherever that happened\n\
         \x20 curl -i {base_url}/api/me: a stranger's script gets 401 and a problem body, no redirect\n\
         Ctrl-C ends it.\n\n"
    )
}
