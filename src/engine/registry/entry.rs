//! One id that somebody waits for.

use super::reads::Cause;
use crate::{
    backend::Ticket,
    engine::waiter::{Deliveries, Event, How, Told, Waiter},
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
    pub(super) fn told(&self, event: &Event) -> Told {
        Told { waiter: Arc::clone(&self.waiter), token: self.token, event: event.clone() }
    }

    pub(super) fn into_told(self, event: Event) -> Told {
        Told { waiter: self.waiter, token: self.token, event }
    }
}

/// How an id is polled. A due time that is not the one given here belongs to the past.
pub(super) struct Polled {
    every: Duration,
    next: Instant,
}

pub(super) struct Entry {
    pub(super) id: Id,
    /// Of the id; see [`crate::engine::tables`].
    pub(super) hash: u32,
    /// Nearly always one, and there may be a million entries.
    pub(super) waiting: SmallVec<[Waiting; 1]>,
    /// Where the one stood who left last; no further than one behind the end.
    left: u32,
    pub(super) reading: Option<Ticket>,
    /// Whether an unfinished record was pushed since the read was sent: what that finds may be old
    /// news.
    pub(super) overtaken: bool,
    pub(super) owed: Option<Cause>,
    /// Whether it is not watched before a look has shown that it has not finished.
    pub(super) look_first: bool,
    /// Reads sent so far.
    pub(super) reads: u32,
    /// Whether one of them was answered, or a record pushed, so that what a later one finds can be news.
    pub(super) looked: bool,
    /// The link under which it was last watched; 0 where there was none.
    pub(super) generation: u64,
    /// Where it cannot be watched: how often it is read, and when next.
    pub(super) polled: Option<Box<Polled>>,
    pub(super) heard: Instant,
}

impl Entry {
    pub(super) fn new(id: Id, hash: u32, now: Instant) -> Self {
        Self {
            id,
            hash,
            waiting: SmallVec::new(),
            left: 0,
            reading: None,
            overtaken: false,
            owed: None,
            look_first: true,
            reads: 0,
            looked: false,
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
        let is_it = |index: usize| {
            self.waiting.get(index).is_some_and(|waiting| {
                waiting.token == token && std::ptr::addr_eq(Arc::as_ptr(&waiting.waiter), Arc::as_ptr(waiter))
            })
        };
        // Whoever is next has mostly come right before or after the one who left last.
        let last = self.left as usize;
        let near = |distance: usize| [last.checked_add(distance), last.checked_sub(distance)];
        let found =
            (0..self.waiting.len().saturating_add(1)).flat_map(near).flatten().find(|index| is_it(*index));
        let Some(index) = found else { return false };
        self.waiting.swap_remove(index);
        self.left = u32::try_from(index).unwrap_or_default();
        true
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

    /// Whether somebody must not be told of an older state after a newer one.
    pub(super) fn is_heard(&self, how: How) -> bool {
        self.waiting.iter().any(|waiting| waiting.waiter.hears(how))
    }

    /// Tells those for whom read number `number` speaks.
    pub(super) fn tell(&self, number: u32, event: &Event, deliveries: &mut Deliveries) {
        let covered = self.waiting.iter().filter(|waiting| waiting.reads_before < number);
        deliveries.extend(covered.map(|waiting| waiting.told(event)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    struct Nobody;

    impl Waiter for Nobody {
        fn notify(&self, _: u64, _: &Event) {}
        fn poll_interval(&self) -> Duration {
            Duration::MAX
        }
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 120);
    }

    #[test]
    fn a_hundred_thousand_who_wait_for_one_id_leave_in_any_order_at_once() {
        const ALL: u64 = 100_000;
        let waiters: [Arc<dyn Waiter>; 2] = [Arc::new(Nobody), Arc::new(Nobody)];
        let forwards: Vec<u64> = (0..ALL).collect();
        let backwards = forwards.iter().rev().copied().collect();
        let from_the_middle = (ALL / 2..ALL).chain(0..ALL / 2).collect();
        for order in [forwards, backwards, from_the_middle] {
            let mut entry = Entry::new(Id::from("a"), 0, Instant::now());
            for token in 0..ALL {
                entry.join(Arc::clone(&waiters[0]), token);
            }
            for token in 0..ALL {
                entry.join(Arc::clone(&waiters[1]), token);
            }
            for waiter in &waiters {
                assert!(order.iter().all(|token| entry.leave(waiter, *token)));
                assert!(!entry.leave(waiter, ALL) && !entry.leave(waiter, 0));
            }
            assert!(entry.waiting.is_empty());
        }
    }
}
