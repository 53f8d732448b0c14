//! The document that joins our redirect URIs into one sector (Registration 5), served by us on a fixed path.

use serde_json::Value;

use crate::error::Excerpt;

/// The redirect URIs that belong to one sector: whoever is known by pairwise subjects is known by the same one at all of them
/// (Core 8.1).
///
/// The provider fetches it from the `sector_identifier_uri` that we registered. It has addresses of ours and nothing else: nobody
/// who visits has a say in it (V81).
///
/// # Example
/// ```
/// use vestibule_core::registration::SectorIdentifierDocument;
///
/// let document = SectorIdentifierDocument::new(["https://a.example.com/callback", "https://b.example.com/callback"]);
/// assert_eq!(document.to_json(), br#"["https://a.example.com/callback","https://b.example.com/callback"]"#);
/// assert!(document.check(["https://c.example.com/callback"]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectorIdentifierDocument {
    redirect_uris: Vec<String>,
}

/// Why a sector identifier document does not vouch for our redirect URIs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSectorIdentifier {
    /// It is not what Registration 5 describes.
    #[error("the sector identifier document is not a JSON array of strings (Registration 5)")]
    NotAnArray,
    /// A provider refuses a registration with such a redirect URI.
    #[error("the sector identifier document lacks the redirect URI '{redirect_uri}' (Registration 5)")]
    Missing {
        /// The one that it lacks.
        redirect_uri: Excerpt,
    },
}

impl SectorIdentifierDocument {
    /// For these redirect URIs, in their order; one that comes twice stands once.
    #[must_use]
    pub fn new<S: Into<String>>(redirect_uris: impl IntoIterator<Item = S>) -> Self {
        let mut distinct: Vec<String> = Vec::new();
        for uri in redirect_uris.into_iter().map(Into::into) {
            if !distinct.contains(&uri) {
                distinct.push(uri);
            }
        }
        Self { redirect_uris: distinct }
    }

    /// Reads one that is served elsewhere.
    ///
    /// # Errors
    /// [`InvalidSectorIdentifier::NotAnArray`]
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidSectorIdentifier> {
        serde_json::from_slice::<Vec<String>>(bytes).map(Self::new).map_err(|_| InvalidSectorIdentifier::NotAnArray)
    }

    /// Its bytes, to be served as `application/json`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        Value::from(self.redirect_uris.clone()).to_string().into_bytes()
    }

    /// Whether all of these redirect URIs are in it, character for character.
    ///
    /// # Errors
    /// [`InvalidSectorIdentifier::Missing`] names the first that is not.
    pub fn check<'a>(&self, redirect_uris: impl IntoIterator<Item = &'a str>) -> Result<(), InvalidSectorIdentifier> {
        // Registration 5: "The values of the registered redirect_uris MUST be included in the elements of the array".
        let missing = redirect_uris.into_iter().find(|uri| !self.redirect_uris.iter().any(|listed| listed == uri));
        missing.map_or(Ok(()), |uri| Err(InvalidSectorIdentifier::Missing { redirect_uri: Excerpt::new(uri) }))
    }
}
