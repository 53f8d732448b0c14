//! HTML that is escaped because it cannot be written otherwise.

/// A piece of a page. Text and attribute values become one only by being escaped; names are constants of this crate.
#[derive(Debug)]
pub(super) struct Html(String);

/// Text from anywhere, as a browser shows it.
pub(super) fn text(text: &str) -> Html {
    let mut html = Html(String::with_capacity(text.len()));
    html.push_escaped(text);
    html
}

/// An element with its content.
pub(super) fn element(
    name: &'static str,
    attributes: &[(&'static str, &str)],
    content: impl IntoIterator<Item = Html>,
) -> Html {
    let mut html = start_tag(name, attributes);
    for Html(part) in content {
        html.0.push_str(&part);
    }
    html.end_tag(name)
}

/// An element that never has content (`meta`, `input`).
pub(super) fn void_element(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    start_tag(name, attributes)
}

/// A `style` or `script` element. Browsers decode no character references in these, so their content is a constant.
pub(super) fn raw_text_element(name: &'static str, content: &'static str) -> Html {
    let mut html = start_tag(name, &[]);
    html.0.push_str(content);
    html.end_tag(name)
}

/// The whole document around a root element.
pub(super) fn document(root: &Html) -> String {
    format!("<!doctype html>\n{}\n", root.0)
}

fn start_tag(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    let mut html = Html(format!("<{name}"));
    for (attribute, value) in attributes {
        html.0.push(' ');
        html.0.push_str(attribute);
        html.0.push_str("=\"");
        html.push_escaped(value);
        html.0.push('"');
    }
    html.0.push('>');
    html
}

impl Html {
    /// One escaping that is right both between tags and inside a quoted attribute value, so none can be the wrong one.
    fn push_escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Browsers turn a bare CR into LF; as a reference it stays what it is in the value of a hidden input.
                '\r' => self.0.push_str("&#13;"),
                '\n' | '\t' => self.0.push(character),
                control if control.is_control() => self.0.push(char::REPLACEMENT_CHARACTER),
                plain => self.0.push(plain),
            }
        }
    }

    fn end_tag(mut self, name: &'static str) -> Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V9
    #[test]
    fn text_and_attribute_values_are_escaped() {
        let hostile = "\"'><script>alert(1)</script>&lt;\0";
        let escaped = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;\u{fffd}";
        assert_eq!(
            element("a", &[("href", hostile)], [text(hostile)]).0,
            format!("<a href=\"{escaped}\">{escaped}</a>")
        );
        assert_eq!(
            void_element("input", &[("name", hostile), ("value", "plain é")]).0,
            format!("<input name=\"{escaped}\" value=\"plain é\">")
        );
    }

    #[test]
    fn elements_nest_in_order() {
        let list = element("ul", &[], ["a", "b"].map(|item| element("li", &[], [text(item)])));
        assert_eq!(list.0, "<ul><li>a</li><li>b</li></ul>");
        assert_eq!(raw_text_element("style", "a>b{}").0, "<style>a>b{}</style>");
    }
}
