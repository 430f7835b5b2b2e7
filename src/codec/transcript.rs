//! JSON text in the making: the decoders of the other serializers write into it what they read,
//! and everything behind them reads JSON. It keeps the bounds of size and nesting, puts the commas,
//! and knows how the kinds that JSON does not have are spelled.

use super::{limits::Bounds, spell, transcription::Transcription};
use crate::model::base64;
use crate::model::value::python::json_float;
use crate::model::{Error, Result, Status};

/// The text so far.
pub(super) struct Transcript<'a> {
    out: String,
    bounds: &'a Bounds,
    depth: usize,
    /// True where the next element needs no comma before it.
    fresh: bool,
    /// Where null stands for a part of the record, and why.
    refused: Vec<(usize, Error)>,
    /// Bytes that were written of these parts.
    wasted: usize,
}

/// Where a part of the record begins: the value of a key.
#[derive(Clone, Copy)]
pub(super) struct Part {
    start: usize,
    depth: usize,
}

/// Parts of one record that may be left out: more than Celery's records have.
pub(super) const MOST_REFUSED: usize = 32;

impl<'a> Transcript<'a> {
    /// A text for a record within these bounds that is made from so many bytes.
    pub(super) fn new(bounds: &'a Bounds, size: usize) -> Self {
        Self {
            out: String::with_capacity(size.min(bounds.grown)),
            bounds,
            depth: 0,
            fresh: true,
            refused: Vec::new(),
            wasted: 0,
        }
    }

    /// The finished text with what was left out of it.
    pub(super) fn finish(self) -> Transcription {
        Transcription { text: self.out, refused: self.refused }
    }

    /// What is transcribed.
    #[cfg(feature = "pickle")]
    pub(super) fn subject(&self) -> super::limits::Subject {
        self.bounds.subject
    }

    /// Begins a part of the record: what is written next.
    pub(super) fn part(&self) -> Part {
        Part { start: self.out.len(), depth: self.depth }
    }

    /// Takes back what was written since the part began; null stands there. Too many such parts, or too
    /// much work with them, are an error of the whole record.
    pub(super) fn refuse(&mut self, part: Part, error: Error) -> Result<()> {
        if self.refused.len() == MOST_REFUSED {
            return Err(error);
        }
        // What a single text is longer than the bound was never worked off.
        self.wasted += self.out.len().saturating_sub(part.start).min(self.bounds.grown);
        self.out.truncate(part.start);
        (self.depth, self.fresh) = (part.depth, true);
        self.refused.push((part.start, error));
        self.null()
    }

    /// null
    pub(super) fn null(&mut self) -> Result<()> {
        self.plain("null")
    }

    /// true or false
    pub(super) fn boolean(&mut self, value: bool) -> Result<()> {
        self.plain(if value { "true" } else { "false" })
    }

    /// An integer by its decimal digits, with a minus sign where it is negative.
    pub(super) fn integer(&mut self, digits: &str) -> Result<()> {
        self.plain(digits)
    }

    /// A float; those that are not finite in Python's words.
    pub(super) fn float(&mut self, value: f64) -> Result<()> {
        self.plain(&json_float(value))
    }

    /// A text in UTF-8 in which lone surrogates are allowed, as Python's `surrogatepass` writes it.
    pub(super) fn text(&mut self, text: &[u8]) -> Result<()> {
        self.comma();
        self.spelled(text)
    }

    /// Bytes, in kombu's form.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return self.typed_text("bytes", text);
        }
        self.room(bytes.len() / 3 * 4)?;
        self.typed_text("base64", &base64::encode(bytes))
    }

    /// One of kombu's forms whose value is a text: datetime, date, time, decimal.
    pub(super) fn typed_text(&mut self, name: &str, text: &str) -> Result<()> {
        self.open_typed(name)?;
        self.text(text.as_bytes())?;
        self.close_typed()
    }

    /// Opens a typed form; its value is what is written next.
    pub(super) fn open_typed(&mut self, name: &str) -> Result<()> {
        self.open_object()?;
        self.key(b"__type__")?;
        self.text(name.as_bytes())?;
        self.key(b"__value__")
    }

    /// Closes a typed form.
    pub(super) fn close_typed(&mut self) -> Result<()> {
        self.close_object()
    }

    /// Opens an array.
    pub(super) fn open_array(&mut self) -> Result<()> {
        self.open("[")
    }

    /// Closes an array.
    pub(super) fn close_array(&mut self) -> Result<()> {
        self.close("]")
    }

    /// Opens an object.
    pub(super) fn open_object(&mut self) -> Result<()> {
        self.open("{")
    }

    /// Closes an object.
    pub(super) fn close_object(&mut self) -> Result<()> {
        self.close("}")
    }

    /// A key of an object; its value is what is written next.
    pub(super) fn key(&mut self, key: &[u8]) -> Result<()> {
        self.comma();
        self.spelled(key)?;
        self.out.push_str(": ");
        self.fresh = true;
        Ok(())
    }

    fn open(&mut self, bracket: &str) -> Result<()> {
        self.depth += 1;
        if self.depth > self.bounds.depth {
            return Err(self.bounds.too_deep());
        }
        self.plain(bracket)?;
        self.fresh = true;
        Ok(())
    }

    fn close(&mut self, bracket: &str) -> Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.out.push_str(bracket);
        self.fresh = false;
        self.room(0)
    }

    fn plain(&mut self, text: &str) -> Result<()> {
        self.comma();
        self.room(text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    fn comma(&mut self) {
        if !self.fresh {
            self.out.push_str(", ");
        }
        self.fresh = false;
    }

    fn spelled(&mut self, text: &[u8]) -> Result<()> {
        // The longest that a byte becomes is an escape of six.
        if self.room(text.len().saturating_mul(6)).is_err() {
            self.room(spell::raw_length(text))?;
        }
        if !spell::raw_text(text, &mut self.out) {
            let message = format!("a text of {} is not UTF-8", self.bounds.subject);
            return Err(Error::new(Status::Decode, message));
        }
        self.room(0)
    }

    fn room(&self, more: usize) -> Result<()> {
        let length = self.out.len().saturating_add(more);
        // A part that is too large may use up the bound once, and leaves it to the other parts.
        if length <= self.bounds.grown
            && length.saturating_add(self.wasted) <= self.bounds.grown.saturating_mul(2)
        {
            Ok(())
        } else {
            Err(self.bounds.outgrown())
        }
    }
}
