//! After a reconnect: everything that is waited for is watched and read again, in slices, each
//! when the one before has been answered, so that fresh waits never queue behind the backlog.

use super::{Registry, SLICE, reads::Cause};
use crate::{
    backend::Op,
    model::{Error, Id, Result},
};
use std::time::Instant;

/// How far the resync of the current link has come.
#[derive(Default)]
pub(super) struct Resync {
    cursor: usize,
    unanswered: usize,
    running: bool,
}

impl Registry {
    /// A new connection stands; what was watched over an older one is not watched any more.
    pub(in crate::engine) fn link_live(&mut self, generation: u64) {
        self.link.generation = generation;
        self.link.live = true;
        self.link.changes = self.link.changes.saturating_add(1);
        self.link.trouble = None;
        self.resync = Resync { cursor: 0, unanswered: 0, running: true };
        self.resync_slice();
        self.resend_calls();
        self.resend_surveys();
    }

    /// The connection is gone.
    pub(in crate::engine) fn link_lost(&mut self, error: Error) {
        self.link.live = false;
        self.link.changes = self.link.changes.saturating_add(1);
        self.link.trouble = Some(error);
        self.resync.running = false;
    }

    /// How often the connection has come or gone, and whether there is one. Fails when all is over.
    pub(in crate::engine) fn check_link(&self) -> Result<(u64, bool)> {
        self.check_open()?;
        Ok((self.link.changes, self.link.live))
    }

    /// How often the connection has come or gone.
    pub(in crate::engine) fn link_number(&self) -> u64 {
        self.link.changes
    }

    /// Whether a refused connection is final: nothing ever worked, and waiting will not help.
    pub(in crate::engine) fn refusal_is_final(&mut self, error: &Error) -> bool {
        self.link_lost(error.clone());
        self.link.generation == 0
    }

    /// This id cannot be watched and is read again and again instead.
    pub(in crate::engine) fn unwatchable(&mut self, id: &Id) {
        let Some(place) = self.place(id) else { return };
        let Some(entry) = self.entry(place) else { return };
        if let Some(due) = entry.poll(Instant::now()) {
            self.timed.poll_at(due, id.clone());
        }
    }

    pub(super) fn resync_sent(&mut self) {
        self.resync.unanswered = self.resync.unanswered.saturating_add(1);
    }

    pub(super) fn resync_answered(&mut self, generation: u64) {
        if generation == self.link.generation && self.resync.running {
            self.resync.unanswered = self.resync.unanswered.saturating_sub(1);
            if self.resync.unanswered < SLICE / 2 {
                self.resync_slice();
            }
        }
    }

    fn resync_slice(&mut self) {
        let generation = self.link.generation;
        let mut slice = Vec::new();
        while slice.len() < SLICE && self.resync.cursor < self.entries.len() {
            let place = self.resync.cursor;
            self.resync.cursor = self.resync.cursor.saturating_add(1);
            if let Some(entry) = self.entry(place)
                && (entry.generation != generation || entry.owed.is_some())
            {
                let watched = (!entry.look_first).then(|| entry.id.clone());
                if watched.is_some() {
                    entry.generation = generation;
                    entry.polled = None;
                }
                slice.push((place, watched));
            }
        }
        self.resync.running = self.resync.cursor < self.entries.len() || !slice.is_empty();
        // All watches first: the backend takes them together, and each read comes after its own.
        for id in slice.iter().filter_map(|(_, watched)| watched.clone()) {
            self.outbox.push(Op::Watch(id));
        }
        for (place, _) in slice {
            if let Some(entry) = self.entry(place) {
                entry.owed = None;
                self.send_read(place, Cause::Resync);
            }
        }
    }
}
