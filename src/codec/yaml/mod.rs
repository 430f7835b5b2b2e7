//! yaml, the safe subset, as `PyYAML`'s `safe_load` reads and `safe_dump` writes it. The crate behind
//! `events` knows the grammar only; what a scalar means under YAML 1.1 is `resolve`'s and
//! `scalar`'s. `tree` keeps a record's parts until they are written by `transcribe`, with `merge`
//! for `<<`. `write` is the way back. Here is the look at a record.
//!
//! Where this reads more than `PyYAML`: an anchor's name may be used again, a key may be a list or a
//! map, and some spacing that YAML 1.2 allows. Where less: text in UTF-16, lists that hold themselves.
//! Where otherwise: `?a` in a flow list is a text, and U+0085, U+2028 and U+2029 are characters, not
//! ends of lines, unless they are escaped, as `safe_dump` does.

mod binary;
mod decimal;
mod events;
mod merge;
mod resolve;
mod scalar;
mod shape;
mod source;
mod timestamp;
mod transcribe;
mod tree;
mod write;

pub(super) use transcribe::text;
pub(super) use write::write;

use super::limits::Bounds;
use super::outline::{Outline, Sketch};
use crate::model::{Error, Result, Status};
use events::{Events, Part};
use shape::Shape;
use source::Source;
use std::borrow::Cow;

/// State and task id; all else is stepped over.
pub(super) fn outline(bytes: &[u8], bounds: &Bounds) -> Result<Outline> {
    let source = Source::new(bytes)?;
    let mut events = Events::new(&source, bounds);
    let Part::Map { .. } = events.next()? else {
        return Err(Error::new(Status::Decode, "the yaml record: a map expected"));
    };
    let mut sketch = Sketch::default();
    loop {
        let key = match events.next()? {
            Part::Close => break,
            key => text_part(&mut events, key)?,
        };
        let value = events.next()?;
        let value = text_part(&mut events, value)?;
        if let Some(key) = key {
            sketch.note(key.as_bytes(), value.as_deref());
        }
    }
    while !matches!(events.next()?, Part::End) {}
    sketch.finish()
}

/// The text, where this part is one; what else begins here is stepped over.
fn text_part<'a>(events: &mut Events<'a>, part: Part<'a>) -> Result<Option<Cow<'a, str>>> {
    let mut depth = match part {
        Part::Scalar { shape: Shape::Text, text, .. } => return Ok(Some(text)),
        Part::Seq { .. } | Part::Map { .. } => 1_usize,
        _ => 0,
    };
    while depth > 0 {
        match events.next()? {
            Part::Seq { .. } | Part::Map { .. } => depth += 1,
            Part::Close => depth -= 1,
            Part::End => break,
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
