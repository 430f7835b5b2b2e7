//! What time brings: owed reads that failed, ids that are polled, and the slow sweep over ids
//! that nothing was heard of.

use super::{Registry, SLICE, reads::Cause};
use crate::model::Id;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::{Duration, Instant},
};

#[derive(Default)]
pub(super) struct Timed {
    retries: VecDeque<Id>,
    polls: BinaryHeap<Reverse<(Instant, Id)>>,
    cursor: usize,
    ticking: bool,
}

/// How the sweep is set: how long an id may be silent, and how many reads a tick may make.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Sweep {
    pub(in crate::engine) silence: Duration,
    pub(in crate::engine) budget: usize,
    /// How many entries to look at, so that each has its turn once per `silence`.
    pub(in crate::engine) period: Duration,
}

impl Timed {
    pub(super) fn retry(&mut self, id: Id) {
        self.retries.push_back(id);
    }

    pub(super) fn poll_at(&mut self, due: Instant, id: Id) {
        self.polls.push(Reverse((due, id)));
    }
}

impl Registry {
    /// Whether the caller has to start the ticker: there is something to do and nobody ticks.
    pub(in crate::engine) fn begin_ticking(&mut self) -> bool {
        !std::mem::replace(&mut self.timed.ticking, true)
    }

    /// The ticker could not be started; whoever comes next tries again.
    pub(in crate::engine) fn cannot_tick(&mut self) {
        self.timed.ticking = false;
    }

    /// One tick; false when the ticker may stop, as nobody waits for anything.
    pub(in crate::engine) fn tick(&mut self, now: Instant, sweep: Option<Sweep>) -> bool {
        if self.closed.is_some() || (self.places.is_empty() && !self.calls.any_open()) {
            self.timed.ticking = false;
            return false;
        }
        if self.link.live {
            self.retry_owed();
            self.poll_due(now);
            if let Some(sweep) = sweep {
                self.sweep(now, sweep);
            }
            self.resend_calls();
        }
        true
    }

    fn retry_owed(&mut self) {
        for _ in 0..self.timed.retries.len().min(SLICE) {
            let Some(id) = self.timed.retries.pop_front() else { return };
            if let Some(place) = self.place(&id) {
                self.read_owed(place);
            }
        }
    }

    fn poll_due(&mut self, now: Instant) {
        for _ in 0..SLICE {
            let is_due = self.timed.polls.peek().is_some_and(|Reverse((due, _))| *due <= now);
            let Some(Reverse((due, id))) = is_due.then(|| self.timed.polls.pop()).flatten() else { return };
            let Some(place) = self.place(&id) else { continue };
            if let Some(next) = self.entry(place).and_then(|entry| entry.poll_next(due, now)) {
                self.timed.poll_at(next, id);
                self.owe(place, Cause::Owed);
            }
        }
    }

    fn sweep(&mut self, now: Instant, sweep: Sweep) {
        let len = self.entries.len();
        // Twice as fast as needed, since an id's silence may begin just after it was looked at.
        let share = sweep.period.as_secs_f64() / sweep.silence.as_secs_f64().max(f64::MIN_POSITIVE) * 2.0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let looks = ((len as f64 * share).ceil() as usize).clamp(1, SLICE * 8).min(len);
        let mut reads = 0_usize;
        for _ in 0..looks {
            if reads >= sweep.budget {
                return;
            }
            let place = self.timed.cursor;
            self.timed.cursor =
                if place.saturating_add(1) < self.entries.len() { place.saturating_add(1) } else { 0 };
            if let Some(entry) = self.entry(place)
                && now.saturating_duration_since(entry.heard) >= sweep.silence
                && entry.reading.is_none()
                && entry.owed.is_none()
            {
                self.send_read(place, Cause::Sweep);
                reads = reads.saturating_add(1);
            }
        }
    }
}
