//! What one read of a record found, frozen.

use crate::model::{Id, RemoteException, State, TaskMeta, Value};
use std::sync::Arc;

/// One look at the store: the record, or that there is none.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The task's id.
    pub task_id: Id,
    /// The record; `None` where the store has none.
    pub meta: Option<Arc<TaskMeta>>,
}

impl Snapshot {
    /// A look that found this record.
    pub fn of_record(task_id: &Id, meta: &Arc<TaskMeta>) -> Self {
        Self { task_id: task_id.clone(), meta: Some(Arc::clone(meta)) }
    }

    /// Whether there is a record.
    pub fn exists(&self) -> bool {
        self.meta.is_some()
    }
    /// The state; PENDING where there is no record, as in Celery.
    pub fn state(&self) -> State {
        self.meta.as_ref().map_or(State::Pending, |meta| meta.state().clone())
    }
}

/// What `get` returns: a value, which is an exception when the task failed and `propagate` is off.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The stored `result`.
    pub value: Value,
    /// The exception in it, for FAILURE, RETRY and REVOKED.
    pub exception: Option<Arc<RemoteException>>,
    /// Of a set or group in which a value is an exception: the members' own, in their order. Those of any
    /// are given by [`Self::element`] and [`Self::iter`].
    pub members: Option<Arc<[Self]>>,
}
