//! Private keys: what makes a signature. A relying party signs assertions and request objects; a provider for tests signs tokens.

use std::fmt;

use aws_lc_rs::{
    encoding::AsBigEndian,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use serde_json::{Map, Value, json};

use super::{
    algorithm::{Curve, Family, SignatureAlgorithm},
    base64url, digest,
    private_jwk::{self, InvalidPrivateJwk, Members, rsa_numbers},
};
use crate::secret::Secret;

/// A private key, bound to one algorithm.
///
/// # Example
/// ```
/// use vestibule_core::{JwkSet, SignatureAlgorithm, jose::{CompactJws, SigningKey}};
///
/// let key = SigningKey::generate(SignatureAlgorithm::Es256)?;
/// let token = key.sign("JWT", serde_json::json!({"sub": "alice"}).to_string().as_bytes())?;
///
/// let keys = JwkSet::from_json(serde_json::json!({"keys": [key.public_jwk()]}).to_string().as_bytes())?;
/// assert!(CompactJws::parse(&token)?.verify(SignatureAlgorithm::Es256, &keys).is_ok());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct SigningKey {
    algorithm: SignatureAlgorithm,
    kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(Curve, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Secret(Box<hmac::Key>),
}

/// The crypto library could not make a key or a signature: it is out of memory or of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the crypto library could not make a key or a signature")]
#[non_exhaustive]
pub struct SigningFailed;

impl SigningKey {
    /// Makes a new key pair; its kid is its thumbprint. Key operations draw their own randomness.
    ///
    /// # Errors
    /// [`SigningFailed`] when the operating system gives no memory or randomness, and for HMAC, which has no key pairs.
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<Self, SigningFailed> {
        let pair = match algorithm.family() {
            Family::Rsa(..) => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            Family::Ec(curve) => EcdsaKeyPair::generate(curve.signing()).map(|pair| Pair::Ec(curve, pair)),
            Family::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
            // A secret that nobody else knows signs for nobody: see `from_secret`.
            Family::Hmac(_) => return Err(SigningFailed),
        }
        .map_err(|_| SigningFailed)?;
        Ok(Self { algorithm, kid: thumbprint(pair.public_members()), pair })
    }

    /// A secret that two parties share, for an HMAC algorithm; it has no kid and no public half.
    ///
    /// # Errors
    /// [`SigningFailed`] when the algorithm takes no secret, or a longer one (RFC 7518 3.2).
    pub fn from_secret(algorithm: SignatureAlgorithm, secret: &Secret<String>) -> Result<Self, SigningFailed> {
        let secret = secret.expose().as_bytes();
        match algorithm.family() {
            Family::Hmac(hash) if secret.len() >= algorithm.secret_bytes() => {
                Ok(Self { algorithm, kid: String::new(), pair: Pair::Secret(Box::new(hmac::Key::new(hash, secret))) })
            }
            _ => Err(SigningFailed),
        }
    }

    /// Reads a private JWK (RFC 7518 6.2.2, 6.3.2, RFC 8037 2) that names its algorithm, or is on a curve, which has one. Without a `kid`
    /// it gets its thumbprint.
    ///
    /// # Errors
    /// [`InvalidPrivateJwk`] names the rule.
    pub fn from_jwk(jwk: &Value) -> Result<Self, InvalidPrivateJwk> {
        let members = Members::read(jwk)?;
        let alg = members.alg().or(members.signature_algorithm_of_curve()).ok_or(InvalidPrivateJwk::NoAlgorithm)?;
        let algorithm = alg.parse().map_err(|_| private_jwk::wrong_algorithm(alg))?;
        Self::from_members(algorithm, members)
    }

    /// Reads a private JWK for an algorithm, with which the JWK must agree if it names one.
    ///
    /// # Errors
    /// [`InvalidPrivateJwk`] names the rule.
    pub fn from_jwk_for(algorithm: SignatureAlgorithm, jwk: &Value) -> Result<Self, InvalidPrivateJwk> {
        Self::from_members(algorithm, Members::read(jwk)?)
    }

    fn from_members(algorithm: SignatureAlgorithm, mut members: Members) -> Result<Self, InvalidPrivateJwk> {
        members.check_purpose("sig", &["sign"])?;
        members.check_algorithm(algorithm.name())?;
        let pair = match algorithm.family() {
            Family::Rsa(..) => Pair::Rsa(members.rsa()?),
            Family::Ec(curve) => Pair::Ec(curve, members.ec(curve)?),
            Family::Ed25519 => Pair::Ed25519(members.ed25519()?),
            // A secret is the client secret (Core 10.1), and no JWK.
            Family::Hmac(_) => return Err(private_jwk::wrong_algorithm(algorithm.name())),
        };
        let kid = members.take_kid().unwrap_or_else(|| thumbprint(pair.public_members()));
        Ok(Self { algorithm, kid, pair })
    }

    /// The same key under another kid.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: kid.into(), ..self }
    }

    /// Its kid.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The public half, for a key set (RFC 7517 4).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        Value::Object(self.named(self.pair.public_members()))
    }

    /// The whole key as a private JWK, to be kept sealed and read back with [`from_jwk`](Self::from_jwk).
    ///
    /// # Errors
    /// [`SigningFailed`] for a secret, which is kept where it came from, and when the operating system gives no memory.
    pub fn to_private_jwk(&self) -> Result<Secret<String>, SigningFailed> {
        let mut members = self.named(self.pair.public_members());
        members.append(&mut self.pair.private_members().ok_or(SigningFailed)?);
        Ok(private_jwk::into_secret(members))
    }

    fn named(&self, mut members: Map<String, Value>) -> Map<String, Value> {
        members.insert("kid".to_owned(), json!(self.kid));
        members.insert("alg".to_owned(), json!(self.algorithm.name()));
        members.insert("use".to_owned(), json!("sig"));
        members
    }

    /// Signs a payload, in compact form, with `alg`, `kid` and `typ` in the header.
    ///
    /// # Errors
    /// [`SigningFailed`] when the operating system gives no memory or randomness.
    pub fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SigningFailed> {
        let mut header = json!({"alg": self.algorithm.name(), "typ": typ});
        if let Some(members) = header.as_object_mut().filter(|_| !self.kid.is_empty()) {
            members.insert("kid".to_owned(), json!(self.kid));
        }
        self.sign_with_header(&header, payload)
    }

    /// Signs a payload under a header of the caller's own, whatever it claims: for tests of those who verify.
    ///
    /// # Errors
    /// [`SigningFailed`] when the operating system gives no memory or randomness.
    pub fn sign_with_header(&self, header: &Value, payload: &[u8]) -> Result<String, SigningFailed> {
        let mut token = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(payload));
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url::encode(signature));
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let random = SystemRandom::new();
        match (&self.pair, self.algorithm.family()) {
            (Pair::Rsa(pair), Family::Rsa(_, encoding)) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).map_err(|_| SigningFailed)?;
                Ok(signature)
            }
            (Pair::Ec(_, pair), _) => {
                pair.sign(&random, message).map(|s| s.as_ref().to_vec()).map_err(|_| SigningFailed)
            }
            (Pair::Ed25519(pair), _) => Ok(pair.sign(message).as_ref().to_vec()),
            (Pair::Secret(key), _) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            (Pair::Rsa(_), _) => Err(SigningFailed),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// RFC 7638 3: the hash of the required members, in lexicographic order and without white space.
pub(super) fn thumbprint(required_members: Map<String, Value>) -> String {
    base64url::encode(digest::sha256(Value::Object(required_members).to_string().as_bytes()))
}

impl Pair {
    /// The required members of the public key (RFC 7638 3.2): of these the thumbprint is made.
    fn public_members(&self) -> Map<String, Value> {
        let members = match self {
            Self::Rsa(pair) => return rsa_numbers::public_members(pair),
            Self::Ec(curve, pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point.split_first().map_or((point, point), |(_, xy)| xy.split_at(xy.len() / 2));
                json!({"crv": curve.name(), "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y)})
            }
            Self::Ed25519(pair) => json!({"crv": "Ed25519", "kty": "OKP", "x": base64url::encode(pair.public_key())}),
            // It has no public half, and is not given away.
            Self::Secret(_) => json!({"kty": "oct"}),
        };
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// The private members; `None` for a secret.
    fn private_members(&self) -> Option<Map<String, Value>> {
        let d = match self {
            Self::Rsa(pair) => return rsa_numbers::private_members(pair),
            Self::Ec(_, pair) => Secret::new(pair.private_key().as_be_bytes().ok()?.as_ref().to_vec()),
            Self::Ed25519(pair) => Secret::new(pair.seed().ok()?.as_be_bytes().ok()?.as_ref().to_vec()),
            Self::Secret(_) => return None,
        };
        Some(private_jwk::scalar_member(d.expose()))
    }
}

impl Curve {
    pub(super) fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
            Self::Secp256k1 => &signature::ECDSA_P256K1_SHA256_FIXED_SIGNING,
        }
    }
}

#[cfg(test)]
mod tests;
