//! What a request at the door costs: requests that are ready to be answered, and the answering alone to be measured.
//!
//! Everything goes by the public API: an application inside of `wrap`, a provider in memory, and people who signed in with a
//! browser before the measuring begins. See README.md for how to run and read it.

mod house;

use std::{
    future::Future,
    mem,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderValue, Request, Response, StatusCode, header};
use tower_service::Service;

use crate::house::{House, Size};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Case {
    /// A plain axum handler that answers with text, without us; the request brings the cookie of 1.3 KB.
    Bare,
    /// A plain axum handler that redirects, without us.
    BareRedirect,
    /// A page inside of `wrap` whose handler does not ask who the person is.
    OpenPage,
    /// A handler that takes `EndUser`; cookie of 1.3 KB.
    EndUser,
    /// A handler that takes `EndUser`; 4 KB of claims, so the cookie is in two pieces.
    EndUserOfManyClaims,
    /// A handler that takes `Claims<T>`; cookie of 1.3 KB.
    Claims,
    /// A handler that takes `Claims<T>`; 4 KB of claims.
    ManyClaims,
    /// As [`EndUser`](Self::EndUser), when it is time to move the idle limit: the session is sealed anew.
    Renewal,
    /// A stranger who asks for a page that needs a sign-in is sent to the provider.
    Stranger,
}

/// How many requests are answered in one measurement, each of another person.
pub const REQUESTS: usize = 10;

/// Requests before they are answered.
#[derive(Debug)]
pub struct Prepared {
    app: Router,
    requests: Vec<Request<Body>>,
    answer: StatusCode,
}

impl Prepared {
    /// Signs everybody in, and answers one request that is not measured, so that nothing is done for the first time later.
    ///
    /// # Panics
    /// When the answer is not the one that the case is about.
    #[must_use]
    pub fn new(case: Case) -> Self {
        let mut house = House::new();
        let cookies = (0..=REQUESTS).map(|person| case.size().map(|size| house.sign_in(person, size)));
        let mut requests: Vec<_> = cookies.map(|cookie| request(case.path(), cookie)).collect();
        if case == Case::Renewal {
            house.let_an_hour_pass();
        }
        let mut prepared = Self { app: case.app(&house), requests: Vec::new(), answer: case.answer() };
        let first = requests.pop().expect("one more than are measured");
        case.check(prepared.answer_to(first));
        prepared.requests = requests;
        prepared
    }

    /// Answers every request, one after the other: this is what is measured.
    ///
    /// # Panics
    /// When an answer is not the one that the case is about.
    #[must_use = "what is left is not to be dropped within the measurement"]
    pub fn answered(mut self) -> Self {
        for request in mem::take(&mut self.requests) {
            assert_eq!(self.answer_to(request).status(), self.answer);
        }
        self
    }

    fn answer_to(&mut self, request: Request<Body>) -> Response<Body> {
        let Ok(response) = at_once(self.app.call(request));
        response
    }
}

impl Case {
    /// How large the sessions are; `None` for strangers.
    fn size(self) -> Option<Size> {
        match self {
            Self::EndUserOfManyClaims | Self::ManyClaims => Some(Size::Large),
            Self::Stranger | Self::BareRedirect => None,
            _ => Some(Size::Usual),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Bare | Self::OpenPage => "/open",
            Self::BareRedirect => "/redirect",
            Self::EndUser | Self::EndUserOfManyClaims | Self::Renewal | Self::Stranger => "/profile",
            Self::Claims | Self::ManyClaims => "/name",
        }
    }

    fn app(self, house: &House) -> Router {
        match self {
            Self::Bare | Self::BareRedirect => house::bare(),
            _ => house.app(),
        }
    }

    fn answer(self) -> StatusCode {
        match self {
            Self::Stranger | Self::BareRedirect => StatusCode::SEE_OTHER,
            _ => StatusCode::OK,
        }
    }

    /// Checks that the case measures what it says: whose page it is, and which cookies are set.
    fn check(self, response: Response<Body>) {
        assert_eq!(response.status(), self.answer(), "{self:?}");
        let sets = response.headers().get_all(header::SET_COOKIE).iter().count();
        assert_eq!(sets, usize::from(matches!(self, Self::Renewal | Self::Stranger)), "{self:?}");
        let text = at_once(to_bytes(response.into_body(), 1024)).expect("a body in memory");
        let person = house::name(REQUESTS);
        let expected = match self {
            Self::Bare | Self::OpenPage => house::OPEN,
            Self::BareRedirect | Self::Stranger => "",
            _ => person.as_str(),
        };
        assert_eq!(text, expected, "{self:?}");
    }
}

/// A request as Chromium sends it when a person opens a page.
fn request(path: &str, cookie: Option<HeaderValue>) -> Request<Body> {
    let mut request = Request::builder()
        .uri(path)
        .header(header::HOST, "localhost:3000")
        .header(
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
        )
        .header(header::ACCEPT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
        .header("sec-fetch-site", "none")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-user", "?1")
        .header("sec-fetch-dest", "document")
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
        .header(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9")
        .body(Body::empty())
        .expect("a path and constant headers make a request");
    request.headers_mut().extend(cookie.map(|cookie| (header::COOKIE, cookie)));
    request
}

/// The output of a future that has nothing to wait for: whatever a runtime costs is not measured.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a request that has to wait is not what is measured here"),
    }
}
