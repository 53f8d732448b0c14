//! The cookies of one browser (RFC 6265bis 5.7 and 5.8).

use std::cmp::Reverse;

use url::Url;
use vestibule_core::NumericDate;

use super::{
    cookie::{Cookie, SameSite},
    site::is_trustworthy,
};

/// Cookies in the order in which they were first set.
#[derive(Clone, Default)]
pub(super) struct Jar(Vec<Cookie>);

/// What kind of request asks for cookies.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// Whether the request comes from the same site, or from the person.
    pub(super) is_same_site: bool,
    /// Whether it is for the whole window, and not for a frame or a script.
    pub(super) is_top_level: bool,
    /// Whether its method is a safe one.
    pub(super) is_safe: bool,
}

/// The most cookies of one host, as in Chromium; the oldest goes first.
const MOST_PER_HOST: usize = 180;

impl Jar {
    /// Takes a `Set-Cookie` line from `url`, unless the rules refuse it.
    pub(super) fn store(&mut self, url: &Url, line: &str, context: Context, now: NumericDate) -> bool {
        let Some(cookie) = Cookie::parse(url, line, now).filter(|cookie| context.takes(cookie.same_site)) else {
            return false;
        };
        // RFC 6265bis 5.7 (16): plain http cannot put itself before a Secure cookie.
        if !is_trustworthy(url)
            && self.0.iter().any(|kept| kept.secure && kept.name == cookie.name && kept.host == cookie.host)
        {
            return false;
        }
        self.0.retain(|kept| kept.is_live(now));
        let place = self.0.iter().position(|kept| cookie.replaces(kept));
        match (place, cookie.is_live(now)) {
            (Some(place), true) => {
                if let Some(kept) = self.0.get_mut(place) {
                    *kept = cookie;
                }
            }
            (Some(place), false) => drop(self.0.remove(place)),
            (None, true) => self.add(cookie),
            (None, false) => {}
        }
        true
    }

    /// The `Cookie` header of a request to `url`, if there is one to send.
    pub(super) fn header(&self, url: &Url, context: Context, now: NumericDate) -> Option<String> {
        let mut sent: Vec<&Cookie> =
            self.live(now).filter(|cookie| cookie.belongs_to(url) && context.permits(cookie.same_site)).collect();
        // RFC 6265bis 5.8.3: longer paths first, then older ones; the sort keeps the order of equals.
        sent.sort_by_key(|cookie| Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.into_iter().map(pair).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(super) fn live(&self, now: NumericDate) -> impl Iterator<Item = &Cookie> {
        self.0.iter().filter(move |cookie| cookie.is_live(now))
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|cookie| cookie.name != name);
    }

    fn add(&mut self, cookie: Cookie) {
        let of_host = self.0.iter().filter(|kept| kept.host == cookie.host).count();
        if of_host >= MOST_PER_HOST
            && let Some(oldest) = self.0.iter().position(|kept| kept.host == cookie.host)
        {
            self.0.remove(oldest);
        }
        self.0.push(cookie);
    }
}

impl Context {
    /// What the person typed, or a page of the same site.
    pub(super) const SAME_SITE: Self = Self { is_same_site: true, is_top_level: true, is_safe: true };

    /// Whether it is for a frame or a script of another site.
    pub(super) fn is_third_party(self) -> bool {
        !self.is_same_site && !self.is_top_level
    }

    fn permits(self, same_site: SameSite) -> bool {
        match same_site {
            SameSite::None => true,
            SameSite::Lax => self.is_same_site || (self.is_top_level && self.is_safe),
            SameSite::Strict => self.is_same_site,
        }
    }

    /// RFC 6265bis 5.7: from another site's frame or script only a cookie that says `None` is taken.
    fn takes(self, same_site: SameSite) -> bool {
        same_site == SameSite::None || !self.is_third_party()
    }
}

fn pair(cookie: &Cookie) -> String {
    if cookie.name.is_empty() { cookie.value.clone() } else { format!("{}={}", cookie.name, cookie.value) }
}
