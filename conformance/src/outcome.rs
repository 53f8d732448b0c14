//! What came of a login: all that the suite cannot see.

use serde_json::{Map, Value};
use vestibule_provider::Page;

use crate::Bench;

impl Bench {
    /// Alice is signed in, on the page that she wanted, and nothing went wrong on the way.
    pub async fn expect_signed_in(&mut self, page: &Page) {
        assert_eq!(self.failures(), [] as [(String, String); 0]);
        assert_eq!((page.status().as_u16(), page.url().path(), page.text()), (200, "/profile", "profile of alice"));
        assert_eq!(self.who().await.as_deref(), Some("alice"));
    }

    /// What the application is told of the person who is signed in.
    pub async fn claims(&mut self) -> Map<String, Value> {
        serde_json::from_str(self.get("/claims").await.text()).expect("claims")
    }

    /// Nobody is signed in, the person is told of trouble with the provider, and the log has exactly this reason. The relying party
    /// stays silent, whatever page is looked at.
    pub async fn expect_refused(&mut self, page: &Page, reason: &str) {
        assert_eq!(self.failures(), [("Misbehaved".to_owned(), reason.to_owned())]);
        self.expect_error_page(page, 502).await;
    }

    /// Nobody is signed in, and an error page of this status says so.
    pub async fn expect_error_page(&mut self, page: &Page, status: u16) {
        assert_eq!((page.status().as_u16(), page.url().path()), (status, "/auth/error"), "{}", page.text());
        assert_eq!(self.who().await, None);
        assert_eq!(self.get("/auth/error").await.status(), status, "a reload");
        assert_eq!(self.get("/").await.text(), "a stranger");
    }

    /// Why logins failed, and of what kind that was.
    #[must_use]
    pub fn failures(&self) -> Vec<(String, String)> {
        let failed = self.log.of("a login did not come to its end");
        failed.iter().map(|entry| (entry.field("kind").to_owned(), entry.field("reason").to_owned())).collect()
    }

    /// The reasons of the log lines with this message.
    #[must_use]
    pub fn reasons_of(&self, message: &str) -> Vec<String> {
        self.log.of(message).iter().map(|entry| entry.field("reason").to_owned()).collect()
    }
}
