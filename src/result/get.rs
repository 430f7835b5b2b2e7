//! `get`, `wait` and `maybe_throw`: from a record to a value, or to the exception that its task
//! ended with.

use super::{AsyncResult, GetOptions, Outcome, ancestors, join, message};
use crate::{
    engine::{Hooks, NoHooks, WaitRequest},
    model::{Error, Id, Result, State, Status, Stored, TaskMeta},
    sys::Cancel,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Shorter intervals would keep a thread, or a server, busy with nothing.
pub(super) const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

impl AsyncResult {
    /// Waits until the task has finished, whatever the outcome. `None` waits for ever, zero is
    /// one look. A result that is ignored has finished for whoever waits.
    ///
    /// Fails with `Timeout`, `Unreachable`, `Cancelled`, `Closed`, `Forked`, `Recursive`, and with
    /// `Decode` or `TooLarge` where the state cannot be read.
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        if self.is_ignored() || self.cache().state().is_some() {
            return Ok(());
        }
        let begun = Instant::now();
        let defaults = GetOptions { timeout, cancel: cancel.cloned(), ..GetOptions::default() };
        let record = self.app().engine().wait(&request(self.id(), &defaults, begun), &mut NoHooks)?;
        // Whoever waits only for the end is not told that the value cannot be read.
        let _ = self.decode(record);
        Ok(())
    }

    /// Waits and gives the value (`AsyncResult.get`): see [`GetOptions`] for every argument.
    ///
    /// Fails with `TaskFailed` or `TaskRevoked` and the remote exception when the task, or with
    /// `follow_parents` one before it, ended so and `propagate` is on; with `JoinDenied` under
    /// [`super::join_deny`]; otherwise as [`Self::wait`], with `NotFound` after `absent_timeout`,
    /// and with `Decode` where the value cannot be read.
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        let begun = Instant::now();
        if self.is_ignored() {
            return self.nothing();
        }
        join::check_allowed(options)?;
        let ancestors =
            if options.follow_parents && options.propagate { ancestors::flatten(self) } else { Vec::new() };
        check_ancestors(&ancestors, options)?;
        let unfinished: Vec<_> =
            ancestors.into_iter().filter(|ancestor| ancestor.cache().state().is_none()).collect();
        let cached = self.cache().finished()?;
        if let Some(meta) = &cached
            && unfinished.is_empty()
        {
            return self.resolve(meta, options);
        }
        let others: Vec<Id> = unfinished.iter().map(|ancestor| ancestor.id().clone()).collect();
        let known = cached.as_ref().map(|meta| meta.stored());
        let request = WaitRequest { known, others: &others, ..request(self.id(), options, begun) };
        let mut hooks = GetHooks { result: self, options, ancestors: &unfinished };
        let waited = self.app().engine().wait(&request, &mut hooks);
        let meta = match cached {
            // Ancestors that cannot be looked at decide nothing.
            Some(meta) => check_ancestors(&unfinished, options).map(|()| meta)?,
            None => self.decode(waited?)?,
        };
        self.resolve(&meta, options)
    }

    /// The value as far as there is one, without waiting (`AsyncResult.maybe_throw`): fails like
    /// [`Self::get`] where the task has failed and `propagate` is on, `None` where there is no
    /// record. One read at most.
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Option<Outcome>> {
        self.meta()?.meta.map(|meta| self.resolve(&meta, options)).transpose()
    }

    pub(super) fn resolve(&self, meta: &Arc<TaskMeta>, options: &GetOptions) -> Result<Outcome> {
        if let Some(failure) = self.failure_in(meta, options) {
            return Err(failure);
        }
        let outcome = self.outcome(meta, options)?;
        if let Some(callback) = &options.callback {
            callback(self.id(), &outcome.value);
        }
        Ok(outcome)
    }

    /// The value of a finished task, which is an exception where the task has failed.
    pub(super) fn outcome(&self, meta: &TaskMeta, options: &GetOptions) -> Result<Outcome> {
        let value = meta.value().map_err(|error| error.with_task_id(self.id()))?;
        let exception = if options.is_exception(meta.state()) { meta.exception() } else { None };
        Ok(Outcome { value, exception, members: None })
    }

    /// What makes `get` fail, where the task has failed and `propagate` is on.
    pub(super) fn failure_in(&self, meta: &TaskMeta, options: &GetOptions) -> Option<Error> {
        options.is_propagated(meta.state()).then(|| self.failure(meta))
    }

    fn failure(&self, meta: &TaskMeta) -> Error {
        let status = if *meta.state() == State::Revoked { Status::TaskRevoked } else { Status::TaskFailed };
        let error = match meta.exception() {
            Some(exception) => Error::task(status, exception),
            None => Error::new(status, format!("the task ended in state {}", meta.state())),
        };
        error.with_task_id(self.id())
    }
}

/// The first failure among ancestors that are known to have finished, root first.
pub(super) fn check_ancestors(ancestors: &[AsyncResult], options: &GetOptions) -> Result<()> {
    for ancestor in ancestors {
        if let Ok(Some(meta)) = ancestor.cache().finished()
            && options.is_propagated(meta.state())
        {
            return Err(ancestor.failure(&meta));
        }
    }
    Ok(())
}

fn request<'a>(id: &'a Id, options: &'a GetOptions, begun: Instant) -> WaitRequest<'a> {
    WaitRequest {
        id,
        known: None,
        others: &[],
        timeout: options.timeout,
        begun,
        cancel: options.cancel.as_ref(),
        interval: options.interval.max(SHORTEST_INTERVAL),
        absent_timeout: options.absent_timeout,
    }
}

/// The user's functions, and what becomes known about the ancestors.
struct GetHooks<'a> {
    result: &'a AsyncResult,
    options: &'a GetOptions,
    ancestors: &'a [AsyncResult],
}

impl Hooks for GetHooks<'_> {
    fn wants_messages(&self) -> bool {
        self.options.on_message.is_some()
    }

    fn wants_intervals(&self) -> bool {
        self.options.on_interval.is_some()
    }

    fn message(&mut self, record: Stored) {
        let Some(on_message) = &self.options.on_message else { return };
        if let Some(meta) = message::decode(self.result.app(), self.result.id(), record) {
            on_message(&meta);
        }
    }

    fn interval(&mut self) {
        if let Some(on_interval) = &self.options.on_interval {
            on_interval();
        }
    }

    fn other_ready(&mut self, index: usize, record: Stored) {
        if let Some(ancestor) = self.ancestors.get(index) {
            // An ancestor that cannot be read cannot be said to have failed.
            let _ = ancestor.decode(record);
        }
    }

    fn others_looked_at(&mut self) -> Result<()> {
        check_ancestors(self.ancestors, self.options)
    }
}
