//! Bytes to records and back. Pure: no I/O, no clock but for `date_done`, no global state. The
//! grammar itself is [`crate::model::value`]'s, because values are read in it long after the
//! record was decoded.

mod encode;
mod group;
mod record;
mod serializer;
mod spell;
mod tuple;

use crate::model::{Error, Record, Result, ResultTuple, State, Status, Stored, TaskMeta, Value};
use serializer::Serializer;
use std::time::{SystemTime, UNIX_EPOCH};

/// What reading a record may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest record in bytes (`max_payload_bytes`).
    pub payload: usize,
    /// Deepest nesting of arrays and objects (`max_nesting_depth`).
    pub depth: usize,
}

/// Those of an app for which nothing is configured.
impl Default for Limits {
    fn default() -> Self {
        Self { payload: 512 << 20, depth: 1_000 }
    }
}

/// Reads and writes records as configured.
#[derive(Clone, Debug)]
pub struct Codec {
    limits: Limits,
    serializer: Serializer,
}

/// What a look at a record tells without decoding its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The state.
    pub state: State,
    /// Whether the record's `task_id` is the expected one; a record without the key counts.
    pub same_task: bool,
}

impl Codec {
    /// A codec with these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, serializer: Serializer::Json }
    }

    /// State and task id, without decoding the value.
    pub fn glance(&self, record: &[u8], task_id: &str) -> Result<Glance> {
        self.check_size(record.len())?;
        match self.serializer {
            Serializer::Json => {
                serializer::check_json(record)?;
                record::glance(record, task_id)
            }
        }
    }

    /// The whole record; large parts stay undecoded until they are asked for.
    pub fn decode(&self, stored: Stored) -> Result<TaskMeta> {
        self.check_size(stored.bytes().len())?;
        let text = self.serializer.text(&stored)?;
        let fields = record::fields(&text)?;
        let state = record::state(&text, &fields)?;
        Ok(TaskMeta::new(stored, text, fields, state, self.limits.depth))
    }

    /// The bytes a worker would store.
    pub fn encode(&self, record: &Record) -> Result<Stored> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.encode_at(record, i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    }

    /// The bytes a worker would have stored at this time, in Unix microseconds.
    pub fn encode_at(&self, record: &Record, unix_micros: i64) -> Result<Stored> {
        Ok(self.serializer.stored(encode::record(record, unix_micros, self.limits.depth)?))
    }

    /// The record of a task that was run at once, in this process: what `EagerResult` knows of it.
    pub fn eager(&self, record: &Record) -> Result<TaskMeta> {
        self.decode(self.serializer.stored(encode::eager(record, self.limits.depth)?))
    }

    /// The bytes that `Backend.save_group` would store.
    pub fn group_encode(&self, group: &ResultTuple) -> Stored {
        self.serializer.stored(group::text(group))
    }

    /// The tuple form of a saved group.
    pub fn group_decode(&self, stored: &Stored) -> Result<ResultTuple> {
        self.check_size(stored.bytes().len())?;
        group::tuple(&self.serializer.text(stored)?, self.limits.depth)
    }

    /// Checks JSON text and makes a value of it.
    pub fn value(&self, json: &str) -> Result<Value> {
        self.check_size(json.len())?;
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

    fn check_size(&self, size: usize) -> Result<()> {
        let limit = self.limits.payload;
        if size <= limit {
            return Ok(());
        }
        let message = format!("the record has {size} bytes; max_payload_bytes allows {limit}");
        Err(Error::new(Status::TooLarge, message))
    }
}

#[cfg(test)]
mod tests;
