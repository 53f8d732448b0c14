//! The command line.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Parser, Subcommand};

use crate::{doctor::DoctorArguments, fast_clock::FastClock};

/// A web application that people sign in to with OpenID Connect, and a provider for development to sign in with.
///
/// Without options it is ready to be tried: open the address that it prints and sign in as alice. With --settings it signs in
/// with your own providers instead.
#[derive(Clone, Debug, Parser)]
#[command(name = "demo", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// Something else than to start
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Where the application listens: the address is http://localhost:PORT then [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,

    /// Where the development provider listens, which makes its issuer http://ADDR [default: 127.0.0.1:3001]
    #[arg(long, value_name = "ADDR", value_parser = loopback_address, conflicts_with = "settings")]
    pub(crate) provider_listen: Option<SocketAddr>,

    /// A settings file (TOML) with your own providers; demo/settings.example.toml shows what can be in it
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// For tests that cannot wait: a clock that runs SPEED times as fast as the system's since START, in seconds since 1970
    #[arg(long, value_name = "START_x_SPEED", hide = true)]
    pub(crate) clock: Option<FastClock>,

    /// Open the application in the browser
    #[arg(long)]
    pub(crate) open: bool,
}

/// What the demo does besides being one.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at settings and providers, and say what is wrong or could be better
    Doctor(DoctorArguments),
}

/// Where the application listens unless it is told.
pub(crate) const LISTEN: SocketAddr = on_loopback(3000);
/// Where the development provider listens unless it is told. An address, not a name: `localhost` would make it one site with
/// the application, whose cookies it would share.
pub(crate) const PROVIDER_LISTEN: SocketAddr = on_loopback(3001);

const fn on_loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// An address with a port; `localhost` stands for 127.0.0.1.
fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("{}:{port}", Ipv4Addr::LOCALHOST));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "it is not an address with a port, such as 127.0.0.1:3900 or [::1]:3900".to_owned())
}

fn loopback_address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "it is not a numeric address with a port, such as 127.0.0.1:3901 or [::1]:3901".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the development provider lets anybody sign in as anybody, so it listens on loopback addresses only, \
             such as 127.0.0.1:3901"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn addresses_are_numeric_or_localhost() {
        assert_eq!(address("localhost:3900"), Ok(on_loopback(3900)));
        assert_eq!(address("[::1]:3900"), Ok("[::1]:3900".parse().expect("an address")));
        for refused in ["3900", "localhost", "example.com:80", "127.0.0.1", "localhost:", "127.0.0.1:99999"] {
            assert!(address(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_provider_stays_on_this_machine() {
        assert_eq!(loopback_address("127.0.0.1:3901"), Ok(on_loopback(3901)));
        for refused in ["0.0.0.0:3901", "192.168.0.1:3901", "[::]:3901", "localhost:3901"] {
            assert!(loopback_address(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_doctor_has_options_of_its_own() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from([&["demo"], arguments].concat());
        let parsed = parse(&["doctor", "--settings", "a.toml", "--json", "--no-colour"]).expect("arguments");
        assert!(matches!(parsed.command, Some(Command::Doctor(_))));
        assert!(parse(&["doctor", "--no-color"]).is_ok());
        assert!(parse(&["doctor", "--listen", "127.0.0.1:1"]).is_err());
        assert!(parse(&["--open", "doctor"]).is_err());
    }

    #[test]
    fn a_settings_file_says_itself_where_a_provider_listens() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from([&["demo"], arguments].concat());
        assert!(parse(&["--settings", "a.toml", "--listen", "0.0.0.0:80", "--open"]).is_ok());
        assert!(parse(&["--settings", "a.toml", "--provider-listen", "127.0.0.1:1"]).is_err());
    }
}
