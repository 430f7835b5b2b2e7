//! The headers of a message in the making: names and values as JSON text in Python's spelling, in the
//! order in which they came, as a Python dict keeps them.

use crate::codec::spell;
use std::collections::HashMap;

/// Headers in the making.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// Names and values, both as JSON text.
    fields: Vec<(String, String)>,
    /// Where a name stands.
    places: HashMap<String, usize>,
}

impl Headers {
    /// Sets a header of this plain name to a value that is JSON text already.
    pub(super) fn set(&mut self, name: &str, json: impl Into<String>) {
        self.update(quoted(name), json.into());
    }

    /// Sets a header to a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.set(name, quoted(text));
    }

    /// Sets a header to a text, or to null.
    pub(super) fn maybe_text(&mut self, name: &str, text: Option<&str>) {
        self.set(name, text.map_or_else(|| "null".to_owned(), quoted));
    }

    /// Sets a header whose name is JSON text too. A name that is there keeps its place, as in Python's
    /// `dict.update`.
    pub(super) fn update(&mut self, name: String, json: String) {
        if let Some((_, value)) = self.places.get(&name).and_then(|place| self.fields.get_mut(*place)) {
            *value = json;
        } else {
            self.places.insert(name.clone(), self.fields.len());
            self.fields.push((name, json));
        }
    }

    /// The JSON object.
    pub(super) fn finish(self) -> String {
        object(&self.fields)
    }
}

/// A JSON object of names and values that are JSON text.
pub(super) fn object(fields: &[(String, String)]) -> String {
    let mut out = String::from("{");
    for (name, value) in fields {
        if out.len() > 1 {
            out.push_str(", ");
        }
        out.extend([name, ": ", value.as_str()]);
    }
    out.push('}');
    out
}

/// A JSON array of values that are JSON text.
pub(super) fn array(values: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut out = String::from("[");
    for value in values {
        if out.len() > 1 {
            out.push_str(", ");
        }
        out.push_str(value.as_ref());
    }
    out.push(']');
    out
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    spell::text(text, &mut out);
    out
}
