//! Bytes to records and back. Pure: no I/O, no clock but for `date_done`, no global state.

use crate::model::{Record, Result, ResultTuple, State, Stored, TaskMeta, Value};

/// What reading a record may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest record in bytes (`max_payload_bytes`).
    pub payload: usize,
    /// Deepest nesting of arrays and objects (`max_nesting_depth`).
    pub depth: usize,
}

/// Reads and writes records as configured.
#[derive(Clone, Debug)]
pub struct Codec {
    limits: Limits,
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
        Self { limits }
    }
    /// State and task id, without decoding the value.
    pub fn glance(&self, record: &[u8], task_id: &str) -> Result<Glance> {
        let _ = (&self.limits, record, task_id);
        todo!()
    }
    /// The whole record; large parts stay undecoded until they are asked for.
    pub fn decode(&self, stored: Stored) -> Result<TaskMeta> {
        let _ = stored;
        todo!()
    }
    /// The bytes a worker would store.
    pub fn encode(&self, record: &Record) -> Result<Stored> {
        let _ = record;
        todo!()
    }
    /// Checks JSON text and makes a value of it.
    pub fn value(&self, json: &str) -> Result<Value> {
        let _ = json;
        todo!()
    }
    /// Tuple form from JSON text (`AsyncResult.as_tuple()` dumped by Python).
    pub fn tuple(&self, json: &str) -> Result<ResultTuple> {
        let _ = json;
        todo!()
    }
    /// Tuple form as JSON text.
    pub fn tuple_json(&self, tuple: &ResultTuple) -> String {
        let _ = tuple;
        todo!()
    }
}
