//! pickle, protocols 0 to 5, read without executing anything, and protocol 4 written.

mod arena;
mod budget;
mod cursor;
mod exceptions;
mod forms;
mod heap;
mod integers;
mod literal;
mod machine;
mod memo;
mod names;
mod objects;
mod opcodes;
mod outline;
mod render;
mod results;
mod stamps;
mod times;
mod write;

use super::{limits::Bounds, outline::Outline, transcription::Transcription};
use crate::model::{Result, Value};

/// State and task id, without decoding the value.
pub(super) fn outline(bytes: &[u8], bounds: &Bounds) -> Result<Outline> {
    outline::outline(bytes, bounds)
}

/// The record as JSON text.
pub(super) fn text(bytes: &[u8], bounds: &Bounds) -> Result<Transcription> {
    render::text(bytes, bounds)
}

/// The value as bytes to store.
pub(super) fn write(value: &Value) -> Result<Vec<u8>> {
    write::write(value)
}

#[cfg(test)]
mod tests;
