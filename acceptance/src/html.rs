//! The forms of a page, read as far as plain pages without scripts need it.

/// A form with what it sends when nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, as written.
    pub action: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

/// The forms of a page, in order. Their method is not asked: all forms here are POST.
pub fn forms(html: &str) -> Vec<Form> {
    let bodies = html.split("<form").skip(1).filter_map(|rest| rest.split("</form").next());
    bodies.map(|body| Form { action: attribute(body, "action").unwrap_or_default(), fields: fields(body) }).collect()
}

/// Where the first link leads that has this in its address.
pub fn link(html: &str, part: &str) -> Option<String> {
    html.split("<a").skip(1).filter_map(|rest| attribute(rest, "href")).find(|href| href.contains(part))
}

fn fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input").skip(1);
    let field = |input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()));
    inputs.filter_map(field).collect()
}

/// The value of an attribute of the tag that this text begins in.
fn attribute(rest: &str, name: &str) -> Option<String> {
    let tag = rest.split('>').next()?;
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = value.split_once('"')?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let references = [("&#x2f;", "/"), ("&#x27;", "'"), ("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">")];
    // The ampersand comes last: what it uncovers was text.
    let text =
        references.iter().fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_fields() {
        let page = "<p><form id=\"a\" method=\"post\" action=\"&#x2f;go?a=1&amp;b=2\"><input type=\"hidden\" name=\"x\" \
                    value=\"1 &amp;lt; 2\"/><input name=\"y\"></form><a class=\"b\" href=\"/abort\">x</a>";
        let fields = vec![("x".to_owned(), "1 &lt; 2".to_owned()), ("y".to_owned(), String::new())];
        assert_eq!(forms(page), [Form { action: "/go?a=1&b=2".to_owned(), fields }]);
        assert_eq!(link(page, "abort").as_deref(), Some("/abort"));
    }
}
