//! A completion queue: one place where the events of any number of waits, on any number of
//! engines, are kept until somebody takes them. It knows ids and what the engines tell of them;
//! what a result handle is, and what is done with a record, is for the layers above.

mod core;
mod events;
mod items;
mod next;
mod state;

#[cfg(test)]
mod tests;

use self::core::Core;
use super::{Engine, Event, Waiter, registry::SLICE};
use crate::{
    model::{Error, Id, Result, Status},
    sys::EventFd,
};
use events::Report;
use state::{Ended, State};
use std::{os::fd::RawFd, sync::Arc, time::Duration};

/// Where ids are waited for: an app, which has to live as long as somebody waits.
pub trait Site: Clone + Send + Sync + 'static {
    /// Its engine.
    fn engine(&self) -> &Engine;
}

/// How a queue is made.
pub struct QueueSettings {
    /// Whether it has a descriptor to poll.
    pub pollable: bool,
    /// How often ids are read where the store cannot push.
    pub interval: Duration,
    /// Called, on any thread and without locks, whenever the queue stops being empty.
    pub listener: Option<Box<dyn Fn() + Send + Sync>>,
}

/// One wait to begin.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// By which it is removed; several may share one.
    pub key: u64,
    /// The task.
    pub id: Id,
    /// Handed back with each event.
    pub payload: T,
}

/// What was taken from a queue.
#[derive(Clone, Debug)]
pub struct Taken<S, T> {
    /// As it was added.
    pub key: u64,
    /// The task; `None` for what was held.
    pub id: Option<Id>,
    /// Where it was waited for; `None` for what was held. A count of the queue's own: that of the app
    /// itself lies beside what those who store look at all the time.
    pub site: Option<Arc<S>>,
    /// As it was added.
    pub payload: T,
    /// What happened.
    pub event: Event,
}

/// Names an item that somebody else completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held(u64);

/// How the items of a queue stand that have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// How many there are.
    pub items: usize,
    /// How many of them have not been looked at since they were added.
    pub unseen: usize,
}

/// The queue. All methods may be called from any thread at once. Dropping it ends its waits.
pub struct Queue<S: Site, T: Clone + Send + Sync + 'static> {
    core: Arc<Core<S, T>>,
}

impl<S: Site, T: Clone + Send + Sync + 'static> Queue<S, T> {
    /// An empty queue. Fails with `Limit` where it is to have a descriptor and the process has none
    /// left.
    pub fn new(settings: QueueSettings) -> Result<Self> {
        let descriptor = settings.pollable.then(EventFd::new).transpose().map_err(|error| {
            Error::new(Status::Limit, format!("a queue needs a file descriptor: {error}"))
        })?;
        Ok(Self { core: Arc::new(Core::new(settings, descriptor)) })
    }

    /// Waits for each of the ids from now on: all of them, or none where it fails, and then no event
    /// of any of them can be taken. Does no waiting itself. An id that has finished already queues
    /// its event at once.
    ///
    /// Fails with `Closed`, `Forked`, and with `Limit` beyond the option `max_subscriptions`.
    pub fn add(&self, site: &S, items: Vec<Item<T>>) -> Result<()> {
        self.add_together(vec![(site.clone(), items)]).map_err(|(_, error)| error)
    }

    /// [`Self::add`] at several sites: everything, or nothing where it fails at one of them, which the
    /// error's number names. It is the first in the order given that fails.
    pub fn add_together(&self, parts: Vec<(S, Vec<Item<T>>)>) -> std::result::Result<(), (usize, Error)> {
        let waiter = self.waiter();
        let mut end = self.check_process().map_err(|error| (0, error));
        let mut begun = Vec::with_capacity(parts.len());
        for (part, (site, items)) in parts.into_iter().enumerate() {
            if end.is_err() {
                break;
            }
            let mut waits = Vec::with_capacity(items.len());
            end = self.begin(&site, items, &mut waits, &waiter).map_err(|error| (part, error));
            begun.push((site, waits));
        }
        for (site, waits) in begun {
            if end.is_ok() {
                self.show(&waits);
            } else {
                self.forget(&site, &waits, &waiter);
            }
        }
        end
    }

    /// Adds what [`Self::complete`] completes.
    pub fn hold(&self, key: u64, payload: T) -> Result<Held> {
        self.check_process()?;
        self.core.with(|state| state.insert(None, key, payload)).map(Held)
    }

    /// Queues an event for what is held; nothing where it was removed or has ended.
    pub fn complete(&self, held: Held, event: &Event) {
        if !self.core.is_forked() {
            self.core.notify(held.0, event);
        }
    }

    /// Ends all waits under this key, and drops their events that were not taken: none comes after
    /// this. Gives the number of items. What another thread is adding stays where it is.
    pub fn remove(&self, key: u64) -> usize {
        if self.core.is_forked() {
            return 0;
        }
        let (mut removed, before) = (0_usize, self.core.with(|state| state.now()));
        loop {
            let (count, ended) = self.core.with(|state| state.remove(key, before, SLICE));
            self.end_waits(ended);
            removed = removed.saturating_add(count);
            if count < SLICE {
                return removed;
            }
        }
    }

    /// Reports intermediate states too from now on: of those of one id that were not taken, the
    /// newest so many; 0 reports none.
    pub fn report_progress(&self, history: usize) {
        if !self.core.is_forked() {
            self.core.report(Report { history, only_messages: false });
        }
    }

    /// Reports each intermediate state that is pushed from now on, or read after a gap, also where it
    /// is the one found before; of those of one id that were not taken, the newest so many.
    pub fn report_messages(&self, history: usize) {
        if !self.core.is_forked() {
            self.core.report(Report { history, only_messages: true });
        }
    }

    /// Takes the oldest events, at most so many, without waiting.
    pub fn take(&self, max: usize) -> Vec<Taken<S, T>> {
        if self.core.is_forked() { Vec::new() } else { self.take_more(Vec::new(), max) }
    }

    /// Makes one [`Self::next`] return with `Wakeup`: one that is blocked, or else the next one.
    pub fn wake(&self) {
        if !self.core.is_forked() {
            let outcome = self.core.with(State::wake);
            self.core.carry_out(outcome);
        }
    }

    /// How many events can be taken.
    pub fn len(&self) -> usize {
        if self.core.is_forked() { 0 } else { self.core.with(|state| state.len()) }
    }

    /// Whether no event can be taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has not ended.
    pub fn pending(&self) -> Pending {
        if self.core.is_forked() { Pending::default() } else { self.core.with(|state| state.pending()) }
    }

    /// The key of an item whose latest look found no record.
    pub fn first_absent(&self) -> Option<u64> {
        if self.core.is_forked() { None } else { self.core.with(|state| state.first_absent()) }
    }

    /// From now on it is of no matter that there is no record of the oldest item under this key.
    pub fn excuse(&self, key: u64) {
        if !self.core.is_forked() {
            self.core.with(|state| state.excuse(key));
        }
    }

    /// Has [`Self::next`] return with `Wakeup` from now on also when an item is found to have no
    /// record, and when all have been looked at.
    pub fn heed_looks(&self) {
        if !self.core.is_forked() {
            self.core.with(State::heed_looks);
        }
    }

    /// Has at most so many of the pending ids read once more, in case a message was lost.
    pub fn read_again(&self, most: usize) {
        if self.core.is_forked() {
            return;
        }
        for (site, waits) in self.core.with(|state| state.waits(most)) {
            let ids: Vec<_> = waits.into_iter().map(|(id, _)| id).collect();
            site.engine().read_again(&ids);
        }
    }

    /// The descriptor, readable exactly while there are events to take. The queue's own: it must
    /// not be read, written or closed by others. `None` where it has none, and in a forked child.
    pub fn fd(&self) -> Option<RawFd> {
        if self.core.is_forked() { None } else { self.core.with(|state| state.poll().map(EventFd::fd)) }
    }

    /// Whether the calling process is not the one that made the queue.
    pub fn is_forked(&self) -> bool {
        self.core.is_forked()
    }

    /// Begins waits of which nobody hears before [`Self::show`].
    fn begin(
        &self,
        site: &S,
        items: Vec<Item<T>>,
        waits: &mut Vec<(Id, u64)>,
        waiter: &Arc<dyn Waiter>,
    ) -> Result<()> {
        site.engine().check_process()?;
        let mut items = items.into_iter();
        while self.core.with(|state| insert_slice(state, site, &mut items, waits))? {}
        site.engine().watch_many(waits, waiter)
    }

    fn show(&self, waits: &[(Id, u64)]) {
        for slice in waits.chunks(SLICE) {
            let outcome = self.core.with(|state| state.show(slice));
            self.core.carry_out(outcome);
        }
    }

    fn forget(&self, site: &S, waits: &[(Id, u64)], waiter: &Arc<dyn Waiter>) {
        for slice in waits.chunks(SLICE) {
            self.core.with(|state| {
                for (_, token) in slice {
                    state.forget(*token, &mut Vec::new());
                }
            });
        }
        site.engine().unwatch_many(waits, waiter);
    }

    fn check_process(&self) -> Result<()> {
        if self.core.is_forked() {
            return Err(Error::new(
                Status::Forked,
                "the queue was made before fork(); in the child process, make another one",
            ));
        }
        Ok(())
    }

    /// Up to `max` with those that were taken already. In slices, so that whoever has more to tell
    /// is not held up.
    fn take_more(&self, mut taken: Vec<Taken<S, T>>, max: usize) -> Vec<Taken<S, T>> {
        while taken.len() < max {
            let most = max.saturating_sub(taken.len()).min(SLICE);
            let more = self.core.with(|state| state.take(most));
            let was_all = more.len() < most;
            taken.extend(more);
            if was_all {
                break;
            }
        }
        taken
    }

    fn waiter(&self) -> Arc<dyn Waiter> {
        Arc::<Core<S, T>>::clone(&self.core)
    }

    fn end_waits(&self, ended: Ended<S>) {
        for (site, waits) in ended {
            site.engine().unwatch_many(&waits, &self.waiter());
        }
    }
}

/// Keeps a slice of what is to be waited for; false when that was all.
fn insert_slice<S: Site, T: Clone>(
    state: &mut State<S, T>,
    site: &S,
    items: &mut std::vec::IntoIter<Item<T>>,
    waits: &mut Vec<(Id, u64)>,
) -> Result<bool> {
    let slice = items.by_ref().take(SLICE);
    let mut number = None;
    for item in slice {
        let number = match number {
            Some(number) => number,
            None => *number.insert(state.site(site)?),
        };
        let Item { key, id, payload } = item;
        let token = state.insert(Some((number, id.clone())), key, payload)?;
        waits.push((id, token));
    }
    Ok(!items.as_slice().is_empty())
}

impl<S: Site, T: Clone + Send + Sync + 'static> Drop for Queue<S, T> {
    #[allow(clippy::mem_forget)]
    fn drop(&mut self) {
        if self.core.is_forked() {
            // The lock may be held by a thread that does not exist in a forked child.
            std::mem::forget(Arc::clone(&self.core));
            return;
        }
        let state = self.core.with(State::retire);
        self.end_waits(state.waits(usize::MAX));
    }
}
