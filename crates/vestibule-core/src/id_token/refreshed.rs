//! The ID Token that may come with a refresh: the checks of any ID Token, and then those of Core 12.2 against the first one.

use std::fmt;

use serde_json::{Map, Value};

use super::{ExpectedIdToken, Hashes, IdToken, Vouched, check_access_token_hash, check_is_no_logout_token};
use crate::{
    claims::{Audience, Subject},
    error::{Difference, Excerpt, InvalidIdToken},
    issuer::Issuer,
    jose::{CompactJws, JwkSet},
    json,
    numeric_date::NumericDate,
    secret::Secret,
};

/// An ID Token as it came with a refresh. Its one use is [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{Client, JwkSet, NumericDate, ProviderMetadata, SignatureAlgorithm, jose::SigningKey};
/// use vestibule_core::id_token::{FirstIdToken, UnverifiedIdToken, UnverifiedRefreshedIdToken};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let key = SigningKey::generate(SignatureAlgorithm::Rs256)?;
/// # let keys = JwkSet::from_json(serde_json::json!({"keys": [key.public_jwk()]}).to_string().as_bytes())?;
/// # let now = NumericDate::from_seconds(1_700_000_000);
/// # let claims = |now: NumericDate| serde_json::json!({"iss": "https://login.example.com", "sub": "alice", "aud": "my-app",
/// #   "exp": now.plus(60), "iat": now, "nonce": "n"}).to_string();
/// # let received = key.sign("JWT", claims(now).as_bytes())?;
/// let client = Client::public("my-app");
/// let expected = client.expected_id_token(&metadata);
/// let id_token = UnverifiedIdToken::new(received, "n").verify(&keys, &expected, now)?;
/// // kept with the session, until an hour later:
/// let first = FirstIdToken::from_raw(id_token.raw())?;
/// # let now = now.plus(3600);
/// # let received = key.sign("JWT", claims(now).as_bytes())?;
/// let renewed = UnverifiedRefreshedIdToken::new(received).verify(&keys, &expected, &first, now)?;
/// assert_eq!(renewed.subject(), id_token.subject());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct UnverifiedRefreshedIdToken {
    raw: Secret<String>,
    access_token: Option<Secret<String>>,
}

impl UnverifiedRefreshedIdToken {
    /// A token from the answer to a refresh.
    #[must_use]
    pub fn new(raw: impl Into<Secret<String>>) -> Self {
        Self { raw: raw.into(), access_token: None }
    }

    /// The access token that came with it, which its at_hash must fit.
    #[must_use]
    pub fn beside(self, access_token: Secret<String>) -> Self {
        Self { access_token: Some(access_token), ..self }
    }

    /// Checks the token as that of a login (Core 3.1.3.7), and that it is one of the same login as `first` (Core 12.2).
    ///
    /// The one difference to a login is the nonce: here it may be absent.
    ///
    /// # Errors
    /// [`InvalidIdToken`] names the check; [`InvalidIdToken::NotOfThisLogin`] has those of Core 12.2.
    /// [`InvalidIdToken::Jws`] with [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the
    /// keys anew and call again.
    pub fn verify(
        &self,
        keys: &JwkSet,
        expected: &ExpectedIdToken<'_>,
        first: &FirstIdToken,
        now: NumericDate,
    ) -> Result<IdToken, InvalidIdToken> {
        // Core 12.2: "otherwise, the same rules apply as apply when issuing an ID Token at the time of the original
        // authentication".
        let Vouched { raw, claims } = expected.vouched(&self.raw, keys, now)?;
        check_is_no_logout_token(&claims)?;
        first.check_is_continued_by(&FirstIdToken::read(&claims)?)?;
        let algorithm = expected.agreement.algorithm;
        check_access_token_hash(&claims, Hashes::Optional, self.access_token.as_ref(), algorithm)?;
        IdToken::read(raw, claims)
    }
}

/// What is known of the first ID Token of a login, with which a refreshed one must agree (Core 12.2).
///
/// It is made from the raw form of that token, which the session kept, or from parts of it. Keep the *first* one: a refreshed
/// token may lack what the first one had, and then could not vouch for the next.
///
/// # Example
/// ```
/// use vestibule_core::{Issuer, NumericDate, Subject, id_token::FirstIdToken};
///
/// let issuer = Issuer::parse("https://login.example.com")?;
/// let subject = Subject::parse("248289761001").expect("a subject");
/// let signed_in = NumericDate::from_seconds(1_700_000_000);
/// let first = FirstIdToken::new(&issuer, &subject, ["my-app"], signed_in).auth_time(signed_in.minus(30));
/// # let _ = first;
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Debug)]
pub struct FirstIdToken {
    issuer: String,
    subject: String,
    issued_at: NumericDate,
    audience: Audience,
    auth_time: Option<NumericDate>,
    azp: Option<String>,
    nonce: Option<Secret<String>>,
}

impl FirstIdToken {
    /// From parts that the session kept. What is not added is not known, and not compared.
    #[must_use]
    pub fn new(
        issuer: &Issuer,
        subject: &Subject,
        audience: impl IntoIterator<Item = impl Into<String>>,
        issued_at: NumericDate,
    ) -> Self {
        Self {
            issuer: issuer.as_str().to_owned(),
            subject: subject.as_str().to_owned(),
            issued_at,
            audience: audience.into_iter().collect(),
            auth_time: None,
            azp: None,
            nonce: None,
        }
    }

    /// From the raw form of a token that was verified when it came, and kept since where nobody else could write: its signature
    /// is not looked at again.
    ///
    /// # Errors
    /// [`InvalidIdToken`] when it does not read as an ID Token.
    pub fn from_raw(raw: &Secret<String>) -> Result<Self, InvalidIdToken> {
        Self::read(&json::object(CompactJws::parse(raw.expose())?.unverified_payload())?)
    }

    /// When the person signed in (`auth_time`).
    #[must_use]
    pub fn auth_time(self, auth_time: NumericDate) -> Self {
        Self { auth_time: Some(auth_time), ..self }
    }

    /// To whom it was issued (`azp`).
    #[must_use]
    pub fn azp(self, azp: impl Into<String>) -> Self {
        Self { azp: Some(azp.into()), ..self }
    }

    /// The nonce of the login.
    #[must_use]
    pub fn nonce(self, nonce: impl Into<Secret<String>>) -> Self {
        Self { nonce: Some(nonce.into()), ..self }
    }

    fn read(claims: &Map<String, Value>) -> Result<Self, InvalidIdToken> {
        Ok(Self {
            issuer: json::required(claims, "iss")?,
            subject: json::required(claims, "sub")?,
            issued_at: json::required(claims, "iat")?,
            audience: json::required(claims, "aud")?,
            auth_time: json::member(claims, "auth_time")?,
            azp: json::member(claims, "azp")?,
            nonce: json::member::<String>(claims, "nonce")?.map(Secret::new),
        })
    }

    /// Core 12.2, in the order of its list.
    fn check_is_continued_by(&self, new: &Self) -> Result<(), Difference> {
        let excerpts = |first: &str, got: &str| (Excerpt::new(first), Excerpt::new(got));
        // "its iss Claim Value MUST be the same as in the ID Token issued when the original authentication occurred"
        if new.issuer != self.issuer {
            let (first, got) = excerpts(&self.issuer, &new.issuer);
            return Err(Difference::Issuer { first, got });
        }
        // "its sub Claim Value MUST be the same"
        if new.subject != self.subject {
            let (first, got) = excerpts(&self.subject, &new.subject);
            return Err(Difference::Subject { first, got });
        }
        // "its iat Claim MUST represent the time that the new ID Token is issued"
        if new.issued_at < self.issued_at {
            return Err(Difference::IssuedAt { first: self.issued_at, got: new.issued_at });
        }
        // "its aud Claim Value MUST be the same"
        if !new.audience.has_the_members_of(&self.audience) {
            return Err(Difference::Audience);
        }
        // "if the ID Token contains an auth_time Claim, its value MUST represent the time of the original authentication"
        if let (Some(first), Some(got)) = (self.auth_time, new.auth_time)
            && first != got
        {
            return Err(Difference::AuthTime { first, got });
        }
        // The azp is for extensions to rule; those that do want it to be the same.
        if let (Some(first), Some(got)) = (&self.azp, &new.azp)
            && first != got
        {
            let (first, got) = excerpts(first, got);
            return Err(Difference::AuthorizedParty { first, got });
        }
        // "it SHOULD NOT have a nonce Claim, [..] however, if it is present, its value MUST be the same as in the ID Token issued
        // at the time of the original authentication"
        match (&self.nonce, &new.nonce) {
            (Some(first), Some(got)) if first != got => Err(Difference::Nonce),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for UnverifiedRefreshedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedRefreshedIdToken(***)")
    }
}
