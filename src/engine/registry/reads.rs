//! Reads and messages: what was found about an id, and what that means for those who wait.
//! Per id one read is under way at most and one is owed; whoever begins to wait meanwhile
//! shares the owed one.

use super::{Deliveries, Event, How, Registry, calls::Call, surveys::Survey};
use crate::{
    backend::{Failure, Op, Ticket, Urgency},
    model::{Error, Id, Key, Status, Stored},
};
use std::{sync::Arc, time::Instant};

/// Why a read is made. Where there are several reasons, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Nothing was heard for long.
    Sweep,
    /// Somebody began to wait for many ids, most of which may have finished.
    Look,
    /// The link came back, and what was pushed meanwhile is lost.
    Resync,
    /// Somebody began to wait, or an id is polled.
    Owed,
    /// A message could not be used: what is stored now is news.
    Announced,
}

impl Cause {
    /// What it finds is news to those who have been told of an earlier look.
    pub(super) fn how(self, looked: bool) -> How {
        match self {
            Self::Announced => How::AfterGap,
            Self::Resync if looked => How::AfterGap,
            Self::Resync | Self::Sweep | Self::Look | Self::Owed => How::Read,
        }
    }

    fn urgency(self) -> Urgency {
        if self >= Self::Owed { Urgency::Now } else { Urgency::Later }
    }
}

/// A read that has not been answered, also when nobody waits for the id any more.
pub(super) struct Sent {
    pub(super) id: Id,
    pub(super) cause: Cause,
    pub(super) generation: u64,
}

/// Whose ticket it is.
pub(in crate::engine) enum Owner {
    Read(Id),
    Call(Arc<Call>),
    Survey(Box<Survey>),
    /// See [`super::holds`].
    Barrier,
    Nobody,
}

/// What a record turned out to be; found out without the lock.
pub(in crate::engine) enum Found {
    Ready(Stored),
    Unfinished(Option<Stored>),
    /// It cannot be read, or is not about this task.
    Unusable(Error),
}

impl Registry {
    pub(in crate::engine) fn owner(&mut self, ticket: Ticket) -> Owner {
        if let Some(sent) = self.sent.get(&ticket) {
            return Owner::Read(sent.id.clone());
        }
        if self.holds.is_barrier(ticket) {
            return Owner::Barrier;
        }
        if let Some(survey) = self.take_survey(ticket) {
            return Owner::Survey(survey);
        }
        self.calls.get(ticket).map_or(Owner::Nobody, Owner::Call)
    }

    /// A record of this id was pushed, whose entry was at `place` a moment ago: nearly always it still is.
    pub(in crate::engine) fn message(
        &mut self,
        id: &str,
        place: usize,
        found: Found,
        deliveries: &mut Deliveries,
    ) {
        let stays = self.entry(place).is_some_and(|entry| &*entry.id == id);
        let Some(place) = stays.then_some(place).or_else(|| self.place(id)) else { return };
        let how = self.how_pushed(place);
        let Some(entry) = self.entry(place) else { return };
        // What has finished is not heard of again.
        if !matches!(found, Found::Ready(_)) {
            entry.heard = Instant::now();
        }
        match found {
            Found::Ready(record) => self.finish(place, Event::Ready { record, how }, deliveries),
            Found::Unfinished(record) => {
                // A read under way may answer with an older one.
                entry.overtaken = true;
                entry.looked = true;
                entry.tell(u32::MAX, &Event::Unfinished { record, how }, deliveries);
            }
            Found::Unusable(_) => self.owe(place, Cause::Announced),
        }
    }

    /// How a record is known that is pushed now. Where a read is under way that was to tell of the
    /// state after a gap, the first message does: it will be there before the answer is told.
    fn how_pushed(&self, place: usize) -> How {
        let entry = self.entries.get(place).and_then(Option::as_deref).filter(|entry| !entry.overtaken);
        let read = entry.and_then(|entry| Some((entry, self.sent.get(&entry.reading?)?)));
        match read {
            Some((entry, read)) if read.cause.how(entry.looked) == How::AfterGap => How::AfterGap,
            _ => How::Pushed,
        }
    }

    /// A read was answered. The flag tells whether only a sweep found the result.
    pub(in crate::engine) fn answered(
        &mut self,
        ticket: Ticket,
        result: Result<Found, Failure>,
    ) -> (Deliveries, bool) {
        let mut deliveries = Deliveries::new();
        let swept = match self.hold(ticket, result) {
            Some(result) => self.conclude(ticket, result, &mut deliveries),
            None => false,
        };
        (deliveries, swept)
    }

    /// What follows from the answer to a read.
    pub(super) fn conclude(
        &mut self,
        ticket: Ticket,
        result: Result<Found, Failure>,
        deliveries: &mut Deliveries,
    ) -> bool {
        let Some(Sent { id, cause, generation }) = self.sent.remove(&ticket) else {
            return false;
        };
        self.ever_read |= result.is_ok();
        let swept = cause == Cause::Sweep && matches!(result, Ok(Found::Ready(_)));
        let swept = swept && self.place(&id).is_some();
        self.found(&id, ticket, cause, result, deliveries);
        // Now that what follows from it was decided: it may be another read.
        match cause {
            Cause::Resync => self.resync_answered(generation),
            Cause::Look => self.look_answered(),
            Cause::Sweep | Cause::Owed | Cause::Announced => {}
        }
        swept
    }

    fn found(
        &mut self,
        id: &str,
        ticket: Ticket,
        cause: Cause,
        result: Result<Found, Failure>,
        deliveries: &mut Deliveries,
    ) {
        let Some(place) = self.place(id) else { return };
        let Some(entry) = self.entry(place) else { return };
        let is_current = entry.reading == Some(ticket);
        if is_current {
            entry.reading = None;
        }
        let how = cause.how(entry.looked);
        entry.looked |= result.is_ok();
        match result {
            // The first READY wins, whichever read found it.
            Ok(Found::Ready(record)) => self.finish(place, Event::Ready { record, how }, deliveries),
            // An answer to a wait that has ended; another one began meanwhile and has its own.
            _ if !is_current => {}
            Ok(Found::Unfinished(record)) => {
                entry.heard = Instant::now();
                if !entry.overtaken {
                    entry.tell(entry.reads, &Event::Unfinished { record, how }, deliveries);
                }
                if entry.look_first {
                    // What was stored since the look was pushed to nobody.
                    entry.owed = entry.owed.max(Some(cause));
                    self.watch_at_last(place);
                }
                self.read_owed(place);
            }
            Ok(Found::Unusable(error)) => self.finish(place, Event::Failed(error), deliveries),
            Err(failure) => self.read_failed(place, cause, failure, deliveries),
        }
    }

    /// A read that fails stays owed: it never counts as *no record*.
    fn read_failed(&mut self, place: usize, cause: Cause, failure: Failure, deliveries: &mut Deliveries) {
        let error = match failure {
            Failure::Retry(error) | Failure::Uncertain(error) => {
                self.link.trouble = Some(error);
                return self.stay_owed(place, cause);
            }
            Failure::Permanent(error) | Failure::TooLarge(error) | Failure::Unsupported(error) => error,
        };
        // Access rules can be mended while a daemon runs; what it has read before, it waits for.
        if matches!(error.status(), Status::Permission | Status::Auth | Status::BadDatabase) && self.ever_read
        {
            self.link.trouble = Some(error);
            return self.stay_owed(place, cause);
        }
        self.finish(place, Event::Failed(error), deliveries);
    }

    fn stay_owed(&mut self, place: usize, cause: Cause) {
        let live = self.link.live;
        let Some(entry) = self.entry(place) else { return };
        entry.owed = entry.owed.max(Some(cause));
        let id = entry.id.clone();
        // Without a link nothing is gained by trying: the next link begins with a resync.
        if live {
            self.timed.retry(id);
        }
    }

    /// Owes a read that is sent after this moment.
    pub(super) fn owe(&mut self, place: usize, cause: Cause) {
        let Some(entry) = self.entry(place) else { return };
        entry.owed = entry.owed.max(Some(cause));
        self.read_owed(place);
    }

    /// Sends the owed read unless one is under way.
    pub(super) fn read_owed(&mut self, place: usize) {
        let Some(entry) = self.entry(place) else { return };
        if entry.reading.is_some() {
            return;
        }
        if let Some(cause) = entry.owed.take() {
            self.send_read(place, cause);
        }
    }

    pub(super) fn send_read(&mut self, place: usize, cause: Cause) {
        let ticket = self.ticket();
        let generation = self.link.generation;
        let Some(entry) = self.entry(place) else { return };
        entry.reads = entry.reads.wrapping_add(1);
        entry.reading = Some(ticket);
        entry.overtaken = false;
        let id = entry.id.clone();
        self.outbox.push(Op::Read(Key::Task(id.clone()), ticket, cause.urgency()));
        self.sent.insert(ticket, Sent { id, cause, generation });
        match cause {
            Cause::Resync => self.resync_sent(),
            Cause::Look => self.look_sent(),
            Cause::Sweep | Cause::Owed | Cause::Announced => {}
        }
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.next_ticket = self.next_ticket.wrapping_add(1);
        Ticket(self.next_ticket)
    }
}
