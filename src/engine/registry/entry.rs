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

/// The polling of an id: one moment at a time, however many waits come and go.
#[derive(Clone, Copy)]
pub(super) struct Poll {
    interval: Duration,
    due: Instant,
}

pub(super) struct Entry {
    pub(super) id: Id,
    pub(super) waiting: Vec<Waiting>,
    pub(super) reading: Option<Reading>,
    pub(super) owed: Option<Cause>,
    /// Reads sent so far.
    pub(super) reads: u32,
    /// Unfinished records passed on from messages so far.
    pub(super) messages: u32,
    /// The link under which it was last watched; 0 where there was none.
    pub(super) generation: u64,
    /// When it is read next, where it cannot be watched.
    pub(super) polled: Option<Poll>,
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

    /// Begins to poll; gives the due time.
    pub(super) fn begin_polling(&mut self, now: Instant) -> Option<Instant> {
        self.poll_after(self.poll_interval(), now)
    }

    /// Shortens the polling interval; gives the new due time when that changes it.
    pub(super) fn poll_sooner(&mut self, interval: Duration) -> Option<Instant> {
        if self.polled.is_none_or(|poll| interval >= poll.interval) {
            return None;
        }
        self.poll_after(interval, Instant::now())
    }

    /// The next due time, if it was this one's turn. Another due time stands in the list where an
    /// earlier wait for the same id left it there.
    pub(super) fn poll_next(&mut self, due: Instant, now: Instant) -> Option<Instant> {
        let poll = self.polled.filter(|poll| poll.due == due)?;
        self.poll_after(poll.interval, now)
    }

    fn poll_after(&mut self, interval: Duration, now: Instant) -> Option<Instant> {
        let due = now.checked_add(interval)?;
        self.polled = Some(Poll { interval, due });
        Some(due)
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
