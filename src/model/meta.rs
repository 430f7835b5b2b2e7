//! One decoded record. The state and the small fields are read at once; the value and the other
//! large parts are decoded when they are asked for.

use super::{Id, RemoteException, Result, ResultTuple, State, Stored, Value};
use std::sync::Arc;

/// A decoded task record (`Backend.get_task_meta`). Immutable; share it in an `Arc`.
#[derive(Clone, Debug)]
pub struct TaskMeta {}

impl TaskMeta {
    /// The state.
    pub fn state(&self) -> &State {
        todo!()
    }
    /// The raw bytes.
    pub fn stored(&self) -> &Stored {
        todo!()
    }
    /// `result`, decoded: the value, or an error that says where the bytes are bad.
    pub fn value(&self) -> Result<Value> {
        todo!()
    }
    /// The exception of a FAILURE, RETRY or REVOKED record; never fails on what is stored there.
    pub fn exception(&self) -> Option<Arc<RemoteException>> {
        todo!()
    }
    /// Tuple forms of the children; `None` where null or absent.
    pub fn children(&self) -> Result<Option<Vec<ResultTuple>>> {
        todo!()
    }
    /// The traceback text.
    pub fn traceback(&self) -> Option<&str> {
        todo!()
    }
    /// The `task_id` inside the record.
    pub fn task_id(&self) -> Option<&Id> {
        todo!()
    }
}
