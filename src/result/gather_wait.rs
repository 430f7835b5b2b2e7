//! A thread that waits for a gather: one budget from the beginning to the end, one look where it is
//! zero, and the functions that run on the waiting thread. Waiting for one result is in
//! [`crate::engine::WaitRequest`], and the same in all of that; what is made of the ends is for the
//! callers.

use super::{GetOptions, ResultSet, gather::Gather, get::SHORTEST_INTERVAL, member_tree::Step, message};
use crate::{
    app::App,
    engine::{Event, Taken},
    model::{Error, Result, Status},
    sys::{Cancel, Deadline},
};
use std::time::{Duration, Instant};

/// How many events are taken in one go.
const EVENTS: usize = 4096;

/// How many members are added before those are begun with.
const TOGETHER: usize = 1024;

/// How many tasks are read once more at most before a wait gives up.
const LAST_LOOKS: usize = 2000;

/// The wait.
pub(super) struct GatherWait {
    pub(super) gather: Gather,
    pub(super) options: GetOptions,
    pub(super) clock: Clock,
    pub(super) looked: Looked,
}

/// When what is to be done.
pub(super) struct Clock {
    pub(super) deadline: Deadline,
    /// When one look has to have ended; known once the first one was begun.
    pub(super) look: Option<Deadline>,
    pub(super) absent: Deadline,
    last_look: Deadline,
    interval: Deadline,
    /// Whether what had come by the deadline was taken.
    closing: bool,
    /// Whether somebody waits until everything was looked at.
    awaits_looks: bool,
}

/// What the one look of a budget of zero found.
#[derive(Default)]
pub(super) struct Looked {
    /// Whether it was taken.
    pub(super) taken: bool,
    /// A task without a record.
    pub(super) absent: Option<usize>,
    /// Whether a task could not be looked at.
    pub(super) unreached: bool,
}

impl GatherWait {
    /// A wait for nothing so far. The budget counts from `begun`.
    pub(super) fn new(options: GetOptions, begun: Instant) -> Result<Self> {
        let gather = Gather::new(options.interval.max(SHORTEST_INTERVAL), None)?;
        let after = |timeout: Option<Duration>| {
            timeout.and_then(|timeout| begun.checked_add(timeout)).map_or(Deadline::NEVER, Deadline::at)
        };
        let clock = Clock {
            deadline: after(options.timeout),
            look: None,
            absent: after(options.absent_timeout),
            last_look: Deadline::NEVER,
            interval: next_interval(&options),
            closing: false,
            awaits_looks: false,
        };
        Ok(Self { gather, options, clock, looked: Looked::default() })
    }

    /// A wait for the members of a set.
    pub(super) fn for_set(set: &ResultSet, options: GetOptions, begun: Instant) -> Result<Self> {
        set.check_process()?;
        let mut wait = Self::new(options, begun)?;
        if wait.options.on_message.is_some() {
            wait.gather.queue().report_messages(set.app().engine().max_queued_messages());
        }
        let members = wait.gather.observe(set);
        wait.gather.tree.reserve(members.len());
        for members in members.chunks(TOGETHER) {
            for member in members {
                wait.gather.add(member);
            }
            // The store is at work while the rest is added. What fails here fails again where it is told.
            if members.len() == TOGETHER && !wait.is_one_look() {
                let _ = wait.begin_fresh();
            }
        }
        Ok(wait)
    }

    /// What ends next; `None` when every member has ended.
    ///
    /// Fails as a wait for one result; at the deadline with how many are missing, and the first.
    pub(super) fn next(&mut self) -> Result<Option<Step>> {
        loop {
            if let Some(step) = self.next_known() {
                return Ok(Some(step));
            }
            if self.gather.tree.is_complete() {
                return Ok(None);
            }
            self.advance()?;
        }
    }

    /// What has ended, as far as that is known.
    pub(super) fn next_known(&mut self) -> Option<Step> {
        self.gather.catch_up();
        self.gather.next_step()
    }

    /// Waits until something may have changed.
    pub(super) fn advance(&mut self) -> Result<()> {
        if self.looked.taken {
            // What was added since is for the next one.
            return Err(self.too_late());
        }
        if self.begin_fresh()? {
            if self.is_one_look() || self.gather.tree.has_steps() {
                return Ok(());
            }
        } else if self.is_one_look() {
            return Err(self.too_late());
        }
        // Also where something was begun: a set may grow without a pause.
        if self.clock.deadline.has_passed() {
            return self.close();
        }
        if self.clock.absent.has_passed() {
            // What is looked at later counts as well.
            self.gather.queue().heed_looks();
            if let Some(leaf) = self.gather.first_absent() {
                return Err(self.absent(leaf));
            }
        }
        if self.clock.last_look.has_passed() {
            self.clock.last_look = Deadline::NEVER;
            self.gather.queue().read_again(LAST_LOOKS);
            return Ok(());
        }
        if self.clock.interval.has_passed() {
            if let Some(on_interval) = &self.options.on_interval {
                on_interval();
            }
            self.clock.interval = next_interval(&self.options);
            return Ok(());
        }
        if self.gather.take_surveyed(true) {
            return self.check_cancel();
        }
        let clock = &self.clock;
        let Clock { deadline, absent, last_look, interval, .. } = *clock;
        let absent = if absent.has_passed() { Deadline::NEVER } else { absent };
        let look = clock.look.filter(|look| clock.awaits_looks && !look.has_passed());
        let until = deadline.min(absent).min(last_look).min(interval).min(look.unwrap_or(Deadline::NEVER));
        match self.gather.queue().next(EVENTS, until, self.options.cancel.as_ref()) {
            Ok(events) => self.learn(events),
            Err(error) if error.status() == Status::Timeout => {}
            // It goes before events and the token, and may come again and again.
            Err(error) if error.status() == Status::Wakeup => {
                let events = self.gather.queue().take(EVENTS);
                if events.is_empty() {
                    self.check_cancel()?;
                }
                self.learn(events);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn check_cancel(&self) -> Result<()> {
        if self.options.cancel.as_ref().is_some_and(Cancel::is_triggered) {
            return Err(Error::new(Status::Cancelled, "the wait was cancelled through its token"));
        }
        Ok(())
    }

    /// Has [`Self::advance`] come back also when everything has been looked at.
    pub(super) fn await_looks(&mut self) {
        self.clock.awaits_looks = true;
        self.gather.queue().heed_looks();
    }

    pub(super) fn is_one_look(&self) -> bool {
        self.options.timeout.is_some_and(|timeout| timeout.is_zero())
    }

    /// Begins what has not been begun; false where that is nothing.
    fn begin_fresh(&mut self) -> Result<bool> {
        let fresh = self.gather.unwatched();
        if fresh.is_empty() {
            return Ok(false);
        }
        if let Err(error) = self.begin(&fresh) {
            // Whoever goes on elsewhere begins there.
            self.gather.leave_unwatched(&fresh);
            return Err(error);
        }
        Ok(true)
    }

    /// Begins to watch, or takes the one look.
    fn begin(&mut self, fresh: &[(App, Vec<usize>)]) -> Result<()> {
        for (app, _) in fresh {
            let engine = app.engine();
            engine.check_may_block()?;
            self.clock.look.get_or_insert_with(|| engine.operation_deadline());
            let last_look = engine.last_look(self.options.timeout, self.clock.deadline);
            self.clock.last_look = self.clock.last_look.min(last_look);
        }
        if self.is_one_look() {
            self.look(fresh.iter().flat_map(|(_, leaves)| leaves).copied())?;
            self.looked.taken = true;
            return Ok(());
        }
        for (app, leaves) in fresh {
            self.gather.survey_or_watch(app, leaves);
        }
        Ok(())
    }

    /// The deadline has passed: what had come by then counts.
    fn close(&mut self) -> Result<()> {
        let there = self.gather.queue().len();
        let mut surveyed = false;
        while !self.clock.closing && self.gather.take_surveyed(false) {
            surveyed = true;
        }
        if (there == 0 && !surveyed) || std::mem::replace(&mut self.clock.closing, true) {
            self.clock.closing = false;
            return Err(self.too_late());
        }
        let events = self.gather.queue().take(there);
        self.learn(events);
        Ok(())
    }

    fn learn(&mut self, events: Vec<Taken<App, ()>>) {
        for taken in &events {
            self.pass_on(taken);
        }
        self.gather.learn(events);
    }

    /// Hands a record that was pushed to `on_message`.
    fn pass_on(&self, taken: &Taken<App, ()>) {
        let (Event::Ready { record, how } | Event::Unfinished { record: Some(record), how }) = &taken.event
        else {
            return;
        };
        let (Some(on_message), Some(app), true) = (&self.options.on_message, &taken.site, how.is_news())
        else {
            return;
        };
        let id = taken.id.as_deref().unwrap_or_default();
        if let Some(meta) = message::decode(app, id, record.clone()) {
            on_message(&meta);
        }
    }
}

fn next_interval(options: &GetOptions) -> Deadline {
    let interval = options.interval.max(SHORTEST_INTERVAL);
    options.on_interval.as_ref().map_or(Deadline::NEVER, |_| Deadline::after(Some(interval)))
}
