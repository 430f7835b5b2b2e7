//! One door to the four serializers: state and task id of a record at a glance, its text in the one
//! form that the rest of the codec reads (JSON in Python's dialect), and that text as the bytes to
//! store. How each of them is laid out is known to its own module only.

use super::outline::{Outline, TaskId};
use super::transcription::Transcription;
use super::{
    Glance, Limits, holdings,
    limits::{Bounds, Subject},
    record,
};
use crate::model::{Error, Id, Result, Serializer, Status, Stored, TaskMeta, Text, Transcribe, Value};
use std::{borrow::Cow, sync::Arc};

/// State and task id, without decoding the value.
pub(super) fn glance(serializer: Serializer, bytes: &[u8], task_id: &str, bounds: &Bounds) -> Result<Glance> {
    if serializer == Serializer::Json {
        return record::glance(bytes, task_id);
    }
    let Outline { state, task_id: found } = outline(serializer, bytes, bounds)?;
    let same_task = match found {
        TaskId::Absent => true,
        TaskId::Text(found) => found == task_id,
        TaskId::Other => false,
    };
    Ok(Glance { state, same_task })
}

/// The record, its value still undecoded unless it is short. Errors hold the record.
pub(super) fn decode(
    serializer: Serializer,
    stored: Stored,
    bytes: Arc<[u8]>,
    bounds: &Bounds,
) -> Result<Arc<TaskMeta>> {
    if serializer == Serializer::Json {
        let read = text_of(bytes, Box::default(), bounds.depth)
            .and_then(|(text, result)| Ok((record::state(&text.bytes, &text.fields)?, text, result)));
        return match read {
            Ok((state, text, result)) => Ok(TaskMeta::new(stored, text, state, result, bounds.depth)),
            Err(error) => Err(error.with_record(&stored)),
        };
    }
    let Outline { state, task_id } =
        outline(serializer, &bytes, bounds).map_err(|error| error.with_record(&stored))?;
    let task_id = match task_id {
        TaskId::Text(found) => Some(Id::from(found)),
        TaskId::Absent | TaskId::Other => None,
    };
    let source = Source { serializer, bytes, bounds: bounds.clone() };
    Ok(TaskMeta::undecoded(stored, Arc::new(source), state, task_id, bounds.depth))
}

/// What a record is transcribed from, when somebody asks for more than its state.
struct Source {
    serializer: Serializer,
    bytes: Arc<[u8]>,
    bounds: Bounds,
}

impl Transcribe for Source {
    fn text(&self) -> Result<Text> {
        let Transcription { text, refused } = transcription(self.serializer, &self.bytes, &self.bounds)?;
        text_of(text.into_bytes().into(), refused.into(), self.bounds.depth).map(|(text, _)| text)
    }
}

/// The text with the places of its keys, and its value where that is known already.
fn text_of(bytes: Arc<[u8]>, refused: Box<[(usize, Error)]>, depth: usize) -> Result<(Text, Option<Value>)> {
    let (fields, result) = record::fields(&bytes, depth)?;
    Ok((Text { bytes, fields, refused }, result))
}

/// The record as JSON text, every part of it.
pub(super) fn text<'a>(serializer: Serializer, bytes: &'a [u8], bounds: &Bounds) -> Result<Cow<'a, [u8]>> {
    if serializer == Serializer::Json {
        return Ok(Cow::Borrowed(bytes));
    }
    let text = transcription(serializer, bytes, bounds)?.whole()?;
    Ok(Cow::Owned(text.into_bytes()))
}

fn transcription(serializer: Serializer, bytes: &[u8], bounds: &Bounds) -> Result<Transcription> {
    let _ = (bytes, bounds);
    match serializer {
        #[cfg(feature = "pickle")]
        Serializer::Pickle => super::pickle::text(bytes, bounds),
        #[cfg(feature = "msgpack")]
        Serializer::Msgpack => super::msgpack::text(bytes, bounds),
        #[cfg(feature = "yaml")]
        Serializer::Yaml => super::yaml::text(bytes, bounds),
        _ => Err(not_built_in(serializer, bounds.subject)),
    }
}

fn outline(serializer: Serializer, bytes: &[u8], bounds: &Bounds) -> Result<Outline> {
    let _ = (bytes, bounds);
    match serializer {
        #[cfg(feature = "pickle")]
        Serializer::Pickle => super::pickle::outline(bytes, bounds),
        #[cfg(feature = "msgpack")]
        Serializer::Msgpack => super::msgpack::outline(bytes),
        #[cfg(feature = "yaml")]
        Serializer::Yaml => super::yaml::outline(bytes, bounds),
        _ => Err(not_built_in(serializer, bounds.subject)),
    }
}

/// The bytes of a record, or of a message's body, for its JSON text.
pub(super) fn write(
    serializer: Serializer,
    text: String,
    limits: &Limits,
    subject: Subject,
) -> Result<Vec<u8>> {
    if serializer == Serializer::Json && !holdings::may_have_forms(&text) {
        return Ok(text.into_bytes());
    }
    let len = text.len();
    let value = Value::check(text.into_bytes().into(), 0, len, limits.depth.saturating_add(8))
        .map_err(|syntax| syntax.error(holdings::name(subject), Status::Encode))?;
    holdings::check(serializer, &value, subject)?;
    match serializer {
        Serializer::Json => Ok(value.json().as_bytes().to_vec()),
        #[cfg(feature = "pickle")]
        Serializer::Pickle => super::pickle::write(&value),
        #[cfg(feature = "msgpack")]
        Serializer::Msgpack => super::msgpack::write(&value),
        #[cfg(feature = "yaml")]
        Serializer::Yaml => super::yaml::write(&value),
        #[allow(unreachable_patterns, reason = "reached where one of them is not built in")]
        _ => Err(not_built_in(serializer, subject)),
    }
}

/// The error for a record in a serializer that this build does not have.
pub(super) fn not_built_in(serializer: Serializer, subject: Subject) -> Error {
    let name = serializer.name();
    let message =
        format!("{subject} is {name}; this build of the library has no {name} (cargo feature {name:?})");
    Error::new(Status::NotBuiltIn, message)
}
