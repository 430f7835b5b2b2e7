//! A completion queue: one place where the events of any number of waits, on any number of
//! engines, are kept until somebody takes them.

use super::{Engine, Event};
use crate::{
    model::{Error, Id, Result, Status},
    sys::{Cancel, Deadline},
};
use std::{os::fd::RawFd, time::Duration};

/// Where ids are waited for. An app, which must live as long as somebody waits.
pub trait Site: Clone + Send + Sync + 'static {
    /// Its engine.
    fn engine(&self) -> &Engine;
}

/// How a queue is made.
pub struct QueueSettings {
    /// Whether it has a descriptor to poll.
    pub pollable: bool,
    /// How often ids are read where the store cannot push.
    pub interval: Duration,
    /// Called, on any thread and without locks, whenever the queue stops being empty.
    pub listener: Option<Box<dyn Fn() + Send + Sync>>,
}

/// One wait to begin.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// By which it is removed; several may share one.
    pub key: u64,
    /// The task.
    pub id: Id,
    /// Handed back with each event.
    pub payload: T,
}

/// What was taken from a queue.
#[derive(Clone, Debug)]
pub struct Taken<S, T> {
    /// As it was added.
    pub key: u64,
    /// The task; `None` for what was held.
    pub id: Option<Id>,
    /// Where it was waited for; `None` for what was held.
    pub site: Option<S>,
    /// As it was added.
    pub payload: T,
    /// What happened.
    pub event: Event,
}

/// Names an item that somebody else completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held(u64);

/// How the pending items of a queue stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// How many have not ended.
    pub items: usize,
    /// How many of them have not been looked at since they were added.
    pub unseen: usize,
}

/// The queue. Dropping it ends its waits.
pub struct Queue<S: Site, T> {
    _none: std::marker::PhantomData<(S, T)>,
}

#[allow(unused, clippy::unused_self, missing_docs)]
impl<S: Site, T: Clone + Send + Sync + 'static> Queue<S, T> {
    pub fn new(settings: QueueSettings) -> Result<Self> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn add(&self, site: &S, items: Vec<Item<T>>) -> Result<()> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn hold(&self, key: u64, payload: T) -> Result<Held> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn complete(&self, held: Held, event: Event) {}
    pub fn remove(&self, key: u64) -> usize {
        0
    }
    pub fn report_progress(&self, history: usize) {}
    pub fn next(&self, max: usize, deadline: Deadline, cancel: Option<&Cancel>) -> Result<Vec<Taken<S, T>>> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    pub fn take(&self, max: usize) -> Vec<Taken<S, T>> {
        Vec::new()
    }
    pub fn wake(&self) {}
    pub fn len(&self) -> usize {
        0
    }
    pub fn is_empty(&self) -> bool {
        true
    }
    pub fn pending(&self) -> Pending {
        Pending::default()
    }
    pub fn first_absent(&self) -> Option<(Id, T)> {
        None
    }
    pub fn read_again(&self, most: usize) {}
    pub fn fd(&self) -> Option<RawFd> {
        None
    }
    pub fn is_forked(&self) -> bool {
        false
    }
}
