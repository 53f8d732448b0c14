//! A page with a form that is not lost when the session ends meanwhile: what comes too late is kept, and sent after the sign-in.

use axum::{Form, extract::State};
use serde::Deserialize;
use vestibule::EndUser;

use crate::{
    application::{Demo, Page, name_of},
    own_form::OwnForm,
    pages::Notes,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Note {
    text: String,
}

/// The form.
pub(crate) async fn page(State(demo): State<Demo>, user: EndUser) -> Page {
    demo.pages.notes(&Notes { name: &name_of(&user), note: None })
}

/// What was written, as it came: the demo has no place for it.
pub(crate) async fn write(State(demo): State<Demo>, _: OwnForm, user: EndUser, Form(note): Form<Note>) -> Page {
    demo.pages.notes(&Notes { name: &name_of(&user), note: Some(&note.text) })
}
