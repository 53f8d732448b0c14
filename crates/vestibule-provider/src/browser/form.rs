//! The forms of a page: as much HTML as it takes to fill them in.

use url::form_urlencoded;

/// A form with the fields that it would send untouched.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) action: Option<String>,
    pub(super) is_post: bool,
    fields: Vec<(String, String)>,
}

/// An opening or closing tag.
struct Tag {
    /// In lower case, with the slash of a closing tag.
    name: String,
    attributes: Vec<(String, String)>,
}

impl Form {
    /// The form with this number, or the first whose action has this part.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn find(html: &str, wanted: &str) -> Self {
        let forms = Self::all(html);
        let actions: Vec<_> = forms.iter().map(|form| form.action.clone().unwrap_or_default()).collect();
        let number: Option<usize> = wanted.parse().ok();
        let mut numbered = forms.into_iter().enumerate();
        let found = numbered.find(|(place, form)| match number {
            Some(number) => *place == number,
            None => form.action.as_deref().unwrap_or_default().contains(wanted),
        });
        found.map_or_else(|| panic!("the page has no form '{wanted}'; it has forms for {actions:?}"), |(_, form)| form)
    }

    /// The body, or the query, with these fields filled in.
    pub(super) fn filled(&self, fields: &[(&str, &str)]) -> String {
        let is_filled_in = |name: &str| fields.iter().any(|(filled, _)| *filled == name);
        let own = self.fields.iter().filter(|(name, _)| !is_filled_in(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(own).extend_pairs(fields).finish()
    }

    fn all(html: &str) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        let mut is_open = false;
        for tag in tags(html) {
            match tag.name.as_str() {
                "form" => {
                    let is_post = tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                    let action = tag.attribute("action").filter(|action| !action.is_empty()).map(str::to_owned);
                    forms.push(Self { action, is_post, fields: Vec::new() });
                    is_open = true;
                }
                "/form" => is_open = false,
                "input" if is_open => {
                    if let Some(form) = forms.last_mut() {
                        form.fields.extend(tag.field());
                    }
                }
                _ => {}
            }
        }
        forms
    }
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// What an input adds when nobody touches it; buttons and empty boxes add nothing.
    fn field(&self) -> Option<(String, String)> {
        let name = self.attribute("name").filter(|name| !name.is_empty())?.to_owned();
        let kind = self.attribute("type").unwrap_or("text").to_ascii_lowercase();
        let is_box = matches!(kind.as_str(), "checkbox" | "radio");
        let is_silent = matches!(kind.as_str(), "submit" | "button" | "reset" | "image" | "file")
            || (is_box && self.attribute("checked").is_none())
            || self.attribute("disabled").is_some();
        let value = self.attribute("value").unwrap_or(if is_box { "on" } else { "" }).to_owned();
        (!is_silent).then_some((name, value))
    }
}

/// The tags of a document, comments left out.
fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let name_end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).unwrap_or(after.len());
        let (name, inside) = after.split_at(name_end);
        let (attributes, after) = attributes(inside);
        tags.push(Tag { name: name.to_ascii_lowercase(), attributes });
        rest = after;
    }
    tags
}

/// The attributes up to the end of the tag, and what comes after it.
fn attributes(text: &str) -> (Vec<(String, String)>, &str) {
    let mut attributes = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (attributes, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (attributes, after);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        // A stray `=` is a name of one character, or this would never move on.
        let (name, after) = rest.split_at(if end == 0 { 1 } else { end });
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(value) => value_of(value.trim_start()),
            None => ("", after),
        };
        attributes.push((name.to_ascii_lowercase(), decoded(value)));
        rest = after;
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len()))
}

/// Character references, as far as template engines write them.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        let (character, after) = reference.unwrap_or(('&', after));
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><!-- <form action="/comment"> --><p>1 < 2</p>
        <form method=POST action="http:&#x2f;&#x2f;a.example&#x2f;go?a=1&amp;b=2">
          <input type="hidden" name="state" value="&quot;&lt;x&gt;&#39;&amp;amp;">
          <input name=user value='alice "a"'><input type=checkbox name=stay><input type="checkbox" name="both" checked>
          <button name="cancel" value="yes">Cancel</button><input type=submit name=go value=go>
        </form>
        <input name="outside" value="1"><form><input name="q"/></form>"#;

    #[test]
    fn a_form_is_found_by_number_or_by_part_of_its_action() {
        assert_eq!(Form::find(PAGE, "0").action.as_deref(), Some("http://a.example/go?a=1&b=2"));
        assert!(Form::find(PAGE, "/go").is_post);
        let second = Form::find(PAGE, "1");
        assert_eq!((second.action, second.is_post), (None, false));
    }

    #[test]
    fn a_form_sends_its_own_fields_and_those_filled_in() {
        let form = Form::find(PAGE, "0");
        let expected = [("state", "\"<x>'&amp;"), ("user", "alice \"a\""), ("both", "on")];
        let expected: Vec<_> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(form.fields, expected);
        assert!(form.filled(&[("user", "bob"), ("cancel", "yes")]).ends_with("&both=on&user=bob&cancel=yes"));
    }

    #[test]
    #[should_panic(expected = "the page has no form '/nowhere'")]
    fn a_form_that_is_not_there_is_said_to_be_missing() {
        Form::find(PAGE, "/nowhere");
    }

    #[test]
    fn broken_html_comes_to_an_end() {
        for html in [
            "<",
            "<form",
            "<form =",
            "<form a=\"",
            "<!--",
            "<form a=b=c / = >",
            "&#xffffffff;<a b=&#0;&x;&>",
            "<é ü=ß>",
        ] {
            Form::all(html);
        }
    }
}
