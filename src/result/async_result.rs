//! `AsyncResult`: the result of one task.

use super::{GetOptions, Outcome, ResultBase, Snapshot};
use crate::{
    app::App,
    model::{Id, Result, State, TaskMeta},
    sys::Cancel,
};
use std::{sync::Arc, time::Duration};

/// The result of one task; cloning gives another reference to the same handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AsyncResult {}

#[allow(missing_docs, unused_variables)]
impl AsyncResult {
    pub fn new(app: &App, task_id: &str) -> Result<Self> {
        todo!()
    }
    pub fn with_parent(app: &App, task_id: &str, parent: Option<ResultBase>) -> Result<Self> {
        todo!()
    }
    pub fn id(&self) -> &Id {
        todo!()
    }
    pub fn app(&self) -> &App {
        todo!()
    }
    pub fn parent(&self) -> Option<&ResultBase> {
        todo!()
    }
    /// `ignored = True`: get returns null at once.
    pub fn ignore(&self) {
        todo!()
    }
    pub fn is_ignored(&self) -> bool {
        todo!()
    }
    /// Waits until READY, whatever the outcome.
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        todo!()
    }
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        todo!()
    }
    /// One read (or the cached finished record).
    pub fn meta(&self) -> Result<Snapshot> {
        todo!()
    }
    /// The finished record, if this handle has seen it; no I/O.
    pub fn peek(&self) -> Option<Snapshot> {
        todo!()
    }
    pub fn state(&self) -> Result<State> {
        todo!()
    }
    pub fn ready(&self) -> Result<bool> {
        todo!()
    }
    pub fn successful(&self) -> Result<bool> {
        todo!()
    }
    pub fn failed(&self) -> Result<bool> {
        todo!()
    }
    pub fn exists(&self) -> Result<bool> {
        todo!()
    }
    /// None where the record has no children key or null.
    pub fn children(&self) -> Result<Option<Vec<ResultBase>>> {
        todo!()
    }
    /// Raises a stored failure, does not wait; None where not ready.
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Option<Outcome>> {
        todo!()
    }
    /// Called once on the callback thread: Ok(record) when READY, Err when the wait ended otherwise (closed...).
    pub fn then(&self, callback: impl FnOnce(&Self, Result<Arc<TaskMeta>>) + Send + 'static) -> Result<()> {
        todo!()
    }
    /// Parents first, as in Celery.
    pub fn forget(&self) -> Result<()> {
        todo!()
    }
    /// `as_list()`: own id, then the ancestors' ids.
    pub fn as_list(&self) -> Vec<Id> {
        todo!()
    }
    /// Drops the cached payload, keeps the state; value getters then give Status::Released.
    pub fn release_payload(&self) {
        todo!()
    }
}
