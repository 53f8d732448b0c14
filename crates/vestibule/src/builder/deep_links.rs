//! What becomes of the fragments of deep links.

use super::Builder;
use crate::return_address::Fragments;

impl Builder {
    /// Brings people who sign in back to the very place that they opened, fragment included, such as `/app#/inbox`.
    ///
    /// Browsers keep fragments to themselves: no server sees them. So in the place of the redirect to the provider, somebody who is
    /// not signed in gets a page (401) whose script takes the fragment along to the sign-in, where it travels sealed as the path does;
    /// without scripts the page has a link, which leads back to the path alone. The provider never sees it, but the logs of this
    /// application's server may, as a part of the query of `/auth/login`. A fragment of more than 512 bytes, and one
    /// that looks like the answer of a provider (`#access_token=..`), is left out.
    ///
    /// # Example
    /// ```
    /// use vestibule::Vestibule;
    ///
    /// let builder = Vestibule::builder("https://app.example.com").keep_fragments();
    /// # let _ = builder;
    /// ```
    pub fn keep_fragments(self) -> Self {
        Self { fragments: Fragments::Kept, ..self }
    }
}
