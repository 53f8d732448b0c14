//! Where the server is: a URL, parsed once.

use std::{borrow::Cow, fmt, fs, path::Path};

use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::trouble::Setting;

/// The schemes of URLs, without and with TLS, and of a socket on this machine.
pub(crate) const SCHEMES: &[&str] = &["redis", "rediss", "redis+unix", "valkey", "valkeys", "valkey+unix"];

/// The parameter of a URL that names a file of certificates. No other of its names is ours, so that none clashes with the client's.
const CA: &str = "vestibule_ca";

/// The address of a server, and how to get in.
#[derive(Clone)]
pub(crate) struct Address(ConnectionInfo);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Setting> {
        let url = redis::parse_redis_url(text).filter(|url| SCHEMES.contains(&url.scheme())).ok_or(Setting::Url)?;
        if url.fragment().is_some() {
            return Err(Setting::Fragment);
        }
        let (database, known): (Option<Cow<'_, str>>, &[&str]) = if url.scheme().ends_with("+unix") {
            (url.query_pairs().find_map(|(name, value)| (name == "db").then_some(value)), &["db", "user", "pass"])
        } else if url.host_str().is_none_or(str::is_empty) {
            return Err(Setting::Host);
        } else {
            (Some(url.path().trim_matches('/').into()).filter(|path: &Cow<'_, str>| !path.is_empty()), &[CA])
        };
        if url.query_pairs().any(|(name, _)| !known.contains(&name.as_ref())) {
            return Err(Setting::Parameters);
        }
        if database.is_some_and(|database| database.parse::<u16>().is_err()) {
            return Err(Setting::Database);
        }
        let mut authorities = url.query_pairs().filter(|(name, _)| name == CA).map(|(_, path)| path.into_owned());
        let authority = authorities.next();
        if authorities.next().is_some() {
            return Err(Setting::Parameters);
        }
        drop(authorities);
        let info = url.into_connection_info().map_err(|_| Setting::Parts)?;
        // With this version the client is told at once when a connection is lost.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let address = Self(info.set_redis_settings(settings));
        match authority {
            Some(path) => address.trusting_file(Path::new(&path)),
            None => Ok(address),
        }
    }

    /// Relative to what, nobody could tell who reads the URL in a file of settings.
    fn trusting_file(self, path: &Path) -> Result<Self, Setting> {
        if !self.has_tls() {
            return Err(Setting::CaWithoutTls);
        }
        if !path.is_absolute() {
            return Err(Setting::CaPath);
        }
        self.trusting(&fs::read(path).map_err(|error| Setting::CaFile(error.kind()))?)
    }

    /// The same, with the certificates of a private authority instead of those that this machine trusts.
    pub(crate) fn trusting(self, pem: &[u8]) -> Result<Self, Setting> {
        if !self.has_tls() {
            return Err(Setting::CaWithoutTls);
        }
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        if certificates.map_or(true, |certificates| certificates.is_empty()) {
            return Err(Setting::Ca);
        }
        let trusted = TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) };
        let client = Client::build_with_tls(self.0, trusted).map_err(|_| Setting::Ca)?;
        Ok(Self(client.get_connection_info().clone()))
    }

    pub(crate) fn has_tls(&self) -> bool {
        matches!(self.0.addr(), ConnectionAddr::TcpTls { .. })
    }

    /// A client, which connects to nothing yet.
    pub(crate) fn client(&self) -> Result<Client, Setting> {
        Client::open(self.0.clone()).map_err(|_| Setting::Parts)
    }
}

/// Host and port, or the path of the socket: neither the user nor the password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.addr())
    }
}

#[cfg(test)]
mod tests {
    use std::{env, io, process};

    use super::*;

    #[test]
    fn a_url_names_host_port_user_password_and_database() {
        for (url, address, database, tls) in [
            ("redis://127.0.0.1", "127.0.0.1:6379", 0, false),
            ("redis://cache:7000/3", "cache:7000", 3, false),
            ("redis://[::1]:7000/", "::1:7000", 0, false),
            ("rediss://cache", "cache:6379", 0, true),
            ("valkey://cache", "cache:6379", 0, false),
            ("valkeys://cache/1", "cache:6379", 1, true),
            ("redis+unix:///run/redis/redis.sock", "/run/redis/redis.sock", 0, false),
            ("valkey+unix:///run/redis.sock?db=4&user=me&pass=hunter2", "/run/redis.sock", 4, false),
        ] {
            let parsed = Address::parse(url).expect(url);
            assert_eq!((format!("{parsed:?}").as_str(), parsed.has_tls()), (address, tls), "{url}");
            assert_eq!(parsed.0.redis_settings().db(), database, "{url}");
        }
        let parsed = Address::parse("redis://me:p%40ss@cache").expect("a URL");
        let settings = parsed.0.redis_settings();
        assert_eq!((settings.username(), settings.password()), (Some("me"), Some("p@ss")));
    }

    /// V69
    #[test]
    fn a_wrong_url_is_refused_and_neither_user_nor_password_is_repeated() {
        for (url, wrong) in [
            ("", Setting::Url),
            ("cache:6379", Setting::Url),
            ("unix:///run/redis.sock", Setting::Url),
            ("http://admin:hunter2@cache", Setting::Url),
            ("redis://admin:hunter2@", Setting::Url),
            ("redis://admin:hunter2@cache:port", Setting::Url),
            ("redis:///0", Setting::Host),
            ("redis://admin:hunter2@cache/one", Setting::Database),
            ("redis://admin:hunter2@cache/-1", Setting::Database),
            ("redis+unix:///run/redis.sock?db=x&pass=hunter2", Setting::Database),
            ("rediss://admin:hunter2@cache/#insecure", Setting::Fragment),
            ("redis://admin:hunter2@cache?protocol=resp2", Setting::Parameters),
            ("redis+unix:///run/redis.sock?password=hunter2", Setting::Parameters),
            ("rediss://admin:hunter2@cache?vestibule_ca=/a&vestibule_ca=/b", Setting::Parameters),
            ("redis+unix:///run/redis.sock?vestibule_ca=/hunter2", Setting::Parameters),
            ("redis://admin:hunter2@cache?vestibule_ca=/hunter2", Setting::CaWithoutTls),
            ("rediss://admin:hunter2@cache?vestibule_ca=", Setting::CaPath),
            ("rediss://admin:hunter2@cache?vestibule_ca=hunter2/ca.pem", Setting::CaPath),
            ("rediss://admin:hunter2@cache?vestibule_ca=/no/hunter2.pem", Setting::CaFile(io::ErrorKind::NotFound)),
            ("redis://admin:hunter2@0.0.0.0", Setting::Parts),
            ("redis://admin:hunter2%ff@cache", Setting::Parts),
        ] {
            let error = Address::parse(url).expect_err(url);
            assert_eq!(error, wrong, "{url}");
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains("hunter2") && !printed.contains("admin"), "{printed}");
        }
    }

    /// V69
    #[test]
    fn an_address_prints_neither_user_nor_password() {
        let parsed = Address::parse("redis://admin:hunter2@cache").expect("a URL");
        assert_eq!(format!("{parsed:?}"), "cache:6379");
    }

    #[test]
    fn a_private_authority_is_for_tls_and_must_be_a_certificate() {
        let parse = |url| Address::parse(url).expect("a URL");
        assert_eq!(parse("redis://cache").trusting(b"").expect_err("no TLS"), Setting::CaWithoutTls);
        for pem in [&b""[..], b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert_eq!(parse("rediss://cache").trusting(pem).expect_err("no certificate"), Setting::Ca);
        }
        let ca = rcgen::generate_simple_self_signed(vec!["cache".to_owned()]).expect("a certificate").cert.pem();
        assert!(parse("rediss://cache").trusting(ca.as_bytes()).expect("trusted").has_tls());
    }

    /// A file of settings has no other place for it.
    #[test]
    fn a_url_may_name_the_file_of_a_private_authority() {
        let path = env::temp_dir().join(format!("vestibule-redis-{}.pem", process::id()));
        let url = format!("rediss://cache/2?vestibule_ca={}", path.display());
        let ca = rcgen::generate_simple_self_signed(vec!["cache".to_owned()]).expect("a certificate").cert.pem();
        let parsed = [&ca[..], "text"].map(|content| {
            fs::write(&path, content).expect("written");
            Address::parse(&url)
        });
        fs::remove_file(&path).expect("removed");
        let [good, bad] = parsed;
        assert_eq!(bad.expect_err("no certificate"), Setting::Ca);
        let good = good.expect("a URL");
        assert_eq!(good.0.redis_settings().db(), 2);
        assert!(
            matches!(good.0.addr(), ConnectionAddr::TcpTls { insecure: false, tls_params: Some(_), .. }),
            "{good:?}"
        );
    }
}
