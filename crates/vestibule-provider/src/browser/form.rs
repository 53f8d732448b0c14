//! The forms of a page, to fill them in.

use url::form_urlencoded;

use super::html::{Tag, tags};

/// A form with the fields that it would send untouched.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) action: Option<String>,
    pub(super) is_post: bool,
    fields: Vec<(String, String)>,
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

    /// How many forms there are.
    pub(super) fn count(html: &str) -> usize {
        Self::all(html).len()
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
                        form.fields.extend(field(&tag));
                    }
                }
                _ => {}
            }
        }
        forms
    }
}

/// What an input adds when nobody touches it; buttons and empty boxes add nothing.
fn field(tag: &Tag) -> Option<(String, String)> {
    let name = tag.attribute("name").filter(|name| !name.is_empty())?.to_owned();
    let kind = tag.attribute("type").unwrap_or("text").to_ascii_lowercase();
    let is_box = matches!(kind.as_str(), "checkbox" | "radio");
    let is_silent = matches!(kind.as_str(), "submit" | "button" | "reset" | "image" | "file")
        || (is_box && tag.attribute("checked").is_none())
        || tag.attribute("disabled").is_some();
    let value = tag.attribute("value").unwrap_or(if is_box { "on" } else { "" }).to_owned();
    (!is_silent).then_some((name, value))
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
}
