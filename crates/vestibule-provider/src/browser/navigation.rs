//! A navigation from its first request through every redirect (HTML, "navigate"; Fetch 4.4; Fetch Metadata).

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower::ServiceExt;
use url::{Origin, Url};

use super::{
    Browser,
    jar::Context,
    page::{Hop, Page},
    site::{is_same_site, is_trustworthy},
};

/// The most redirects that are followed (Fetch 4.4).
const MOST_REDIRECTS: usize = 20;

/// Who wants to go there.
#[derive(Clone)]
pub(super) enum Initiator {
    /// The person, by typing or by a bookmark.
    Person,
    /// A page of this origin, whose policy may keep the origin to itself.
    Page { origin: Origin, hides_origin: HidesOrigin },
}

/// When a page's Referrer-Policy keeps `Origin` from a POST (Fetch 3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HidesOrigin {
    Never,
    Always,
    FromOthers,
}

pub(super) struct Navigation {
    kind: Kind,
    method: Method,
    url: Url,
    body: String,
    initiator: Initiator,
    redirects_left: usize,
    relation: Relation,
    is_origin_tainted: bool,
}

/// What is navigated, and by whom.
enum Kind {
    /// The window, by the person's hand.
    Clicked,
    /// The window, by the page's own doing.
    ByItself,
    /// A frame of the page at this URL, which the window shows.
    Frame(Url),
}

/// The value of `Sec-Fetch-Site`, in the order in which a chain of redirects can only make it worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    None,
    SameOrigin,
    SameSite,
    CrossSite,
}

impl Initiator {
    pub(super) fn at(origin: Origin) -> Self {
        Self::Page { origin, hides_origin: HidesOrigin::Never }
    }

    pub(super) fn of(page: &Page) -> Self {
        let policies = page.headers().get_all(header::REFERRER_POLICY).into_iter().filter_map(|v| v.to_str().ok());
        // Referrer Policy 8.1: the last one that is known counts.
        let hides = policies.flat_map(|line| line.split(',')).fold(HidesOrigin::Never, |so_far, policy| {
            match policy.trim().to_ascii_lowercase().as_str() {
                "no-referrer" => HidesOrigin::Always,
                "same-origin" => HidesOrigin::FromOthers,
                "origin"
                | "strict-origin"
                | "origin-when-cross-origin"
                | "strict-origin-when-cross-origin"
                | "no-referrer-when-downgrade"
                | "unsafe-url" => HidesOrigin::Never,
                _ => so_far,
            }
        });
        Self::Page { origin: page.url().origin(), hides_origin: hides }
    }

    /// What this URL is to the one who wants to go there.
    fn relation(&self, url: &Url) -> Relation {
        match self {
            Self::Person => Relation::None,
            Self::Page { origin, .. } if *origin == url.origin() => Relation::SameOrigin,
            Self::Page { origin, .. } => match Url::parse(&origin.ascii_serialization()) {
                Ok(page) if is_same_site(&page, url) => Relation::SameSite,
                _ => Relation::CrossSite,
            },
        }
    }
}

impl Relation {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

impl Navigation {
    pub(super) fn get(url: Url, initiator: Initiator) -> Self {
        Self {
            kind: Kind::Clicked,
            method: Method::GET,
            body: String::new(),
            redirects_left: MOST_REDIRECTS,
            relation: initiator.relation(&url),
            is_origin_tainted: false,
            url,
            initiator,
        }
    }

    pub(super) fn post(url: Url, initiator: Initiator, body: String) -> Self {
        Self { method: Method::POST, body, ..Self::get(url, initiator) }
    }

    pub(super) fn frame(url: Url, page: &Page) -> Self {
        Self { kind: Kind::Frame(page.url().clone()), ..Self::get(url, Initiator::of(page)) }
    }

    pub(super) fn by_itself(self) -> Self {
        Self { kind: Kind::ByItself, ..self }
    }

    pub(super) fn staying(self) -> Self {
        Self { redirects_left: 0, ..self }
    }

    fn context(&self) -> Context {
        let is_same_site = match &self.kind {
            // RFC 6265bis 5.2.1: what counts is the site in the address bar. Chromium does not ask which way a redirect came.
            Kind::Frame(page) => is_same_site(page, &self.url),
            Kind::Clicked | Kind::ByItself => self.relation < Relation::CrossSite,
        };
        Context { is_same_site, is_top_level: !matches!(self.kind, Kind::Frame(_)), is_safe: self.method.is_safe() }
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.as_str().parse().expect("an http URL is a URI");
        let headers = request.headers_mut();
        let mut set = |name: &'static str, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8");
        set("accept-language", "en");
        set("upgrade-insecure-requests", "1");
        // Fetch Metadata 2: to trustworthy URLs only.
        if is_trustworthy(&self.url) {
            set("sec-fetch-site", self.relation.name());
            set("sec-fetch-mode", "navigate");
            if matches!(self.kind, Kind::Clicked) {
                set("sec-fetch-user", "?1");
            }
            set("sec-fetch-dest", if matches!(self.kind, Kind::Frame(_)) { "iframe" } else { "document" });
        }
        if self.method == Method::POST {
            set("content-type", "application/x-www-form-urlencoded");
            let origin = HeaderValue::try_from(self.origin()).expect("an origin is ASCII");
            headers.insert(header::ORIGIN, origin);
        }
        request
    }

    /// Fetch 3.2: the origin of a POST, or `null`.
    fn origin(&self) -> String {
        match &self.initiator {
            Initiator::Page { origin, hides_origin } if !self.is_origin_tainted => match hides_origin {
                HidesOrigin::Always => "null".to_owned(),
                HidesOrigin::FromOthers if self.relation != Relation::SameOrigin => "null".to_owned(),
                _ => origin.ascii_serialization(),
            },
            _ => "null".to_owned(),
        }
    }

    /// Whether a page may go on by itself: in the window, and not without end.
    fn goes_on(&self) -> bool {
        self.redirects_left > 0 && !matches!(self.kind, Kind::Frame(_))
    }

    /// As the next step of an earlier one, so that two pages that send each other forms come to an end.
    fn after(self, earlier: &Self) -> Self {
        Self { redirects_left: earlier.redirects_left - 1, ..self }
    }

    /// Where a redirect leads, if it leads anywhere.
    fn target(&self, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
        if self.redirects_left == 0 || !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = headers.get(header::LOCATION)?.to_str().ok()?;
        let mut target = self.url.join(location).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        // Fetch 4.5: a fragment survives a redirect that has none of its own.
        if target.fragment().is_none() {
            target.set_fragment(self.url.fragment());
        }
        Some(target)
    }

    fn redirected(self, status: StatusCode, target: Url) -> Self {
        let asks = |origin: &Origin| matches!(&self.initiator, Initiator::Page { origin: own, .. } if own == origin);
        // Fetch 2.2.5, "redirect-tainted": away from an origin that was not the page's own.
        let is_origin_tainted =
            self.is_origin_tainted || (self.url.origin() != target.origin() && !asks(&self.url.origin()));
        // Fetch 4.4: only 307 and 308 keep a POST.
        let becomes_get = match status.as_u16() {
            303 => !self.method.is_safe(),
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        let (method, body) = if becomes_get { (Method::GET, String::new()) } else { (self.method, self.body) };
        let relation = self.relation.max(self.initiator.relation(&target));
        let redirects_left = self.redirects_left - 1;
        Self { method, body, url: target, relation, redirects_left, is_origin_tainted, ..self }
    }
}

impl Browser {
    pub(super) async fn navigate(&mut self, mut navigation: Navigation) -> Page {
        let mut hops = Vec::new();
        loop {
            let response = self.carry(&navigation.url, navigation.context(), navigation.request()).await;
            hops.push(Hop::new(navigation.method.clone(), navigation.url.clone(), &response));
            let status = response.status();
            match navigation.target(status, response.headers()) {
                Some(target) => navigation = navigation.redirected(status, target),
                None => {
                    let page = Page::new(response, hops);
                    match self.self_submission(&page).filter(|_| navigation.goes_on()) {
                        Some(next) => navigation = next.after(&navigation),
                        None => return page,
                    }
                    hops = page.into_hops();
                }
            }
        }
    }

    /// One request and its answer, with the cookies that belong to both.
    pub(super) async fn carry(&mut self, url: &Url, context: Context, mut request: Request<Body>) -> Response<Bytes> {
        let now = self.clock();
        let is_cookieless = self.blocks_third_party_cookies && context.is_third_party();
        let cookies = self.jar.header(url, context, now).filter(|_| !is_cookieless);
        let cookies = cookies.and_then(|line| HeaderValue::try_from(line).ok());
        request.headers_mut().extend(cookies.map(|line| (header::COOKIE, line)));
        as_servers_see_it(&mut request, url);
        let Some(router) = self.sites.get(&url.origin().ascii_serialization()) else {
            return nobody_there(url);
        };
        let Ok(response) = router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        for set_cookie in parts.headers.get_all(header::SET_COOKIE) {
            if let (false, Ok(line)) = (is_cookieless, set_cookie.to_str()) {
                self.jar.store(url, line, context, now);
            }
        }
        // A body that breaks off is shown as far as it is text: not at all.
        Response::from_parts(parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
    }
}

/// RFC 9112 3.2.1: path and query in the request line, the rest in `Host`.
fn as_servers_see_it(request: &mut Request<Body>, url: &Url) {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    // A raw request may lie about its host.
    if let (false, Ok(host)) = (request.headers().contains_key(header::HOST), HeaderValue::try_from(host)) {
        request.headers_mut().insert(header::HOST, host);
    }
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
}

fn nobody_there(url: &Url) -> Response<Bytes> {
    let text = format!("this browser knows no site {}", url.origin().ascii_serialization());
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
