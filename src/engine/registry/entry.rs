//! One id that somebody waits for.

use super::reads::Cause;
use crate::{
    backend::Ticket,
    engine::waiter::{Deliveries, Event, Waiter},
    model::Id,
};
use smallvec::SmallVec;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(super) struct Waiting {
    waiter: Arc<dyn Waiter>,
    token: u64,
    /// Reads sent before the wait began cannot speak for it.
    reads_before: u32,
}

impl Waiting {
    pub(super) fn told(&self, event: &Event) -> (Arc<dyn Waiter>, u64, Event) {
        (Arc::clone(&self.waiter), self.token, event.clone())
    }
}

/// How an id is polled. A due time that is not the one given here belongs to the past.
pub(super) struct Polled {
    every: Duration,
    next: Instant,
}

pub(super) struct Entry {
    pub(super) id: Id,
    /// Nearly always one, and there may be a million entries.
    pub(super) waiting: SmallVec<[Waiting; 1]>,
    pub(super) reading: Option<Ticket>,
    /// Messages heard when the read was sent: an unfinished record is old news if there are more
    /// now.
    pub(super) messages_before: u32,
    pub(super) owed: Option<Cause>,
    /// Whether it is not watched before a look has shown that it has not finished.
    pub(super) look_first: bool,
    /// Reads sent so far.
    pub(super) reads: u32,
    /// Whether one of them was answered, so that what a later one finds can be news.
    pub(super) looked: bool,
    /// Unfinished records passed on from messages so far.
    pub(super) messages: u32,
    /// The link under which it was last watched; 0 where there was none.
    pub(super) generation: u64,
    /// Where it cannot be watched: how often it is read, and when next.
    pub(super) polled: Option<Box<Polled>>,
    pub(super) heard: Instant,
}

impl Entry {
    pub(super) fn new(id: Id, now: Instant) -> Self {
        Self {
            id,
            waiting: SmallVec::new(),
            reading: None,
            messages_before: 0,
            owed: None,
            look_first: true,
            reads: 0,
            looked: false,
            messages: 0,
            generation: 0,
            polled: None,
            heard: now,
        }
    }

    pub(super) fn join(&mut self, waiter: Arc<dyn Waiter>, token: u64) {
        self.waiting.push(Waiting { waiter, token, reads_before: self.reads });
    }

    /// Whether the waiter was here.
    pub(super) fn leave(&mut self, waiter: &Arc<dyn Waiter>, token: u64) -> bool {
        let found = self.waiting.iter().position(|waiting| {
            waiting.token == token && std::ptr::addr_eq(Arc::as_ptr(&waiting.waiter), Arc::as_ptr(waiter))
        });
        found.map(|index| self.waiting.swap_remove(index)).is_some()
    }

    /// Begins to poll, at the shortest interval that anyone who waits asks for; gives the time of
    /// the first read.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Instant> {
        let intervals = self.waiting.iter().map(|waiting| waiting.waiter.poll_interval());
        let every = intervals.min().unwrap_or(Duration::from_millis(500));
        self.poll_every(every, now)
    }

    /// Polls more often if somebody new asks for it; gives the time of the next read if that
    /// changes it.
    pub(super) fn poll_sooner(&mut self, every: Duration, now: Instant) -> Option<Instant> {
        if self.polled.as_ref().is_some_and(|polled| every < polled.every) {
            self.poll_every(every, now)
        } else {
            None
        }
    }

    /// The time of the next read, if this one was due.
    pub(super) fn poll_next(&mut self, due: Instant, now: Instant) -> Option<Instant> {
        let every = self.polled.as_ref().filter(|polled| polled.next == due)?.every;
        self.poll_every(every, now)
    }

    fn poll_every(&mut self, every: Duration, now: Instant) -> Option<Instant> {
        let next = now.checked_add(every)?;
        self.polled = Some(Box::new(Polled { every, next }));
        Some(next)
    }

    /// Tells those for whom read number `number` speaks.
    pub(super) fn tell(&self, number: u32, event: &Event, deliveries: &mut Deliveries) {
        let covered = self.waiting.iter().filter(|waiting| waiting.reads_before < number);
        deliveries.extend(covered.map(|waiting| waiting.told(event)));
    }
}
