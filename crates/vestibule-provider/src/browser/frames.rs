//! What a page loads or leads to by itself: frames, and the refresh of a `meta` element.

use url::Url;

use super::{
    Browser,
    frame_policy::allows_frame,
    html::tags,
    navigation::{Initiator, Navigation},
    page::Page,
    resolved,
};

impl Browser {
    /// Loads the frames of `page`, which is what the window shows: every `iframe` with an http or https `src` that the page's
    /// Content-Security-Policy allows, in their order.
    ///
    /// A frame from another site gets cookies of `SameSite=None` alone, and can set no others. Whether it lets itself be
    /// framed (`frame-ancestors`) is not judged: the request is made and answered before a browser looks.
    pub async fn load_frames(&mut self, page: &Page) -> Vec<Page> {
        let mut frames = Vec::new();
        for url in frames_of(page) {
            frames.push(self.navigate(Navigation::frame(url, page)).await);
        }
        frames
    }

    /// Loads a URL in a frame of `page`, whatever the page's policy is. A relative URL is taken from the page's.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn load_frame(&mut self, page: &Page, url: &str) -> Page {
        self.navigate(Navigation::frame(resolved(page, url), page)).await
    }

    /// Goes where the page's `meta` refresh leads once it has loaded, if it has one; else the page stays.
    pub async fn follow_refresh(&mut self, page: &Page) -> Page {
        match refresh_of(page) {
            Some(url) => self.navigate(Navigation::get(url, Initiator::of(page)).by_itself()).await,
            None => page.clone(),
        }
    }
}

fn frames_of(page: &Page) -> Vec<Url> {
    let found = tags(page.text());
    let sources = found.iter().filter(|tag| tag.name == "iframe").filter_map(|tag| tag.attribute("src"));
    let urls = sources.filter_map(|source| page.url().join(source).ok()).filter(is_http);
    urls.filter(|url| allows_frame(page.url(), page.headers(), url)).collect()
}

/// HTML, "shared declarative refresh steps", as far as servers write it: seconds, `url=`, and maybe quotes.
fn refresh_of(page: &Page) -> Option<Url> {
    let is_refresh = |name: &str| name.eq_ignore_ascii_case("refresh");
    let found = tags(page.text());
    let metas = found.iter().filter(|tag| tag.name == "meta" && tag.attribute("http-equiv").is_some_and(is_refresh));
    let (_, target) = metas.filter_map(|tag| tag.attribute("content")).find_map(|content| content.split_once(';'))?;
    let (name, url) = target.split_once('=')?;
    let url = url.trim().trim_matches(['"', '\'']);
    name.trim().eq_ignore_ascii_case("url").then(|| page.url().join(url).ok().filter(is_http)).flatten()
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}
