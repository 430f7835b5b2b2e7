//! The lock around a queue's state, and what is done once it is released: whoever is blocked is
//! woken, the listener is called, and what was removed is dropped.

use super::{
    QueueSettings, Site,
    events::Report,
    state::{Outcome, Parked, State},
};
use crate::{
    engine::{Event, How, Told, Waiter},
    sys::{EventFd, Mutex, fork::Generation},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// What the engines tell, and what the handle asks.
pub(super) struct Core<S, T> {
    state: Mutex<State<S, T>>,
    interval: Duration,
    listener: Option<Box<dyn Fn() + Send + Sync>>,
    /// Whether states that were pushed are reported, and whether those that were read are.
    reports: [AtomicBool; 2],
    pub(super) born: Generation,
}

impl<S: Site, T: Clone + Send + Sync> Core<S, T> {
    pub(super) fn new(settings: QueueSettings, descriptor: Option<EventFd>) -> Self {
        let QueueSettings { interval, listener, .. } = settings;
        Self {
            state: Mutex::new(State::new(descriptor)),
            interval,
            listener,
            reports: Default::default(),
            born: Generation::now(),
        }
    }

    pub(super) fn is_forked(&self) -> bool {
        !self.born.is_current()
    }

    /// Works on the state, and drops what that removed after the lock.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut State<S, T>) -> R) -> R {
        let mut state = self.state.lock();
        let result = work(&mut state);
        let gone = state.take_gone();
        drop(state);
        drop(gone);
        result
    }

    #[cfg(test)]
    pub(super) fn lock(&self) -> crate::sys::MutexGuard<'_, State<S, T>> {
        self.state.lock()
    }

    /// Has intermediate states reported.
    pub(super) fn report(&self, report: Report) {
        let [pushed, read] = &self.reports;
        // Before the first of them can be told.
        pushed.store(report.history > 0, Ordering::Relaxed);
        read.store(report.history > 0 && !report.only_messages, Ordering::Relaxed);
        self.with(|state| state.report(report));
    }

    pub(super) fn carry_out(&self, outcome: Outcome) {
        wake(outcome.wake);
        if outcome.was_empty
            && let Some(listener) = &self.listener
        {
            listener();
        }
    }
}

pub(super) fn wake(parked: Option<Parked>) {
    if let Some(parked) = parked {
        *parked.lock() = true;
        parked.wake();
    }
}

impl<S: Site, T: Clone + Send + Sync> Waiter for Core<S, T> {
    fn notify(&self, token: u64, event: &Event) {
        let outcome = self.with(|state| state.hear([(token, event)]));
        self.carry_out(outcome);
    }

    fn notify_all(&self, told: &[Told]) {
        let outcome = self.with(|state| state.hear(told.iter().map(|told| (told.token, &told.event))));
        self.carry_out(outcome);
    }

    fn poll_interval(&self) -> Duration {
        self.interval
    }

    fn hears(&self, how: How) -> bool {
        let [pushed, read] = &self.reports;
        if how.is_news() { pushed } else { read }.load(Ordering::Relaxed)
    }
}
