//! Bytes to records and back. Pure: no I/O, no clock but for `date_done`, no global state. The
//! grammar itself is [`crate::model::value`]'s, because values are read in it long after the
//! record was decoded; whatever the serializer was, its decoder ends in that text. Bodies of
//! messages go the same way (`payload`).

mod compression;
#[cfg(any(feature = "pickle", feature = "yaml"))]
mod decimal;
mod encode;
mod format;
mod group;
mod holdings;
mod limits;
mod looks;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg_attr(
    not(any(feature = "msgpack", feature = "pickle", feature = "yaml")),
    allow(dead_code, reason = "json is the only serializer")
)]
mod outline;
mod payload;
#[cfg(feature = "pickle")]
mod pickle;
mod record;
mod serializer;
pub(crate) mod spell;
#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
mod transcript;
#[cfg_attr(
    not(any(feature = "msgpack", feature = "pickle", feature = "yaml")),
    allow(dead_code, reason = "json is the only serializer")
)]
mod transcription;
mod tuple;
#[cfg(feature = "yaml")]
mod yaml;

pub use format::{Accept, Formats};
pub use limits::Limits;

use crate::model::{Record, Result, ResultTuple, Serializer, State, Status, Stored, TaskMeta, Value};
use limits::{Bounds, Subject};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Reads and writes records as configured.
#[derive(Clone, Debug)]
pub struct Codec {
    limits: Limits,
    formats: Formats,
}

/// What a look at a record tells without decoding its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The state.
    pub state: State,
    /// Whether the record's `task_id` is the expected one; a record without the key counts.
    pub same_task: bool,
}

/// A record without its compression.
struct Opened<'a> {
    serializer: Serializer,
    bytes: Cow<'a, [u8]>,
    bounds: Bounds,
}

impl Codec {
    /// A codec with these limits that reads every serializer there is and writes json.
    pub fn new(limits: Limits) -> Self {
        Self::with_formats(limits, Formats::default())
    }

    /// A codec with these limits and formats.
    pub fn with_formats(limits: Limits, formats: Formats) -> Self {
        Self { limits, formats }
    }

    /// State and task id, without decoding the value. The error of a record that cannot be read holds
    /// it, here and in [`Self::decode`] and [`Self::group_decode`].
    pub fn glance(&self, stored: &Stored, task_id: &str) -> Result<Glance> {
        self.opened(stored)
            .and_then(|Opened { serializer, bytes, bounds }| {
                serializer::glance(serializer, &bytes, task_id, &bounds)
            })
            .map_err(|error| error.with_record(stored))
    }

    /// The whole record; large parts stay undecoded until they are asked for.
    pub fn decode(&self, stored: Stored) -> Result<Arc<TaskMeta>> {
        let opened = self.opened(&stored).map(|Opened { serializer, bytes, bounds }| {
            let bytes = match bytes {
                Cow::Borrowed(_) => stored.shared().clone(),
                Cow::Owned(bytes) => bytes.into(),
            };
            (serializer, bytes, bounds)
        });
        match opened {
            Ok((serializer, bytes, bounds)) => serializer::decode(serializer, stored, bytes, &bounds),
            Err(error) => Err(error.with_record(&stored)),
        }
    }

    /// The bytes a worker would store.
    pub fn encode(&self, record: &Record) -> Result<Stored> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.encode_at(record, i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    }

    /// The bytes a worker would have stored at this time, in Unix microseconds.
    pub fn encode_at(&self, record: &Record, unix_micros: i64) -> Result<Stored> {
        self.stored(encode::record(record, unix_micros, self.limits.depth)?)
    }

    /// The record of a task that was run at once, in this process: what `EagerResult` knows of it.
    pub fn eager(&self, record: &Record) -> Result<Arc<TaskMeta>> {
        let text = Stored::new(encode::eager(record, self.limits.depth)?.into_bytes());
        let bytes = text.shared().clone();
        let bounds = Bounds::new(&self.limits, bytes.len());
        serializer::decode(Serializer::Json, text, bytes, &bounds)
    }

    /// The bytes that `Backend.save_group` would store.
    pub fn group_encode(&self, group: &ResultTuple) -> Result<Stored> {
        self.stored(group::text(group))
    }

    /// The tuple form of a saved group.
    pub fn group_decode(&self, stored: &Stored) -> Result<ResultTuple> {
        let tuple = self.opened(stored).and_then(|Opened { serializer, bytes, bounds }| {
            let text = serializer::text(serializer, &bytes, &bounds)?;
            group::tuple(&text.into_owned().into(), self.limits.depth)
        });
        tuple.map_err(|error| error.with_record(stored))
    }

    /// Checks JSON text and makes a value of it.
    pub fn value(&self, json: &str) -> Result<Value> {
        self.limits.check_size(json.len())?;
        Value::check(json.as_bytes().into(), 0, json.len(), self.limits.depth)
            .map_err(|syntax| syntax.error("the JSON text", Status::Decode))
    }

    /// Tuple form from JSON text (`AsyncResult.as_tuple()` dumped by Python).
    pub fn tuple(&self, json: &str) -> Result<ResultTuple> {
        ResultTuple::from_value(&self.value(json)?, "the tuple form")
    }

    /// Tuple form as JSON text.
    pub fn tuple_json(&self, tuple: &ResultTuple) -> String {
        let mut out = String::new();
        tuple::write(tuple, &mut out);
        out
    }

    /// Takes the compression off, and tells the serializer.
    fn opened<'a>(&self, stored: &'a Stored) -> Result<Opened<'a>> {
        let record = stored.bytes();
        self.limits.check_size(record.len())?;
        let bounds = Bounds::new(&self.limits, record.len());
        let bytes = compression::unpacked(record, &bounds)?;
        Ok(Opened { serializer: self.formats.reads(&bytes)?, bytes, bounds })
    }

    /// The bytes to store for a record's JSON text.
    fn stored(&self, text: String) -> Result<Stored> {
        let bytes = serializer::write(self.formats.writes(), text, &self.limits, Subject::Record)?;
        let bytes = match self.formats.compression {
            None => bytes,
            Some(compression) => compression::packed(compression, &bytes)?,
        };
        Ok(Stored::new(bytes))
    }
}

#[cfg(test)]
mod tests;
