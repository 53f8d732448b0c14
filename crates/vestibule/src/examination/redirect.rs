//! The redirect URI exactly as the provider will see it, and whether it knows it.

use http::{StatusCode, header};
use url::{Url, form_urlencoded};
use vestibule_core::{Client, HttpError, ProviderMetadata, error::Excerpt};

use super::{Code, Finding, connection, provider::Learnt, words};
use crate::provider::{ConnectedProvider, Probe};

/// What must be registered, character for character.
pub(super) fn to_register(provider: &ConnectedProvider) -> Finding {
    Finding::new(Code::RedirectUri, format!("the redirect URI to register is {}", provider.redirect_uri()))
}

/// What becomes of an authorization request by nobody.
pub(super) async fn examine(
    provider: &ConnectedProvider,
    client: &Client,
    metadata: &ProviderMetadata,
    learnt: &mut Learnt,
) {
    if provider.uses_request_objects(client) {
        return learnt.find(untold("logins are asked for by request objects, of which this examination makes none"));
    }
    let probe = provider.probe_authorization(client, metadata).await;
    learnt.hear(probe.ahead);
    learnt.find(judge(provider.redirect_uri(), &probe));
}

fn judge(redirect_uri: &str, probe: &Probe<()>) -> Finding {
    let answer = match &probe.answer {
        Ok(answer) => answer,
        Err(error) if matches!(error.as_ref(), HttpError::BodyTooLarge { .. }) => {
            return untold("the provider answered with a large page of its own");
        }
        Err(error) => return connection::no_answer(&probe.url, error),
    };
    let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    match (answer.status(), location) {
        (status, Some(location)) if status.is_redirection() => sent_to(redirect_uri, &probe.url, location),
        // RFC 6749 4.1.2.1: one who is not to be trusted with an answer is not redirected to.
        (StatusCode::BAD_REQUEST, _) => {
            Finding::new(Code::RedirectUriRefused, "the provider answers a login with an error page (status 400), before anybody signs in")
                .with_remedy(format!(
                    "see that client_id is right, and that this redirect URI is registered for it, character for character: {redirect_uri}"
                ))
        }
        (status, _) => untold(&format!("the provider answered with status {} and a page of its own", status.as_u16())),
    }
}

fn sent_to(redirect_uri: &str, asked: &str, location: &str) -> Finding {
    let there = Url::parse(asked).and_then(|asked| asked.join(location));
    let Some((there, answer)) = there.ok().and_then(|there| Some((without_answer(&there), answer_in(&there)?))) else {
        return untold("the provider goes on to a page of its own");
    };
    if there != redirect_uri {
        return untold("the provider goes on to a page of its own");
    }
    match answer.as_str() {
        // Core 3.1.2.6: what is said to whom nobody may ask anything.
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => Finding::new(
            Code::RedirectUriAccepted,
            "the provider knows client and redirect URI: it sends a login back to it",
        ),
        error => Finding::new(
            Code::RequestRefused,
            format!(
                "the provider knows client and redirect URI, and refuses the request with the error '{}'",
                Excerpt::new(error)
            ),
        )
        .with_remedy(match error {
            "invalid_scope" => "ask for scopes that this client may have (scope in the settings)",
            "unauthorized_client" | "unsupported_response_type" => {
                "have this kind of login allowed for the client (the authorization code flow)"
            }
            "invalid_request" => {
                "have the error explained by the provider's log: a parameter is missing there, or one too many"
            }
            _ => "look for that error in the provider's documentation or log",
        }),
    }
}

/// The error that came back, in the query or in the fragment.
fn answer_in(there: &Url) -> Option<String> {
    [there.query(), there.fragment()]
        .into_iter()
        .flatten()
        .flat_map(|text| form_urlencoded::parse(text.as_bytes()))
        .find(|(name, _)| name == "error")
        .map(|(_, error)| error.into_owned())
}

fn without_answer(there: &Url) -> String {
    let mut there = there.clone();
    there.set_query(None);
    there.set_fragment(None);
    there.into()
}

fn untold(why: &str) -> Finding {
    let found =
        format!("whether client and redirect URI are registered cannot be told from here: {}", words::reason(why));
    Finding::new(Code::RedirectUriUntold, found).with_remedy(
        "compare the redirect URI above with what the provider has, character for character; or sign in once",
    )
}
