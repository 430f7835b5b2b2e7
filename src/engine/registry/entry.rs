//! One id that somebody waits for.

use super::reads::{Cause, Reading};
use crate::{engine::waiter::Waiter, model::Id};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(super) struct Waiting {
    pub(super) waiter: Arc<dyn Waiter>,
    /// Reads sent before the wait began cannot speak for it.
    reads_before: u32,
}

pub(super) struct Entry {
    pub(super) id: Id,
    pub(super) waiting: Vec<Waiting>,
    pub(super) reading: Option<Reading>,
    pub(super) owed: Option<Cause>,
    /// Reads sent so far.
    pub(super) reads: u32,
    /// Messages heard so far.
    pub(super) messages: u32,
    /// The link under which it was last watched; 0 where there was none.
    pub(super) generation: u64,
    /// How often it is read, where it cannot be watched.
    pub(super) polled: Option<Duration>,
    pub(super) heard: Instant,
}

impl Entry {
    pub(super) fn new(id: Id, generation: u64, now: Instant) -> Self {
        Self {
            id,
            waiting: Vec::new(),
            reading: None,
            owed: None,
            reads: 0,
            messages: 0,
            generation,
            polled: None,
            heard: now,
        }
    }

    pub(super) fn join(&mut self, waiter: Arc<dyn Waiter>) {
        self.waiting.push(Waiting { waiter, reads_before: self.reads });
    }

    /// Whether the waiter was here.
    pub(super) fn leave(&mut self, waiter: &Arc<dyn Waiter>) -> bool {
        let found = self
            .waiting
            .iter()
            .position(|waiting| std::ptr::addr_eq(Arc::as_ptr(&waiting.waiter), Arc::as_ptr(waiter)));
        found.map(|index| self.waiting.swap_remove(index)).is_some()
    }

    /// Shortens the polling interval; gives the new due time when that changes it.
    pub(super) fn poll_sooner(&mut self, interval: Duration) -> Option<Instant> {
        let polled = self.polled.as_mut()?;
        if interval >= *polled {
            return None;
        }
        *polled = interval;
        Instant::now().checked_add(interval)
    }

    /// The shortest interval that anyone who waits asks for.
    pub(super) fn poll_interval(&self) -> Duration {
        let intervals = self.waiting.iter().map(|waiting| waiting.waiter.poll_interval());
        intervals.min().unwrap_or(Duration::from_millis(500))
    }

    /// Those for whom read number `number` speaks.
    pub(super) fn covered(&self, number: u32) -> impl Iterator<Item = &Arc<dyn Waiter>> {
        self.waiting
            .iter()
            .filter(move |waiting| waiting.reads_before < number)
            .map(|waiting| &waiting.waiter)
    }
}
