//! How the seeds are made: good ones by who has the keys, bad ones by hand.

mod answers;
mod browser;
mod jose;
mod sealed;
mod texts;
mod tokens;

use serde_json::Value;

use crate::target::Target;

/// Every seed that is made: its target, the name of its file, and its bytes.
///
/// # Panics
/// When a login that makes seeds does not come to its end.
#[must_use]
pub fn made() -> Vec<(&'static Target, String, Vec<u8>)> {
    let mut made = Made(Vec::new());
    jose::make(&mut made);
    tokens::make(&mut made);
    answers::make(&mut made);
    texts::make(&mut made);
    browser::make(&mut made);
    sealed::make(&mut made);
    made.0
}

struct Made(Vec<(&'static Target, String, Vec<u8>)>);

impl Made {
    fn accepted(&mut self, target: &str, name: &str, bytes: impl AsRef<[u8]>) {
        self.add(target, format!("accepted-{name}"), bytes.as_ref());
    }

    fn refused(&mut self, target: &str, name: &str, bytes: impl AsRef<[u8]>) {
        self.add(target, format!("refused-{name}"), bytes.as_ref());
    }

    fn add(&mut self, target: &str, name: String, bytes: &[u8]) {
        let target = Target::named(target).expect("a target of this name");
        self.0.push((target, name, bytes.to_vec()));
    }
}

/// An object with one member more, or another.
fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object.as_object_mut().expect("an object").insert(name.to_owned(), value.into());
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}
