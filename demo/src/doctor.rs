//! `cargo run -- doctor`: what is wrong with settings and providers, before people are in front of them. `docs/doctor.md` has it all.

mod report;

use std::{
    io::{self, IsTerminal, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use tokio::task::JoinHandle;
use vestibule::{Examination, examination::Severity};

use self::report::Colours;
use crate::{configuration::Configuration, failure::Failure, listeners::Listeners, provider};

/// The options of the doctor.
#[derive(Args, Clone, Debug)]
pub(crate) struct DoctorArguments {
    /// A settings file (TOML) to look at [default: the demo's own settings, with its provider]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// One JSON object, for programs
    #[arg(long)]
    json: bool,

    /// No colours; NO_COLOR says the same, and where nobody looks there are none
    #[arg(long, alias = "no-color")]
    no_colour: bool,
}

/// A port that nobody has: the demo itself may be running.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Looks, says what there is, and ends with a code for who started it.
pub(crate) async fn run(arguments: &DoctorArguments) -> Result<ExitCode, Failure> {
    let (configuration, provider) = match &arguments.settings {
        Some(path) => prepared_from(Configuration::from_file(path)?).await?,
        None => prepared().await?,
    };
    let vestibule = configuration.builder()?.build()?;
    let examination = vestibule.examine().await;
    if let Some(serving) = provider {
        serving.abort();
    }
    let output = if arguments.json {
        report::json(&examination)
    } else {
        report::text(&configuration.base_url(), &examination, colours(arguments))
    };
    // A reader that has gone needs no more, and the exit code says the rest.
    let _ = io::stdout().write_all(output.as_bytes());
    Ok(ExitCode::from(exit_code(&examination)))
}

/// 2 is for settings that could not be looked at.
fn exit_code(examination: &Examination) -> u8 {
    match examination.worst() {
        Severity::Fault => 1,
        Severity::Warning => 3,
        _ => 0,
    }
}

fn colours(arguments: &DoctorArguments) -> Colours {
    // https://no-color.org: whatever its value is, save none.
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if arguments.no_colour || is_refused || !io::stdout().is_terminal() { Colours::None } else { Colours::Ansi }
}

/// A development provider that answers as long as it is looked at.
type Serving = Option<JoinHandle<()>>;

/// The demo's own settings, at ports of this process.
async fn prepared() -> Result<(Configuration, Serving), Failure> {
    let application = Listeners::bind_one(ANY_PORT, "try again").await?;
    let listeners = Listeners::bind_one(ANY_PORT, "try again").await?;
    let issuer = format!("http://{}", listeners.address());
    let base_url = format!("http://localhost:{}", application.address().port());
    let configuration = Configuration::for_this_process(&base_url, &issuer)?;
    let serving = serve(&configuration, &issuer, listeners)?;
    Ok((configuration, Some(serving)))
}

/// As the settings say. A provider that they embed is started, unless somebody answers at its port: the demo that they are of.
async fn prepared_from(configuration: Configuration) -> Result<(Configuration, Serving), Failure> {
    let Some(address) = configuration.embedded_provider().filter(|address| address.ip().is_loopback()) else {
        return Ok((configuration, None));
    };
    let serving = match Listeners::bind_one(address, "choose another in the settings (demo.embedded_provider)").await {
        Ok(listeners) => Some(serve(&configuration, &format!("http://{}", listeners.address()), listeners)?),
        Err(Failure::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => None,
        Err(failure) => return Err(failure),
    };
    Ok((configuration, serving))
}

fn serve(configuration: &Configuration, issuer: &str, listeners: Listeners) -> Result<JoinHandle<()>, Failure> {
    let provider = provider::provider(issuer, &configuration.clients_at(issuer)?)?;
    Ok(tokio::spawn(async move {
        let _ = listeners.provide(provider).await;
    }))
}
