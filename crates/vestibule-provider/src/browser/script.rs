//! The one script that the browser understands: a page that sends its first form as soon as it is there (Form Post 2).

use http::{HeaderMap, header};

use super::{
    Browser,
    form::Form,
    html::{Tag, tags},
    navigation::Navigation,
    page::Page,
    submission,
};

/// What it may look like, in an element of its own or in `onload`, with or without a `javascript:` and a semicolon.
const SUBMIT: &str = "document.forms[0].submit()";

impl Browser {
    /// Runs no scripts from now on: a page that would send its form by itself stays, for its button to be clicked.
    pub fn disable_scripts(&mut self) {
        self.is_without_scripts = true;
    }

    /// Sends the first form of `page` as it is, as its one button does, and follows redirects.
    ///
    /// # Panics
    /// When the page has no form.
    pub async fn post_form_of(&mut self, page: &Page) -> Page {
        self.submit(page, "0", &[]).await
    }

    /// The fragment of the page's URL, which no server sees and a script on the page does.
    #[must_use]
    pub fn fragment_of<'a>(&self, page: &'a Page) -> Option<&'a str> {
        page.url().fragment()
    }

    /// Sends a form of `page` with the fragment of the page's URL in this field, as a script does that reads `location.hash`,
    /// and follows redirects.
    ///
    /// # Panics
    /// When the page has no such form.
    pub async fn submit_fragment(&mut self, page: &Page, form: &str, field: &str) -> Page {
        let fragment = page.url().fragment().unwrap_or_default();
        self.navigate(submission(page, form, &[(field, fragment)]).by_itself()).await
    }

    /// Where a page goes by itself when its scripts run.
    pub(super) fn self_submission(&self, page: &Page) -> Option<Navigation> {
        let is_page = page.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if self.is_without_scripts || !is_page || !submits_itself(page) || Form::count(page.text()) == 0 {
            return None;
        }
        Some(submission(page, "0", &[]).by_itself())
    }
}

fn submits_itself(page: &Page) -> bool {
    let found = tags(page.text());
    let by_body = found.iter().any(|tag| {
        tag.name == "body" && tag.attribute("onload").is_some_and(is_submit) && is_allowed(page.headers(), None)
    });
    by_body || scripts(page.text()).iter().any(|(tag, text)| is_submit(text) && is_allowed(page.headers(), Some(tag)))
}

/// The scripts that stand in the page itself, each with its tag.
fn scripts(html: &str) -> Vec<(Tag, &str)> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<script") {
        let is_comment =
            before.rfind("<!--").is_some_and(|start| before.get(start..).is_some_and(|text| !text.contains("-->")));
        let Some((attributes, inside)) = after.split_once('>') else { break };
        let (text, after) = inside.split_once("</script").unwrap_or((inside, ""));
        let tag = tags(&format!("<script{attributes}>")).pop();
        scripts.extend(tag.filter(|_| !is_comment).map(|tag| (tag, text)));
        rest = after;
    }
    scripts
}

fn is_submit(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix("javascript:").unwrap_or(text);
    text.strip_suffix(';').unwrap_or(text).trim() == SUBMIT
}

/// Whether every policy of the page lets an inline script run (CSP 3, 6.7.3.2): by `'unsafe-inline'`, or an element by its nonce.
fn is_allowed(headers: &HeaderMap, element: Option<&Tag>) -> bool {
    let lines = headers.get_all(header::CONTENT_SECURITY_POLICY).into_iter().filter_map(|line| line.to_str().ok());
    let nonce = element.and_then(|tag| tag.attribute("nonce")).map(|nonce| format!("'nonce-{nonce}'"));
    lines.flat_map(|line| line.split(',')).all(|policy| match sources(policy) {
        // A nonce or a hash in the policy makes `'unsafe-inline'` mean nothing.
        Some(sources) if sources.contains("'nonce-") || sources.contains("'sha") => {
            nonce.as_deref().is_some_and(|nonce| sources.split_ascii_whitespace().any(|source| source == nonce))
        }
        Some(sources) => sources.split_ascii_whitespace().any(|source| source == "'unsafe-inline'"),
        None => true,
    })
}

/// CSP 3, 6.1.12: `script-src`, else `default-src`.
fn sources(policy: &str) -> Option<&str> {
    ["script-src", "default-src"].into_iter().find_map(|wanted| {
        policy.split(';').find_map(|directive| {
            let directive = directive.trim();
            let (name, sources) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
            name.eq_ignore_ascii_case(wanted).then_some(sources)
        })
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn allowed(policy: &'static str, html: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        let found = scripts(html);
        is_allowed(&headers, found.first().map(|(tag, _)| tag))
    }

    #[test]
    fn a_script_needs_the_leave_of_the_policy() {
        let (with, without) = ("<script nonce=\"n\">x</script>", "<script>x</script>");
        for (policy, html, expected) in [
            ("default-src 'none'", without, false),
            ("default-src 'none'; script-src 'nonce-n'", with, true),
            ("default-src 'none'; script-src 'nonce-m'", with, false),
            ("script-src 'nonce-n' 'unsafe-inline'", without, false),
            ("script-src 'unsafe-inline'", without, true),
            ("script-src 'self'", without, false),
            ("frame-ancestors 'none'", without, true),
        ] {
            assert_eq!(allowed(policy, html), expected, "{policy} {html}");
        }
    }

    #[test]
    fn one_script_is_understood_and_no_other() {
        for (text, expected) in [
            ("document.forms[0].submit()", true),
            (" document.forms[0].submit(); ", true),
            ("javascript:document.forms[0].submit()", true),
            ("document.forms[0].fragment.value = location.hash; document.forms[0].submit()", false),
            ("", false),
        ] {
            assert_eq!(is_submit(text), expected, "{text}");
        }
    }

    #[test]
    fn a_script_in_a_comment_is_none() {
        let html = "<!-- <script>a</script> --><script nonce=n>b</script><script>c";
        let texts: Vec<&str> = scripts(html).iter().map(|(_, text)| *text).collect();
        assert_eq!(texts, ["b", "c"]);
    }
}
