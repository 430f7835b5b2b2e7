//! A decoded value: a span of checked JSON text in Python's dialect, with typed getters,
//! navigation and iteration. Whatever the serializer was, its decoder ends in this text, so
//! there is one set of accessors. Here are its scalar getters; `kind` lists what a value can be,
//! `navigate` walks it, `typed` knows the typed forms of kombu and `forms` those that we add, `strict`
//! gives it to readers of RFC 8259, `python` and `repr` show it as Python would. The grammar is in
//! `reader`, the places of its pieces in `scan`.

mod assembly;
mod document;
pub(crate) mod exception;
mod forms;
mod kind;
mod navigate;
pub(crate) mod python;
pub(crate) mod reader;
mod repr;
pub(crate) mod rewrite;
pub(crate) mod scan;
mod strict;
pub(crate) mod syntax;
pub(crate) mod text;
mod typed;

pub(crate) use assembly::Assembly;
pub use kind::Kind;
pub use navigate::Iter;

use super::{Error, Result, Status};
use document::{Document, Span};
use std::{borrow::Cow, fmt, sync::Arc};
use syntax::Syntax;

/// A decoded value. Cloning is cheap; every value keeps the record it is part of alive.
#[derive(Clone)]
pub struct Value {
    document: Document,
    span: Span,
}

impl Value {
    /// Checks the text between `start` and `end` and makes a value of it.
    pub(crate) fn check(text: Arc<[u8]>, start: usize, end: usize, depth: usize) -> Result<Self, Syntax> {
        let (document, span) = Document::check(text, start, end, depth)?;
        Ok(Self { document, span })
    }

    /// The value that starts at `start`, and its end, where it is a short one without fault.
    pub(crate) fn short(text: &Arc<[u8]>, start: usize, depth: usize) -> Option<(Self, usize)> {
        let (document, span) = Document::short(text, start, depth)?;
        Some((Self { document, span }, span.1 as usize))
    }

    /// A value that is made of values which were checked before, so that their nesting is no matter any
    /// more; `what` names it.
    pub(crate) fn of_checked(json: String, what: &str) -> Result<Self> {
        let len = json.len();
        Self::check(json.into_bytes().into(), 0, len, usize::MAX)
            .map_err(|syntax| syntax.error(what, Status::TooLarge))
    }

    /// null, for what a record leaves out.
    pub(crate) fn null() -> Self {
        let (document, span) = Document::null();
        Self { document, span }
    }

    /// What this value is.
    pub fn kind(&self) -> Kind {
        match self.bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'"') => Kind::String,
            Some(b'[') => Kind::Array,
            Some(b'{') => typed::Typed::of(self).map_or(Kind::Object, |typed| typed.kind()),
            _ if self.bytes().iter().all(|byte| matches!(byte, b'-' | b'0'..=b'9')) => Kind::Int,
            _ => Kind::Float,
        }
    }

    /// The JSON text as stored: Python's dialect, so NaN, Infinity and lone surrogate escapes are
    /// possible.
    pub fn json(&self) -> &str {
        // Checked when the document was made; a scan of plain ASCII costs next to nothing.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        self.bytes().first() == Some(&b'n')
    }

    /// The boolean.
    pub fn as_bool(&self) -> Result<bool> {
        match self.bytes().first() {
            Some(b't') => Ok(true),
            Some(b'f') => Ok(false),
            _ => Err(self.wrong_type("a boolean")),
        }
    }

    /// The integer as `i64`.
    pub fn as_i64(&self) -> Result<i64> {
        self.integer()?.parse().map_err(|_| self.overflow("a signed 64-bit integer"))
    }

    /// The integer as `u64`.
    pub fn as_u64(&self) -> Result<u64> {
        let digits = self.integer()?;
        let digits = if digits == "-0" { "0" } else { digits };
        digits.parse().map_err(|_| self.overflow("an unsigned 64-bit integer"))
    }

    /// The number as `f64`: NaN and infinities too; of an integer the nearest `f64`. An integer
    /// beyond the range of `f64` is an overflow, as in Python.
    pub fn as_f64(&self) -> Result<f64> {
        let number = match self.kind() {
            Kind::Int => self.json().parse().unwrap_or(f64::INFINITY),
            Kind::Float => return Ok(python::float(self.json())),
            _ => return Err(self.wrong_type("a number")),
        };
        if f64::is_finite(number) { Ok(number) } else { Err(self.overflow("a 64-bit float")) }
    }

    /// The timedelta in microseconds. Beyond some 292 thousand years it is an overflow.
    pub fn as_timedelta_micros(&self) -> Result<i64> {
        let timedelta = typed::Typed::of(self).and_then(|typed| typed.timedelta());
        let timedelta = timedelta.ok_or_else(|| self.wrong_type("a timedelta"))?;
        timedelta.micros().ok_or_else(|| {
            let message = format!("a timedelta of {timedelta} does not fit 64-bit microseconds");
            Error::new(Status::Overflow, message)
        })
    }

    /// The text; of a datetime, date, time, decimal or uuid its canonical text, of a timedelta what
    /// Python's `str` shows, of a Python name `module.qualname`.
    pub fn as_str(&self) -> Result<Cow<'_, str>> {
        match self.kind() {
            Kind::String => utf8(text::wtf8(self.bytes())),
            Kind::Object => Err(self.wrong_type("text")),
            _ => match typed::Typed::of(self) {
                Some(typed) => typed.text().ok_or_else(|| self.wrong_type("text")),
                None => Err(self.wrong_type("text")),
            },
        }
    }

    /// The bytes, or text as UTF-8.
    pub fn as_bytes(&self) -> Result<Cow<'_, [u8]>> {
        match typed::Typed::of(self) {
            Some(typed) => typed.bytes().ok_or_else(|| self.wrong_type("bytes or text")),
            None if self.kind() == Kind::String => Ok(match self.as_str()? {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            }),
            None => Err(self.wrong_type("bytes or text")),
        }
    }

    /// The text of a text, lone surrogates shown as escapes, or of bytes that are UTF-8: Python 2 had
    /// texts that its serializers took for bytes.
    pub(crate) fn lenient_text(&self) -> Option<String> {
        match self.kind() {
            Kind::String => Some(text::readable(&text::wtf8(self.bytes()))),
            Kind::Bytes => String::from_utf8(self.as_bytes().ok()?.into_owned()).ok(),
            _ => None,
        }
    }

    /// The text as WTF-8: UTF-8 in which lone surrogates are allowed. Works for all text.
    pub fn as_wtf8(&self) -> Result<Cow<'_, [u8]>> {
        match self.kind() {
            Kind::String => Ok(text::wtf8(self.bytes())),
            _ => Err(self.wrong_type("text")),
        }
    }

    /// The raw parts of a typed form: the type's name (a frozenset's is not a set's) and the value
    /// inside, as plain data. `None` for everything else.
    pub fn typed_parts(&self) -> Option<(&'static str, Self)> {
        typed::Typed::of(self).map(typed::Typed::parts)
    }

    fn bytes(&self) -> &[u8] {
        self.document.bytes(self.span)
    }

    fn at(&self, span: Span) -> Self {
        Self { document: self.document.clone(), span }
    }

    fn integer(&self) -> Result<&str> {
        match self.kind() {
            Kind::Int => Ok(self.json()),
            _ => Err(self.wrong_type("an integer")),
        }
    }

    fn wrong_type(&self, wanted: &str) -> Error {
        Error::new(Status::WrongType, format!("the value is {}, not {wanted}", self.kind().name()))
    }

    fn overflow(&self, wanted: &str) -> Error {
        let digits = self.json();
        let shown = match (digits.get(..12), digits.get(digits.len().saturating_sub(4)..)) {
            (Some(first), Some(last)) if digits.len() > 60 => {
                format!("{first}…{last} ({} digits)", digits.trim_start_matches('-').len())
            }
            _ => digits.to_owned(),
        };
        Error::new(Status::Overflow, format!("{shown} does not fit {wanted}"))
    }
}

/// Results can hold secrets of the user's program, so only kind and size are shown.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({:?}, {} bytes)", self.kind(), self.bytes().len())
    }
}

/// Text without lone surrogates is UTF-8 in its WTF-8 form.
fn utf8(wtf8: Cow<'_, [u8]>) -> Result<Cow<'_, str>> {
    let not_utf8 = |position: usize| {
        Error::new(
            Status::NotUtf8,
            format!("the text holds a lone surrogate at byte {position}; only its WTF-8 form exists"),
        )
    };
    match wtf8 {
        Cow::Borrowed(bytes) => {
            std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| not_utf8(error.valid_up_to()))
        }
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|error| not_utf8(error.utf8_error().valid_up_to())),
    }
}

#[cfg(test)]
mod tests;
