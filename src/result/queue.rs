//! `CompletionQueue`: one thread, or a poll loop, serves the results of any number of apps.

use super::ResultBase;
use crate::{
    app::App,
    model::{Error, Id, Result, State, Status, TaskMeta},
    sys::Cancel,
};
use std::{os::fd::RawFd, sync::Arc, time::Duration};

/// What an event of a queue is.
#[derive(Clone, Debug)]
pub enum QueueEventKind {
    /// The task has finished, whatever the outcome; no record for a group or set.
    Ready(Option<Arc<TaskMeta>>),
    /// An intermediate state.
    Progress(Arc<TaskMeta>),
    /// This one cannot be waited for: its record cannot be read, access is refused.
    Failed(Error),
    /// Its app was closed.
    Closed(Error),
}

/// One event.
#[derive(Clone, Debug)]
pub struct QueueEvent {
    /// As it was given when the result was added.
    pub tag: u64,
    /// The task's or group's id; `None` for a set.
    pub id: Option<Id>,
    /// What happened.
    pub kind: QueueEventKind,
    /// Whether states may have been missed before it: the connection was lost meanwhile.
    pub after_gap: bool,
}

impl QueueEvent {
    /// The state in the record, where there is one.
    pub fn state(&self) -> Option<&State> {
        match &self.kind {
            QueueEventKind::Ready(Some(meta)) | QueueEventKind::Progress(meta) => Some(meta.state()),
            _ => None,
        }
    }
}

/// The queue. Belongs to no app. Cloning gives another reference.
#[derive(Clone)]
pub struct CompletionQueue {}

#[allow(unused, missing_docs, clippy::unused_self)]
impl CompletionQueue {
    pub fn new() -> Result<Self> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn add(&self, result: &ResultBase, tag: u64) -> Result<()> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn add_ids(&self, app: &App, ids: &[(&str, u64)]) -> Result<()> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn add_members(&self, set: &ResultBase, first_tag: u64) -> Result<()> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn remove(&self, tag: u64) -> Result<usize> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn report_progress(&self, history: usize) -> Result<()> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn next(
        &self,
        timeout: Option<Duration>,
        cancel: Option<&Cancel>,
        max: usize,
    ) -> Result<Vec<QueueEvent>> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn wakeup(&self) {}
    pub fn len(&self) -> usize {
        0
    }
    pub fn is_empty(&self) -> bool {
        true
    }
    pub fn pending(&self) -> usize {
        0
    }
    pub fn fd(&self) -> Option<RawFd> {
        None
    }
    pub fn is_forked(&self) -> bool {
        false
    }
}
