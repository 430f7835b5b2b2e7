//! The only list of ids: for each its waiters, whether it is watched, and which read is under way
//! or owed. A pure state machine: a method takes what happened, and leaves operations in the
//! outbox or returns what to tell. Nothing here calls out, so it can be tested without threads.

mod calls;
mod entry;
mod holds;
mod looks;
mod outbox;
mod reads;
mod resync;
mod surveys;
mod timed;

#[cfg(test)]
mod tests;

pub(super) use calls::{Call, CallState, Together};
pub(super) use reads::{Found, Owner};
pub(super) use surveys::Survey;
pub(super) use timed::Sweep;

use super::{
    tables::Tables,
    waiter::{Deliveries, Event, How, Waiter},
};
use crate::{
    backend::{Op, Ticket},
    model::{Error, Id, Result, Status},
};
use calls::Calls;
use entry::Entry;
use holds::Holds;
use looks::Looks;
use outbox::Outbox;
use reads::{Cause, Sent};
use resync::Resync;
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use surveys::Surveys;
use timed::Timed;

/// How many ids are handled under one hold of the lock.
pub(super) const SLICE: usize = 512;

/// The engine's state.
pub(super) struct Registry {
    /// Entries keep their place, so that long work can go over them in slices.
    entries: Entries,
    /// Where the entry of an id is.
    places: Tables,
    free: Vec<u32>,
    max_entries: usize,
    waiters: u64,
    sent: BTreeMap<Ticket, Sent>,
    next_ticket: u64,
    calls: Calls,
    surveys: Surveys,
    link: Link,
    /// Whether anything was ever read: until then, access rules are taken as final.
    ever_read: bool,
    resync: Resync,
    looks: Looks,
    holds: Holds,
    timed: Timed,
    outbox: Outbox,
    closed: Option<Error>,
}

type Entries = Vec<Option<Box<Entry>>>;

/// For some thousand ids each where there are a million.
const TABLES: usize = 256;

/// The way to the store, as far as the engine was told.
#[derive(Default)]
struct Link {
    /// The number of the current or last connection; 0 before the first.
    generation: u64,
    live: bool,
    /// How often it has changed.
    changes: u64,
    trouble: Option<Error>,
}

impl Registry {
    pub(super) fn new(max_entries: usize) -> Self {
        Self {
            entries: Vec::new(),
            places: Tables::new(TABLES),
            free: Vec::new(),
            max_entries: max_entries.min(u32::MAX as usize),
            waiters: 0,
            sent: BTreeMap::new(),
            next_ticket: 0,
            calls: Calls::default(),
            surveys: Surveys::default(),
            link: Link::default(),
            ever_read: false,
            resync: Resync::default(),
            looks: Looks::default(),
            holds: Holds::default(),
            timed: Timed::default(),
            outbox: Outbox::default(),
            closed: None,
        }
    }

    pub(super) fn waiters(&self) -> u64 {
        self.waiters
    }

    /// The last trouble with the link, while there is any.
    pub(super) fn trouble(&self) -> Option<Error> {
        self.link.trouble.clone()
    }

    /// Begins a wait: the id is watched from now on, and a read is owed that is sent after this.
    pub(super) fn add(&mut self, id: &Id, waiter: Arc<dyn Waiter>, token: u64) -> Result<()> {
        self.check_open()?;
        let place = self.find_or_insert(id)?;
        self.watch_at_last(place);
        let Some(entry) = self.entry(place) else { return Ok(()) };
        let poll_interval = waiter.poll_interval();
        entry.join(waiter, token);
        let id = entry.id.clone();
        if let Some(due) = entry.poll_sooner(poll_interval, Instant::now()) {
            self.timed.poll_at(due, id);
        }
        self.waiters = self.waiters.saturating_add(1);
        self.owe(place, Cause::Owed);
        Ok(())
    }

    /// Ends a wait. The last one to leave releases the watch.
    pub(super) fn remove(&mut self, id: &str, waiter: &Arc<dyn Waiter>, token: u64) {
        let Some(place) = self.place(id) else { return };
        let Some(entry) = self.entry(place) else { return };
        if !entry.leave(waiter, token) {
            return;
        }
        let deserted = entry.waiting.is_empty();
        self.waiters = self.waiters.saturating_sub(1);
        if deserted {
            self.drop_entry(place);
        }
    }

    /// Owes one more read of an id that is waited for, before a wait for it gives up.
    pub(super) fn read_again(&mut self, id: &str) {
        if let Some(place) = self.place(id) {
            self.owe(place, Cause::Sweep);
        }
    }

    /// Accepts nothing from now on; false when it was closed before.
    pub(super) fn close(&mut self, reason: &Error) -> bool {
        let first = self.closed.is_none();
        if first {
            self.closed = Some(reason.clone());
        }
        first
    }

    /// Takes some of those who wait, to be told that it was in vain; empty when nobody is left.
    pub(super) fn fail_slice(&mut self, reason: &Error) -> Deliveries {
        let mut deliveries = Deliveries::new();
        for place in self.places.some(SLICE) {
            self.finish(place, Event::Failed(reason.clone()), &mut deliveries);
        }
        deliveries
    }

    pub(super) fn check_open(&self) -> Result<()> {
        self.closed.clone().map_or(Ok(()), Err)
    }

    fn entry(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place).and_then(Option::as_deref_mut)
    }

    /// Where the entry of an id is, if somebody waits for it.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.place_of(id, self.places.hasher().hash(id))
    }

    fn place_of(&self, id: &str, hash: u32) -> Option<usize> {
        self.places.find(hash, |place| entry_at(&self.entries, place).is_some_and(|entry| &*entry.id == id))
    }

    /// The place of this id, perhaps a new one that is not watched yet.
    fn find_or_insert(&mut self, id: &Id) -> Result<usize> {
        let hash = self.places.hasher().hash(&**id);
        if let Some(place) = self.place_of(id, hash) {
            return Ok(place);
        }
        let full = || {
            let message =
                format!("{} ids are waited for already: max_subscriptions allows no more", self.places.len());
            Error::new(Status::Limit, message)
        };
        if self.places.len() >= self.max_entries {
            return Err(full());
        }
        let place = self.free.pop();
        let place = place.map_or_else(|| u32::try_from(self.entries.len()), Ok).map_err(|_| full())?;
        let entry = Some(Box::new(Entry::new(id.clone(), hash, Instant::now())));
        match self.entries.get_mut(place as usize) {
            Some(seat) => *seat = entry,
            None => self.entries.push(entry),
        }
        let hash_of = |place| entry_at(&self.entries, place).map_or(0, |entry| entry.hash);
        self.places.insert(place, hash, hash_of);
        Ok(place as usize)
    }

    /// Tells all who wait for this id the final word and drops it.
    fn finish(&mut self, place: usize, event: Event, deliveries: &mut Deliveries) {
        let Some(entry) = self.drop_entry(place) else { return };
        let mut waiting = entry.waiting;
        self.waiters = self.waiters.saturating_sub(u64::try_from(waiting.len()).unwrap_or(u64::MAX));
        let Some(last) = waiting.pop() else { return };
        deliveries.extend(waiting.iter().map(|waiting| waiting.told(&event)));
        deliveries.push(last.into_told(event));
    }

    fn drop_entry(&mut self, place: usize) -> Option<Box<Entry>> {
        let entry = self.entries.get_mut(place).and_then(Option::take)?;
        self.places.remove(place, entry.hash);
        // Also where that link is gone: its watch may still be on its way, and would then be made
        // over the next one.
        if entry.generation != 0 && entry.polled.is_none() {
            self.outbox.push(Op::Unwatch(entry.id.clone()));
        }
        self.free.extend(u32::try_from(place));
        if self.places.is_empty() && self.entries.len() > SLICE {
            // A crowd has left; a daemon should not keep its seats for months.
            self.entries = Vec::new();
            self.free = Vec::new();
            self.places.shrink();
        }
        Some(entry)
    }
}

fn entry_at(entries: &Entries, place: usize) -> Option<&Entry> {
    entries.get(place)?.as_deref()
}
