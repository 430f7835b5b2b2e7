//! First looks: of many ids that somebody begins to wait for together, most may have finished. They
//! are read before they are watched, and only what has not finished is watched and read again. As
//! in a resync some are under way at a time, so that fresh waits do not queue behind them.

use super::{Registry, SLICE, entry::Entry, reads::Cause};
use crate::{
    backend::Op,
    engine::waiter::Waiter,
    model::{Id, Result},
};
use std::{collections::VecDeque, sync::Arc};

/// The ids that have not been looked at.
#[derive(Default)]
pub(super) struct Looks {
    queue: VecDeque<usize>,
    unanswered: usize,
}

impl Registry {
    /// Begins waits as [`Self::add_slice`] does, but looks before it watches.
    pub(in crate::engine) fn look_slice(
        &mut self,
        ids: &[(Id, u64)],
        waiter: &Arc<dyn Waiter>,
    ) -> (usize, Result<()>) {
        let begun = begin(ids, |id, token| self.add_look(id, Arc::clone(waiter), token));
        self.look_on();
        begun
    }

    /// Begins several waits. Tells how many it began; the error is that of the next one.
    pub(in crate::engine) fn add_slice(
        &mut self,
        ids: &[(Id, u64)],
        waiter: &Arc<dyn Waiter>,
    ) -> (usize, Result<()>) {
        begin(ids, |id, token| self.add(id, Arc::clone(waiter), token))
    }

    fn add_look(&mut self, id: &Id, waiter: Arc<dyn Waiter>, token: u64) -> Result<()> {
        let known = self.place(id);
        let awaits_look = |entry: &mut Entry| entry.look_first;
        if known.is_some_and(|place| !self.entry(place).is_some_and(awaits_look)) {
            return self.add(id, waiter, token);
        }
        self.check_open()?;
        let place = self.find_or_insert(id)?;
        if let Some(entry) = self.entry(place) {
            entry.join(waiter, token);
            // A look under way that finds nothing is followed by a read, which speaks for all.
            if known.is_none() {
                entry.owed = Some(Cause::Look);
                self.looks.queue.push_back(place);
            }
        }
        self.waiters = self.waiters.saturating_add(1);
        Ok(())
    }

    /// Watches an id that was only looked at so far, or not even that.
    pub(super) fn watch_at_last(&mut self, place: usize) {
        // Without a link the backend could not watch; the next one begins with a resync.
        let generation = if self.link.live { self.link.generation } else { 0 };
        let Some(entry) = self.entry(place) else { return };
        if !std::mem::take(&mut entry.look_first) {
            return;
        }
        entry.generation = generation;
        let id = entry.id.clone();
        if generation != 0 {
            self.outbox.push(Op::Watch(id));
        }
    }

    pub(super) fn look_sent(&mut self) {
        self.looks.unanswered = self.looks.unanswered.saturating_add(1);
    }

    pub(super) fn look_answered(&mut self) {
        self.looks.unanswered = self.looks.unanswered.saturating_sub(1);
        if self.looks.unanswered < SLICE / 2 {
            self.look_on();
        }
    }

    fn look_on(&mut self) {
        while self.looks.unanswered < SLICE
            && let Some(place) = self.looks.queue.pop_front()
        {
            // A place may have been left, and taken by somebody else.
            if self.entry(place).is_some_and(|entry| entry.look_first && entry.reading.is_none()) {
                self.read_owed(place);
            }
        }
        if self.looks.queue.is_empty() && self.looks.queue.capacity() > SLICE {
            self.looks.queue = VecDeque::new();
        }
    }
}

fn begin(ids: &[(Id, u64)], mut add: impl FnMut(&Id, u64) -> Result<()>) -> (usize, Result<()>) {
    for (begun, (id, token)) in ids.iter().enumerate() {
        if let Err(error) = add(id, *token) {
            return (begun, Err(error));
        }
    }
    (ids.len(), Ok(()))
}
