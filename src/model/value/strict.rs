//! The value for readers of RFC 8259: strict JSON text, and Rust types through serde.

use super::Value;
use super::document::{Element, Elements};
use super::navigate::Container;
use super::reader::{Lexeme, Reader, Token};
use super::text;
use crate::model::{Error, Result, Status};
use serde::de::DeserializeOwned;

impl Value {
    /// The value as strict JSON (RFC 8259). NaN, infinities and lone surrogates have no such
    /// form; the error names the place as a JSON Pointer.
    pub fn json_strict(&self) -> Result<String> {
        match self.not_strict() {
            None => Ok(self.json().to_owned()),
            Some((position, what)) => {
                let path = self.path(position);
                Err(Error::new(Status::NotJson, format!("{what} at JSON Pointer {path:?} has no JSON form")))
            }
        }
    }

    /// The value as a type of the caller's. Integers must fit the type, typed forms are objects.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(self.json()).map_err(|error| {
            if error.is_data() {
                return Error::new(Status::WrongType, error.to_string());
            }
            match self.not_strict() {
                Some(_) => match self.json_strict() {
                    Err(error) => error,
                    Ok(_) => Error::new(Status::NotJson, error.to_string()),
                },
                // The text is checked: what serde_json still refuses are depth and number range.
                None if error.to_string().starts_with("recursion") => {
                    Error::new(Status::TooDeep, "the value is nested deeper than serde_json reads (128)")
                }
                None => Error::new(Status::Overflow, error.to_string()),
            }
        })
    }

    /// Where the text leaves RFC 8259 first, and by what.
    fn not_strict(&self) -> Option<(u32, &'static str)> {
        let text = self.document.until(self.span);
        let mut reader = Reader::new(text, self.span.0 as usize, usize::MAX);
        while let Ok(Some(Lexeme { token, start, end })) = reader.next() {
            let what = match token {
                Token::NotFinite => "a float that is not finite",
                Token::Text | Token::Key if has_surrogate(text.get(start..end).unwrap_or_default()) => {
                    "text with a lone surrogate"
                }
                _ => continue,
            };
            return u32::try_from(start).ok().map(|start| (start, what));
        }
        None
    }

    /// The JSON Pointer of a value or key in this one.
    pub(crate) fn pointer_to(&self, part: &Self) -> String {
        self.path(part.span.0)
    }

    /// The JSON Pointer of the value or key at `position`.
    fn path(&self, position: u32) -> String {
        let mut path = String::new();
        let mut whole = self.clone();
        while whole.span.0 != position {
            let Ok(Container { kind, span }) = whole.container() else { break };
            let mut elements = Elements::new(span);
            let mut index = 0_usize;
            let step = loop {
                let Some(element) = elements.next(&self.document) else { break None };
                if position < element.value.1 {
                    break Some(kind.entry(&self.document, element));
                }
                index += 1;
            };
            let Some(Element { key, value }) = step else { break };
            path.push('/');
            match key {
                None => path.push_str(&index.to_string()),
                Some(key) => path.push_str(&token(self.document.bytes(key))),
            }
            if position < value.0 {
                break;
            }
            whole = self.at(value);
        }
        path
    }
}

/// A key as a step of a JSON Pointer; where it is no text, its JSON text stands for it.
fn token(key: &[u8]) -> String {
    let shown = if key.first() == Some(&b'"') { text::wtf8(key) } else { key.into() };
    text::readable(&shown).replace('~', "~0").replace('/', "~1")
}

fn has_surrogate(span: &[u8]) -> bool {
    memchr::memchr(b'\\', span).is_some() && std::str::from_utf8(&text::wtf8(span)).is_err()
}
