//! Walking a value: length, index, key, JSON Pointer and iteration. Every step gives an owned
//! value; nothing is remembered in the parent.

use super::document::{Element, Elements, Span};
use super::{Kind, Value, text};
use crate::model::{Error, Result, Status};

impl Value {
    /// The number of elements of an array, or of members of an object as stored.
    pub fn len(&self) -> Result<usize> {
        Ok(self.document.count(self.container("an array or object")?))
    }

    /// Whether an array or object has no elements.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The element of an array, or the value of the member at this place of an object.
    pub fn get(&self, index: usize) -> Result<Self> {
        self.element(index).map(|element| self.at(element.value))
    }

    /// The key of the member at this place of an object, as a text value.
    pub fn key(&self, index: usize) -> Result<Self> {
        let element = self.element(index)?;
        element.key.map(|key| self.at(key)).ok_or_else(|| self.wrong_type("an object"))
    }

    /// The value under a key. Of a key that stands there twice the last one counts, as in Python.
    pub fn get_key(&self, key: &str) -> Result<Self> {
        if self.kind() != Kind::Object {
            return Err(self.wrong_type("an object"));
        }
        self.find(key).ok_or_else(|| {
            Error::new(Status::NoSuchValue, format!("the object has no key {}", shortened(key)))
        })
    }

    /// The value that a JSON Pointer (RFC 6901) names; the empty pointer names this value.
    pub fn pointer(&self, pointer: &str) -> Result<Self> {
        let mut tokens = pointer.split('/');
        if tokens.next() != Some("") {
            return Err(bad_pointer(pointer, "it must be empty or start with /"));
        }
        let mut value = self.clone();
        for raw in tokens {
            let token = unescape(raw)
                .ok_or_else(|| bad_pointer(pointer, "~ must be followed by 0 (for ~) or 1 (for /)"))?;
            value = value.step(&token).ok_or_else(|| {
                let message = format!(
                    "nothing at JSON Pointer {}: {} has no {}",
                    shortened(pointer),
                    value.kind().name(),
                    shortened(&token)
                );
                Error::new(Status::NoSuchValue, message)
            })?;
        }
        Ok(value)
    }

    /// The elements of an array, or the members of an object with their keys (text values), in
    /// stored order.
    #[allow(clippy::iter_not_returning_iterator)] // a scalar has no elements: that is an error
    pub fn iter(&self) -> Result<Iter> {
        let span = self.container("an array or object")?;
        Ok(Iter { value: self.clone(), elements: Elements::new(span) })
    }

    /// The last member of this key, whatever the kind of the object is.
    pub(super) fn find(&self, key: &str) -> Option<Self> {
        let mut elements = Elements::new(self.span);
        let mut found = None;
        while let Some(Element { key: Some(span), value }) = elements.next(&self.document) {
            if *text::wtf8(self.document.bytes(span)) == *key.as_bytes() {
                found = Some(value);
            }
        }
        found.map(|span| self.at(span))
    }

    fn element(&self, index: usize) -> Result<Element> {
        let span = self.container("an array or object")?;
        self.document.elements_from(span, index).next(&self.document).ok_or_else(|| {
            let count = self.document.count(span);
            let kind = self.kind().name();
            Error::new(Status::NoSuchValue, format!("index {index} of {kind} with {count} elements"))
        })
    }

    fn container(&self, wanted: &str) -> Result<Span> {
        match self.kind() {
            Kind::Array | Kind::Object => Ok(self.span),
            _ => Err(self.wrong_type(wanted)),
        }
    }

    fn step(&self, token: &str) -> Option<Self> {
        match self.kind() {
            Kind::Object => self.find(token),
            Kind::Array => {
                let plain = token == "0" || (!token.starts_with('0') && !token.starts_with('+'));
                let index = token.parse().ok().filter(|_| plain)?;
                self.element(index).ok().map(|element| self.at(element.value))
            }
            _ => None,
        }
    }
}

/// Walks the elements of an array or object. Owns what it walks.
#[derive(Clone)]
pub struct Iter {
    value: Value,
    elements: Elements,
}

impl Iterator for Iter {
    /// The key (a text value) of an object's member, and the value.
    type Item = (Option<Value>, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.elements.next(&self.value.document)?;
        Some((element.key.map(|key| self.value.at(key)), self.value.at(element.value)))
    }
}

/// One reference token of a pointer, `None` where it is misspelled.
fn unescape(raw: &str) -> Option<String> {
    let mut token = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        token.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(token)
}

fn bad_pointer(pointer: &str, why: &str) -> Error {
    Error::new(Status::InvalidArgument, format!("{} is no JSON Pointer: {why}", shortened(pointer)))
}

/// A text of the caller as part of a message.
fn shortened(text: &str) -> String {
    if text.chars().count() > 100 {
        format!("{:?}…", text.chars().take(100).collect::<String>())
    } else {
        format!("{text:?}")
    }
}
