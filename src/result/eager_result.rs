//! `EagerResult`: the result of a task that was run at once, in this process.

use super::{GetOptions, Outcome, Snapshot};
use crate::model::{Error, Id, Record, Result, State, Status};
use std::sync::Arc;

/// The result of a task that was run at once (`celery.result.EagerResult`).
#[derive(Clone)]
pub struct EagerResult {
    inner: Arc<Inner>,
}

struct Inner {
    id: Id,
}

#[allow(unused, missing_docs, clippy::unused_self)]
impl EagerResult {
    pub fn new(record: &Record) -> Result<Self> {
        Ok(Self { inner: Arc::new(Inner { id: record.task_id.clone() }) })
    }
    pub fn id(&self) -> &Id {
        &self.inner.id
    }
    pub fn meta(&self) -> Result<Snapshot> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn state(&self) -> State {
        State::Pending
    }
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Option<Outcome>> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn revoke(&self) {}
}

impl PartialEq for EagerResult {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for EagerResult {}

impl std::fmt::Debug for EagerResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<EagerResult: {}>", self.id())
    }
}
