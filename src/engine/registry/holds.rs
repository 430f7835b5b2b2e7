//! Answers that are held back. Reads are answered over another connection than the one that
//! messages come over, so an intermediate state that was read can overtake an older one that was
//! pushed. Whoever hears of such states must not hear them in that order: what a read found is told
//! when a barrier, sent over the way of the messages after the answer had come, has been passed.
//! Had a message come by then, the answer is dropped: the message was of that state or a newer one.

use super::{
    Deliveries, Registry, SLICE,
    reads::{Found, Sent},
};
use crate::{
    backend::{Failure, Op, Ticket},
    model::Stored,
};
use std::collections::VecDeque;

/// What is held back, by the tickets of the reads.
#[derive(Default)]
pub(super) struct Holds {
    /// The barrier under way.
    barrier: Option<Ticket>,
    /// The answers from before it was sent.
    before: VecDeque<(Ticket, Stored)>,
    /// Those that came since: they need another one, which serves all of them.
    since: VecDeque<(Ticket, Stored)>,
}

impl Holds {
    pub(super) fn is_barrier(&self, ticket: Ticket) -> bool {
        self.barrier == Some(ticket)
    }
}

impl Registry {
    /// Holds back what a read found, where it could come in the wrong order; gives it back where it
    /// may be told at once. That nothing is stored is no state, and READY is the last one.
    pub(super) fn hold(
        &mut self,
        ticket: Ticket,
        result: Result<Found, Failure>,
    ) -> Option<Result<Found, Failure>> {
        match result {
            Ok(Found::Unfinished(Some(record))) if self.may_be_overtaking(ticket) => {
                self.holds.since.push_back((ticket, record));
                if self.holds.barrier.is_none() {
                    self.send_barrier();
                }
                None
            }
            other => Some(other),
        }
    }

    fn may_be_overtaking(&mut self, ticket: Ticket) -> bool {
        // Whoever stores tells of it in the same breath.
        if self.outbox.unordered {
            return false;
        }
        let Some(Sent { id, cause, .. }) = self.sent.get(&ticket) else { return false };
        let cause = *cause;
        let Some(place) = self.place(id) else { return false };
        let Some(entry) = self.entry(place) else { return false };
        entry.reading == Some(ticket) && !entry.overtaken && entry.is_heard(cause.how(entry.looked))
    }

    fn send_barrier(&mut self) {
        let ticket = self.ticket();
        self.holds.before = std::mem::take(&mut self.holds.since);
        self.holds.barrier = Some(ticket);
        self.outbox.push(Op::Barrier(ticket));
    }

    /// The barrier was passed, or it was lost and the reads with it. Concludes some of those that
    /// were held for it; the flag tells whether there are more.
    pub(in crate::engine) fn release(&mut self, passed: &Result<(), Failure>) -> (Deliveries, bool) {
        let mut deliveries = Deliveries::new();
        for _ in 0..SLICE {
            let Some((ticket, record)) = self.holds.before.pop_front() else { break };
            let result = passed.clone().map(|()| Found::Unfinished(Some(record)));
            self.conclude(ticket, result, &mut deliveries);
        }
        let more = !self.holds.before.is_empty();
        if !more {
            self.holds.barrier = None;
            self.holds.before = VecDeque::new();
            if !self.holds.since.is_empty() {
                self.send_barrier();
            }
        }
        (deliveries, more)
    }
}
