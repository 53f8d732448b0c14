//! Certificates: of an authority of our own, and of nobody.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Whom nobody trusts but who is told to.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pub(crate) pem: String,
}

/// What a server shows, and what it proves it with.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// The certificate and the key of a client, as files have them.
pub(crate) struct Pem {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::called("an authority of our own")
    }

    pub(crate) fn called(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// An identity for 127.0.0.1 that holds.
    pub(crate) fn identity(&self) -> Identity {
        self.identity_but(|_| {})
    }

    /// What a client shows, and what it proves it with.
    pub(crate) fn client_identity(&self, name: &str) -> Pem {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().expect("a key"));
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pem { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// One that holds but for what is changed.
    pub(crate) fn identity_but(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let (mut params, key) = (for_this_machine(), KeyPair::generate().expect("a key"));
        change(&mut params);
        Identity::new(&params.signed_by(&key, &self.issuer).expect("a certificate"), &key)
    }
}

impl Identity {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self { certificate: certificate.der().clone(), key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }

    /// One that vouches for itself.
    pub(crate) fn self_signed() -> Self {
        let key = KeyPair::generate().expect("a key");
        Self::new(&for_this_machine().self_signed(&key).expect("a certificate"), &key)
    }
}

pub(crate) fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

fn for_this_machine() -> CertificateParams {
    named("127.0.0.1")
}
