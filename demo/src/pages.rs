//! The demo's pages: one template and one typed context each, escaped by minijinja because their names end in `.html`.

use std::sync::{Arc, OnceLock};

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use minijinja::{Environment, UndefinedBehavior, Value, context, value::Serde};
use serde::Serialize;

use crate::moment::Moment;

const TEMPLATES: [(&str, &str); 11] = [
    ("base.html", include_str!("pages/base.html")),
    ("index.html", include_str!("pages/index.html")),
    ("profile.html", include_str!("pages/profile.html")),
    ("admin.html", include_str!("pages/admin.html")),
    ("vault.html", include_str!("pages/vault.html")),
    ("notes.html", include_str!("pages/notes.html")),
    ("sessions.html", include_str!("pages/sessions.html")),
    ("live.html", include_str!("pages/live.html")),
    ("goodbye.html", include_str!("pages/goodbye.html")),
    ("error.html", include_str!("pages/error.html")),
    ("not_found.html", include_str!("pages/not_found.html")),
];

/// The style of all pages.
pub(crate) const STYLE: &str = include_str!("pages/style.css");
/// The icon in the browser's tab.
pub(crate) const ICON: &str = include_str!("pages/icon.svg");

/// The templates, ready to be filled. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    environment: Arc<Environment<'static>>,
    /// Where the latest decisions about a browser are shown, in development. The error view has its pages before the vestibule is
    /// built that knows.
    why: Arc<OnceLock<String>>,
}

/// The front page.
#[derive(Debug, Serialize)]
pub(crate) struct Index<'a> {
    /// What to call the person who is signed in.
    pub(crate) name: Option<&'a str>,
    /// Where to sign in, for a stranger.
    pub(crate) choices: &'a [Choice],
    /// Where another site's link would lead, which wants somebody to sign in here.
    pub(crate) invitations: &'a [Choice],
    /// The issuer of the provider in this process.
    pub(crate) embedded: Option<&'a str>,
}

/// A provider to sign in with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Choice {
    /// Its name in the settings.
    pub(crate) provider: String,
    /// Where signing in there begins.
    pub(crate) href: String,
}

/// What is known about the person who is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct Profile<'a> {
    /// What to call them.
    pub(crate) name: &'a str,
    /// The provider's name in the settings.
    pub(crate) provider: &'a str,
    /// The provider's name in the protocol.
    pub(crate) issuer: &'a str,
    /// When the session began.
    pub(crate) signed_in: Moment,
    /// When it ends if nobody uses it.
    pub(crate) idle_until: Option<Moment>,
    /// When it ends in any case.
    pub(crate) ends: Moment,
    /// What the provider says.
    pub(crate) claims: Vec<Claim>,
}

/// One thing that the provider says.
#[derive(Debug, Serialize)]
pub(crate) struct Claim {
    /// Its name.
    pub(crate) name: String,
    /// Its value: a string as it is, anything else as JSON.
    pub(crate) value: String,
}

/// What somebody writes.
#[derive(Debug, Serialize)]
pub(crate) struct Notes<'a> {
    /// What to call them.
    pub(crate) name: &'a str,
    /// What they wrote, once it arrived.
    pub(crate) note: Option<&'a str>,
}

/// Where somebody is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct Sessions<'a> {
    /// What to call them.
    pub(crate) name: &'a str,
    /// None where there is no list.
    pub(crate) sessions: Option<Vec<OneSession>>,
}

/// One browser in which somebody is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct OneSession {
    /// For the form that ends it.
    pub(crate) id: String,
    /// Whether it is the one in which the page is shown.
    pub(crate) is_this: bool,
    /// What it says that it is.
    pub(crate) browser: String,
    /// The provider's name in the settings.
    pub(crate) provider: String,
    /// When the session began.
    pub(crate) signed_in: Moment,
    /// When it was last used.
    pub(crate) last_seen: Moment,
    /// When it ends if nobody uses it.
    pub(crate) ends: Moment,
    /// Whether it ends later if somebody does.
    pub(crate) use_prolongs: bool,
}

/// Why a sign-in failed.
#[derive(Debug, Serialize)]
pub(crate) struct Sorry<'a> {
    /// What the person may read.
    pub(crate) message: &'a str,
    /// What finds the log line.
    pub(crate) reference: &'a str,
    /// The provider's name in the settings.
    pub(crate) provider: Option<&'a str>,
    /// The provider's error code.
    pub(crate) error: Option<&'a str>,
    /// The provider's explanation: a stranger's words, escaped like all others.
    pub(crate) error_description: Option<&'a str>,
    /// What is probably the matter, in development.
    pub(crate) detail: Option<&'a str>,
    /// Where to begin again.
    pub(crate) try_again: &'a str,
    /// What the way there is called.
    pub(crate) again: &'a str,
}

/// A page that could not be filled: a mistake in a template.
#[derive(Debug)]
pub(crate) struct PageError(minijinja::Error);

type Page = Result<Html<String>, PageError>;

impl Pages {
    /// The pages, with links below `base`, the path of the application's public address without a slash at its end.
    pub(crate) fn new(base: &str) -> Result<Self, PageError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.add_global("base", base);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).map_err(PageError)?;
        }
        Ok(Self { environment: Arc::new(environment), why: Arc::default() })
    }

    /// From now on pages for developers lead to this path, if there is one.
    pub(crate) fn lead_to_why(&self, why: Option<String>) {
        why.into_iter().for_each(|why| drop(self.why.set(why)));
    }

    /// The front page.
    pub(crate) fn index(&self, index: &Index<'_>) -> Page {
        self.fill("index.html", "/", index.name, index)
    }

    /// Who the person is, for how long, and why that is believed.
    pub(crate) fn profile(&self, profile: &Profile<'_>) -> Page {
        self.fill("profile.html", "/profile", Some(profile.name), profile)
    }

    /// For those with the claim.
    pub(crate) fn admin(&self, name: &str) -> Page {
        self.fill("admin.html", "/admin", Some(name), &())
    }

    /// For those who signed in strongly, and lately.
    pub(crate) fn vault(&self, name: &str) -> Page {
        self.fill("vault.html", "/vault", Some(name), &())
    }

    /// The form for a note, and the note that arrived.
    pub(crate) fn notes(&self, notes: &Notes<'_>) -> Page {
        self.fill("notes.html", "/notes", Some(notes.name), notes)
    }

    /// Where the person is signed in.
    pub(crate) fn sessions(&self, sessions: &Sessions<'_>) -> Page {
        self.fill("sessions.html", "/sessions", Some(sessions.name), sessions)
    }

    /// The page that knows when the session has ended.
    pub(crate) fn live(&self, name: &str) -> Page {
        self.fill("live.html", "/live", Some(name), &())
    }

    /// After signing out.
    pub(crate) fn goodbye(&self) -> Page {
        self.fill("goodbye.html", "/goodbye", None, &())
    }

    /// The demo's own view of a sign-in that failed.
    pub(crate) fn sorry(&self, sorry: &Sorry<'_>) -> Page {
        self.fill("error.html", "", None, sorry)
    }

    /// For an address that is none of ours.
    pub(crate) fn not_found(&self, name: Option<&str>) -> Page {
        self.fill("not_found.html", "", name, &())
    }

    fn fill(&self, template: &str, here: &str, name: Option<&str>, page: &impl Serialize) -> Page {
        let page = context! { here, name, why => self.why.get(), ..Value::from(Serde(page)) };
        let html = self.environment.get_template(template).and_then(|template| template.render(page));
        html.map(Html).map_err(PageError)
    }
}

impl std::fmt::Display for PageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a page cannot be made: {}", self.0)
    }
}

impl std::error::Error for PageError {}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        tracing::error!(reason = %self.0, "a page could not be made");
        (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown. The log says why.").into_response()
    }
}

#[cfg(test)]
mod tests;
