//! Walking a value: length, index, key, JSON Pointer and iteration. Every step gives an owned
//! value; nothing is remembered in the parent. Sets, maps, Python objects and exceptions are walked
//! through their typed form, as if only what is in it stood there.

use super::document::{Document, Element, Elements, Span};
use super::{Kind, Value, text, typed::Typed};
use crate::model::{Error, Result, Status};

impl Value {
    /// The number of elements of an array or set, or of members of what has keys, as stored.
    pub fn len(&self) -> Result<usize> {
        Ok(self.document.count(self.container()?.span))
    }

    /// Whether a container has no elements.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The element of an array or set, or the value of the member at this place of what has keys.
    pub fn get(&self, index: usize) -> Result<Self> {
        self.element(index).map(|element| self.at(element.value))
    }

    /// The key of the member at this place: a text value; in a map any value.
    pub fn key(&self, index: usize) -> Result<Self> {
        let element = self.element(index)?;
        element.key.map(|key| self.at(key)).ok_or_else(|| self.wrong_type("an object"))
    }

    /// The value under a text key. Of a key that stands there twice the last one counts, as in
    /// Python. Keys of a map that are no text are met by iteration only.
    pub fn get_key(&self, key: &str) -> Result<Self> {
        let container = self.container().ok().filter(|container| container.kind.has_keys());
        let container = container.ok_or_else(|| self.wrong_type("an object"))?;
        self.find_in(&container, key).ok_or_else(|| {
            let kind = container.kind.name();
            Error::new(Status::NoSuchValue, format!("{kind} without the key {}", shortened(key)))
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

    /// The elements of an array or set, or the members of what has keys (text values; in a map any
    /// values) with them, in stored order.
    #[allow(clippy::iter_not_returning_iterator)] // a scalar has no elements: that is an error
    pub fn iter(&self) -> Result<Iter> {
        let Container { kind, span } = self.container()?;
        Ok(Iter { value: self.clone(), kind, elements: Elements::new(span) })
    }

    /// The last member of this key, whatever the kind of the object is.
    pub(super) fn find(&self, key: &str) -> Option<Self> {
        self.find_in(&Container { kind: Kind::Object, span: self.span }, key)
    }

    /// What this value is as a container, and where its elements stand.
    pub(super) fn container(&self) -> Result<Container> {
        let container = match self.bytes().first() {
            Some(b'[') => Some(Container { kind: Kind::Array, span: self.span }),
            Some(b'{') => match Typed::of(self) {
                None => Some(Container { kind: Kind::Object, span: self.span }),
                Some(typed) if typed.kind().is_container() => {
                    Some(Container { kind: typed.kind(), span: typed.inner().span })
                }
                Some(_) => None,
            },
            _ => None,
        };
        container.ok_or_else(|| self.wrong_type("an array, an object or another container"))
    }

    fn find_in(&self, container: &Container, key: &str) -> Option<Self> {
        let mut elements = Elements::new(container.span);
        let mut found = None;
        while let Some(element) = elements.next(&self.document) {
            let Element { key: Some(span), value } = container.kind.entry(&self.document, element) else {
                break;
            };
            let stored = self.document.bytes(span);
            if stored.first() == Some(&b'"') && *text::wtf8(stored) == *key.as_bytes() {
                found = Some(value);
            }
        }
        found.map(|span| self.at(span))
    }

    fn element(&self, index: usize) -> Result<Element> {
        let Container { kind, span } = self.container()?;
        let element = self.document.elements_from(span, index).next(&self.document);
        element.map(|element| kind.entry(&self.document, element)).ok_or_else(|| {
            let (kind, count) = (kind.name(), self.document.count(span));
            Error::new(Status::NoSuchValue, format!("index {index} of {kind} with {count} elements"))
        })
    }

    fn step(&self, token: &str) -> Option<Self> {
        let container = self.container().ok()?;
        if container.kind.has_keys() {
            return self.find_in(&container, token);
        }
        let plain = token == "0" || (!token.starts_with('0') && !token.starts_with('+'));
        let index = token.parse().ok().filter(|_| plain)?;
        self.element(index).ok().map(|element| self.at(element.value))
    }
}

/// A value that has elements.
pub(super) struct Container {
    /// One of the kinds with elements.
    pub(super) kind: Kind,
    /// The array or object whose elements they are.
    pub(super) span: Span,
}

impl Kind {
    /// An element as one of a container of this kind: those of a map are its pairs.
    pub(super) fn entry(self, document: &Document, element: Element) -> Element {
        if self != Self::Map {
            return element;
        }
        let mut pair = Elements::new(element.value);
        match (pair.next(document), pair.next(document)) {
            (Some(key), Some(value)) => Element { key: Some(key.value), value: value.value },
            _ => element,
        }
    }
}

/// Walks the elements of a container. Owns what it walks.
#[derive(Clone)]
pub struct Iter {
    value: Value,
    kind: Kind,
    elements: Elements,
}

impl Iterator for Iter {
    /// The key of a member (a text value; in a map any value), and the value.
    type Item = (Option<Value>, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.elements.next(&self.value.document)?;
        let Element { key, value } = self.kind.entry(&self.value.document, element);
        Some((key.map(|key| self.value.at(key)), self.value.at(value)))
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
