//! A provider whose answers can be changed on their way, and what is found of it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::Value;
use vestibule::{
    Builder, Client, Examination, HttpClient, Provider,
    core::{Limits, http_client::Answer},
    examination::{Code, Finding},
};
use vestibule_provider::DevelopmentProvider;

use crate::house::{CLIENT_SECRET, ISSUER, TestClock, builder, provider};

type Change = Arc<dyn Fn(&str, &mut Response<Bytes>) + Send + Sync>;

/// The way to the provider, on which answers are changed.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) provider: DevelopmentProvider,
    change: Change,
}

impl Line {
    pub(crate) fn new(change: impl Fn(&str, &mut Response<Bytes>) + Send + Sync + 'static) -> Self {
        Self { provider: provider(), change: Arc::new(change) }
    }

    pub(crate) fn straight() -> Self {
        Self::new(|_, _| {})
    }

    /// The answer at this path is another JSON document.
    pub(crate) fn rewriting(path: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::new(move |asked, answer| {
            if asked == path {
                let mut document = serde_json::from_slice(answer.body()).expect("JSON");
                change(&mut document);
                *answer.body_mut() = document.to_string().into();
            }
        })
    }

    /// One member of the metadata is another one, or none.
    pub(crate) fn with_metadata(member: &'static str, value: Value) -> Self {
        Self::rewriting(CONFIGURATION, move |document| {
            let members = document.as_object_mut().expect("an object");
            if value.is_null() {
                members.remove(member);
            } else {
                members.insert(member.to_owned(), value.clone());
            }
        })
    }

    /// The answer at this path has this status.
    pub(crate) fn with_status(path: &'static str, status: u16) -> Self {
        Self::new(move |asked, answer| {
            if asked == path {
                *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            }
        })
    }

    /// Each answer has this header.
    pub(crate) fn with_headers(headers: &'static [(&'static str, &'static str)]) -> Self {
        Self::new(move |_, answer| {
            for (name, value) in headers {
                answer.headers_mut().insert(*name, HeaderValue::from_static(value));
            }
        })
    }

    /// What is found with the settings of every test.
    pub(crate) async fn examine(&self) -> Examination {
        self.examine_with(|builder| builder).await
    }

    /// The same with other settings.
    pub(crate) async fn examine_with(&self, settings: impl FnOnce(Builder) -> Builder) -> Examination {
        let builder = builder(&self.provider, &TestClock::new()).http_client(self.clone());
        settings(builder).build().expect("the settings hold together").examine().await
    }

    /// The same with another provider besides, which is the one that matters.
    pub(crate) async fn examine_other(&self, other: Provider) -> Vec<Finding> {
        let examination = self.examine_with(|builder| builder.provider("other", other)).await;
        examination.findings().iter().filter(|finding| finding.provider() == Some("other")).cloned().collect()
    }
}

impl HttpClient for Line {
    fn send(&self, mut request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            if let Some(rest) = request.uri().path().strip_prefix(MANY) {
                *request.uri_mut() = format!("{ISSUER}{rest}").parse().expect("a URI");
            }
            let path = request.uri().path().to_owned();
            let mut answer = self.provider.send(request, limits).await?;
            (self.change)(&path, &mut answer);
            Ok(answer)
        })
    }
}

/// Below this the same provider answers as one that stands for many tenants.
pub(crate) const MANY: &str = "/organizations/v2.0";

pub(crate) const CONFIGURATION: &str = "/.well-known/openid-configuration";

pub(crate) fn discovered(client: Client) -> Provider {
    Provider::discovered(ISSUER, client).expect("an issuer")
}

pub(crate) fn confidential() -> Client {
    Client::confidential("my-app", CLIENT_SECRET)
}

/// The finding of this code, of which there is one.
pub(crate) fn found(findings: &[Finding], code: Code) -> &Finding {
    let those: Vec<_> = findings.iter().filter(|finding| finding.code() == code).collect();
    let [finding] = those[..] else { panic!("{code}: {} of {findings:#?}", those.len()) };
    finding
}

/// That one was found, whose sentence has this in it, and whose remedy says something where something should be done.
pub(crate) fn assert_found(findings: &[Finding], code: Code, part: &str) {
    let finding = found(findings, code);
    assert!(finding.sentence().contains(part), "{part}: {}", finding.sentence());
    assert_eq!(finding.severity(), code.severity());
    let needs_remedy = code.severity() > vestibule::examination::Severity::Fine;
    assert!(!needs_remedy || finding.remedy().is_some_and(|remedy| !remedy.is_empty()), "{finding:?}");
}

pub(crate) fn assert_not_found(findings: &[Finding], code: Code) {
    assert!(findings.iter().all(|finding| finding.code() != code), "{code}: {findings:#?}");
}
