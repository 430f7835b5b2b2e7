//! Waiting for the members of a set: `wait`, `get` and `join_native`, which take them as they
//! finish. Taking them in their order is in [`super::join_in_order`], one by one in
//! [`super::iter_native`].

use super::{
    GetOptions, IterNative, Outcome, ResultSet,
    background::Background,
    gather_wait::GatherWait,
    join,
    member_outcomes::{Failures, is_failure, null},
    member_tree::Step,
};
use crate::{model::Result, sys::Cancel};
use std::time::{Duration, Instant};

impl ResultSet {
    /// Waits until every member has finished, whatever the outcomes; also those that are added
    /// meanwhile, not those that are removed. `None` waits for ever, zero is one look: one batched
    /// read. Results that are ignored have finished.
    ///
    /// Fails with `Timeout` or `Unreachable`, `Cancelled`, `Closed`, `Forked`, `Recursive`, and with
    /// `Decode` or `TooLarge` where a state cannot be read; the error names member and task.
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        let options = GetOptions { timeout, cancel: cancel.cloned(), ..GetOptions::default() };
        let mut wait = GatherWait::for_set(self, options, Instant::now())?;
        while let Some(step) = wait.next()? {
            if let Step::Leaf(leaf) = step
                && let Some(error) = wait.gather.trouble(leaf)
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Waits and gives the values (`ResultSet.get`): [`Self::join_native`] on every store.
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        self.join_native(options)
    }

    /// Waits and gives the array of the members' values in their order (`ResultSet.join_native`): of
    /// a nested set an array too, null where the result is ignored, `[]` where there is no member.
    /// Equal members each have their place. What is added meanwhile is part of it, what is removed
    /// is not. `timeout` is one budget for all.
    ///
    /// With a `callback`, calls it with each member's id and value as they finish (the empty text
    /// for a set, which has no id), and gives null, as Celery does.
    ///
    /// With `propagate`, fails with `TaskFailed` or `TaskRevoked` and the exception, id and member of
    /// the first task that has failed, in the order in which they finished; those that had before
    /// in the order of the members. It does so at once, or with `fail_fast` off when all have
    /// finished. Otherwise fails with `JoinDenied` under [`super::join_deny`], with `NotFound` after
    /// `absent_timeout`, with `Decode` where a value cannot be read, and as [`Self::wait`].
    pub fn join_native(&self, options: &GetOptions) -> Result<Outcome> {
        let begun = Instant::now();
        join::check_allowed(options)?;
        let mut wait = GatherWait::for_set(self, options.clone(), begun)?;
        let mut failures = Failures::default();
        while let Some(step) = wait.next()? {
            match step {
                Step::Leaf(leaf) => {
                    if let Some(error) = failures.note(&wait, leaf)
                        && (options.fail_fast || !is_failure(error))
                    {
                        return Err(error.clone());
                    }
                }
                Step::Top(position) if failures.of(position).is_none() => wait.call_back(position)?,
                Step::Top(_) => {}
            }
        }
        if let Some(error) = failures.first() {
            return Err(error.clone());
        }
        if options.callback.is_some() { Ok(null()) } else { wait.outcomes() }
    }

    /// The members as they finish (`ResultSet.iter_native`), one by one; see [`IterNative::next`].
    /// Does no I/O and subscribes to nothing until then. Of the options the timeout and the cancel
    /// token count, `interval`, `absent_timeout`, `on_interval` and `on_message`.
    pub fn iter_native(&self, options: &GetOptions) -> Result<IterNative> {
        Ok(IterNative::new(self, options))
    }

    /// Calls `callback` once, on the callback thread of the set's app (`ResultSet.then`): when every
    /// member has finished, however it ended, or with the error that ended the wait for one of them,
    /// or with `Closed` when the set's own app is closed before, whatever the apps of its members.
    /// Nobody has to wait or poll for that to happen. What is added until then is waited for too.
    ///
    /// The registration holds its own references. Fails with `Closed`, `Forked` or `Limit`; the
    /// callback is then dropped uncalled.
    pub fn then(&self, callback: impl FnOnce(&Self, Result<()>) + Send + 'static) -> Result<()> {
        self.app().start_callbacks()?;
        let set = self.clone();
        Background::detach(self, move |mut gather, end| {
            let app = set.app().clone();
            app.run_callback(move || {
                // Large records are the callback thread's work, not the storing thread's.
                gather.decode_all();
                drop(gather);
                callback(&set, end);
            });
        })
    }
}
