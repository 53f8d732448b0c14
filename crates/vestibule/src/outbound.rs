//! What may be connected to when somebody else names the host: public addresses, and what an operator vouches for (V78).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use url::{Host, Url};

use crate::config_error::ConfigError;

/// The places that an operator vouches for: host and port, exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed(Vec<(Host<String>, u16)>);

impl Allowed {
    /// Reads entries such as `login.internal:8443`, `127.0.0.1:3001` or `[::1]:3001`.
    pub(crate) fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        entries.into_iter().map(|entry| place(entry.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    fn permits(&self, url: &Url) -> bool {
        let place = url.host().map(|host| host.to_owned()).zip(url.port_or_known_default());
        place.is_some_and(|place| self.0.contains(&place))
    }

    /// Who is to carry out a request to this URL, whose host comes from outside.
    pub(crate) fn judge(&self, url: &Url) -> Result<Way, NotPublic> {
        let is_public = match url.host() {
            _ if self.permits(url) => return Ok(Way::Open),
            Some(Host::Domain(name)) => is_public_name(name),
            // No resolver is asked about these: this is the only look at them.
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            None => false,
        };
        if is_public { Ok(Way::Guarded) } else { Err(NotPublic) }
    }
}

/// How a request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To whatever address its host has.
    Open,
    /// To public addresses only, as they are resolved.
    Guarded,
}

/// Somebody else named a host of our own network. Which address it has is not said: it would answer a stranger's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is not public; if it is meant, add its host:port to outbound_allow")
    }
}

impl std::error::Error for NotPublic {}

fn place(entry: &str) -> Result<(Host<String>, u16), ConfigError> {
    let parsed = entry.rsplit_once(':').and_then(|(host, port)| {
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0)?;
        // One host is vouched for, not a family of them, though a URL parser would take the pattern for a name.
        Some((Host::parse(host).ok().filter(|_| !host.contains('*'))?, port))
    });
    parsed.ok_or_else(|| {
        ConfigError::new("outbound_allow", "it is not a host and a port")
            .value(entry)
            .remedy("write for example \"login.internal:443\" or \"127.0.0.1:8443\", without a scheme")
    })
}

/// Whether a name may be looked up at all. Names of this machine are not (RFC 6761 6.3), whatever a resolver would make of them.
pub(crate) fn is_public_name(name: &str) -> bool {
    let mut labels = name.strip_suffix('.').unwrap_or(name).split('.');
    labels.clone().all(|label| !label.is_empty())
        && !labels.next_back().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
}

/// Whether an address is one of the internet, and not of this machine, of the network that it is in, or of nobody
/// (the registries of special-purpose addresses, RFC 6890).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)                      // this network, private, loopback
            | (100, 64..=127, _)                // shared with the carrier (RFC 6598); Alibaba's metadata
            | (169, 254, _)                     // link-local; metadata of most clouds
            | (172, 16..=31, _) | (192, 168, _) // private
            | (192, 0, 0 | 2)                   // protocol assignments (Oracle's metadata), documentation
            | (192, 88, 99)                     // 6to4 relays, given up
            | (198, 18..=19, _)                 // benchmarks
            | (198, 51, 100) | (203, 0, 113)    // documentation
            | (224..=255, ..) // multicast, reserved, broadcast
    );
    // Azure serves its metadata from an address that looks public.
    !is_special && address != Ipv4Addr::new(168, 63, 129, 16)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // What stands for an IPv4 address is judged as that: mapped (RFC 4291 2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(embedded(high, low))
        }
        // Protocol assignments, Teredo among them, and documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Nothing else than this is given out (RFC 4291 2.4): loopback, link-local, private, multicast, IPv4-compatible and a
        // translator's own (64:ff9b:1::) lie outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V78
    #[test]
    fn an_address_of_the_internet_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "168.63.129.15",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(is_public(address.parse().expect(address)), "{address}");
        }
    }

    /// V78
    #[test]
    fn an_address_of_this_machine_of_our_network_or_of_nobody_is_not() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.0",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "3fff:fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().expect(address)), "{address}");
        }
    }

    /// V78: RFC 6761 6.3
    #[test]
    fn names_of_this_machine_and_names_of_nothing_are_not_looked_up() {
        for name in [
            "localhost",
            "LocalHost",
            "localhost.",
            "a.localhost",
            "a.localhost.",
            "",
            ".",
            "a..example",
            "a.example..",
            ".a",
        ] {
            assert!(!is_public_name(name), "{name}");
        }
        for name in ["example.com", "example.com.", "localhost.example.com", "notlocalhost"] {
            assert!(is_public_name(name), "{name}");
        }
    }

    fn judge(allowed: &[&str], url: &str) -> Result<Way, NotPublic> {
        Allowed::parse(allowed).expect("places").judge(&Url::parse(url).expect(url))
    }

    /// V78, R84: there are many ways to write one address. Nothing is connected to here, whatever the judgement.
    #[test]
    fn an_address_is_judged_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "\u{ff11}27.0.0.1",
            "127\u{3002}0.0.1",
            "[::1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:0:0:1]",
            "0",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "169.254.169.254",
            "[fd00:ec2::254]",
        ] {
            assert_eq!(judge(&[], &format!("https://{host}/")), Err(NotPublic), "{host}");
            assert_eq!(judge(&[], &format!("https://user@{host}:8443/")), Err(NotPublic), "{host}");
        }
        for host in ["example.com", "8.8.8.8", "[2606:4700:4700::1111]"] {
            assert_eq!(judge(&[], &format!("https://{host}/")), Ok(Way::Guarded), "{host}");
        }
    }

    /// V78
    #[test]
    fn an_operator_vouches_for_one_host_at_one_port() {
        let allowed = ["127.0.0.1:8443", "Login.Internal:443", "[::1]:3001"];
        for url in
            ["https://127.0.0.1:8443/token", "https://127.1:8443/", "https://login.internal/", "http://[::1]:3001/x"]
        {
            assert_eq!(judge(&allowed, url), Ok(Way::Open), "{url}");
        }
        for url in [
            "https://127.0.0.1:8444/",
            "https://127.0.0.1/",
            "https://127.0.0.2:8443/",
            "http://[::1]:3002/",
            "https://localhost:8443/",
        ] {
            assert_eq!(judge(&allowed, url), Err(NotPublic), "{url}");
        }
        assert_eq!(judge(&allowed, "https://login.internal:444/"), Ok(Way::Guarded));
        assert_eq!(judge(&allowed, "https://login.internal.example/"), Ok(Way::Guarded));
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for entry in [
            "",
            "localhost",
            "127.0.0.1",
            ":443",
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "a.example:+80",
            "a.example:x",
            "https://a.example:443",
            "a.example:443/",
            "::1:443",
            "a b:443",
            "*:443",
            "user@a.example:443",
        ] {
            let error = Allowed::parse([entry]).expect_err(entry);
            assert_eq!(error.setting(), "outbound_allow", "{entry}");
        }
    }
}
