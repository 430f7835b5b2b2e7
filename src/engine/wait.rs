//! A blocking wait for one id: one deadline from entry to return, whatever happens to the link
//! meanwhile.

use super::{
    Engine, Waiter,
    slot::{Learned, OtherWaiter, Slot},
};
use crate::{
    backend::Wakes,
    model::{Error, Id, Result, Status, Stored},
    sys::{Cancel, Deadline, ParkEnd, ParkingGuard},
};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

/// How long before its deadline a wait that heard nothing reads once more.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// What runs on the waiting thread while it waits.
pub trait Hooks {
    /// Whether [`Self::message`] is of use.
    fn wants_messages(&self) -> bool;
    /// Whether [`Self::interval`] is of use.
    fn wants_intervals(&self) -> bool;
    /// A record was pushed, intermediate or final.
    fn message(&mut self, record: Stored);
    /// An interval has passed.
    fn interval(&mut self);
    /// One of [`WaitRequest::others`] has finished.
    fn other_ready(&mut self, index: usize, record: Stored);
    /// Every other id has been looked at, and those that have finished were reported: an error
    /// ends the wait. Called again whenever another one finishes.
    fn others_looked_at(&mut self) -> Result<()>;
}

/// Nothing runs while waiting.
pub struct NoHooks;

impl Hooks for NoHooks {
    fn wants_messages(&self) -> bool {
        false
    }
    fn wants_intervals(&self) -> bool {
        false
    }
    fn message(&mut self, _: Stored) {}
    fn interval(&mut self) {}
    fn other_ready(&mut self, _: usize, _: Stored) {}
    fn others_looked_at(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What to wait for, and until when.
#[derive(Clone, Copy, Debug)]
pub struct WaitRequest<'a> {
    /// The task.
    pub id: &'a Id,
    /// Its finished record, where that is known: then only the others are looked at, for no longer
    /// than the option `operation_timeout_ms`.
    pub known: Option<&'a Stored>,
    /// Other tasks whose end matters too; each is looked at before the wait ends well.
    pub others: &'a [Id],
    /// `None` waits for ever, zero is one look (bounded by `operation_timeout_ms`).
    pub timeout: Option<Duration>,
    /// When the call began: the deadline counts from here.
    pub begun: Instant,
    /// Stops the wait.
    pub cancel: Option<&'a Cancel>,
    /// How often [`Hooks::interval`] runs, and how often a store that cannot push is read.
    pub interval: Duration,
    /// Give up when there is no record by then.
    pub absent_timeout: Option<Duration>,
}

impl WaitRequest<'_> {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(Cancel::is_triggered)
    }

    fn is_one_look(&self) -> bool {
        self.timeout.is_some_and(|timeout| timeout.is_zero())
    }

    fn after_begin(&self, timeout: Option<Duration>) -> Deadline {
        timeout.and_then(|timeout| self.begun.checked_add(timeout)).map_or(Deadline::NEVER, Deadline::at)
    }
}

impl Engine {
    /// Waits until the record is in a READY state and returns it.
    ///
    /// Fails with `Timeout` (the store was read, the task has not finished), `Unreachable` (it
    /// was not), `NotFound` (no record by `absent_timeout`), `Cancelled`, `Closed`, `Forked`,
    /// `Recursive` on a thread of the library, and with what makes this id unreadable.
    pub fn wait(&self, request: &WaitRequest<'_>, hooks: &mut dyn Hooks) -> Result<Stored> {
        let shared = &self.shared;
        self.check_may_block()?;
        let settings = &shared.settings;
        let slot = Arc::new(Slot::new(
            request.cancel,
            hooks.wants_messages(),
            // At its deadline every wait asks whether the store was looked at; these act on it before.
            request.is_one_look() || request.absent_timeout.is_some(),
            settings.max_queued_messages,
            request.interval,
            request.others.len(),
        )?);
        let mut leaving = Leaving { engine: self, watched: Vec::with_capacity(request.others.len()) };
        for (index, id) in request.others.iter().enumerate() {
            leaving.watch(
                id,
                Arc::new(OtherWaiter { slot: Arc::clone(&slot), index, seen: AtomicBool::new(false) }),
            )?;
        }
        match request.known {
            Some(record) => slot.parking.lock().end = Some(Ok(record.clone())),
            None => leaving.watch(request.id, slot.clone())?,
        }
        let end = self.wait_in(&slot, request, hooks);
        end.map_err(|error| error.with_task_id(request.id))
    }

    fn wait_in(&self, slot: &Slot, request: &WaitRequest<'_>, hooks: &mut dyn Hooks) -> Result<Stored> {
        let settings = &self.shared.settings;
        let one_look = request.is_one_look();
        let look = request.after_begin(Some(settings.operation_timeout));
        let deadline = match request.known {
            _ if one_look => look,
            Some(_) => look.min(request.after_begin(request.timeout)),
            None => request.after_begin(request.timeout),
        };
        let absent = request.after_begin(request.absent_timeout);
        let mut last_look = self.last_look(request.timeout, deadline);
        let mut interval = next_interval(request, hooks);
        let mut learned = slot.parking.lock();
        let mut judge_others = !request.others.is_empty();
        loop {
            if let Some(other) = learned.others.pop_front() {
                drop(learned);
                hooks.other_ready(other.index, other.record);
                judge_others = true;
                learned = self.resume(slot)?;
                continue;
            }
            let others_known = learned.others_unseen == 0;
            if others_known && std::mem::take(&mut judge_others) {
                drop(learned);
                hooks.others_looked_at()?;
                learned = self.resume(slot)?;
                continue;
            }
            // A final record that was pushed is the last message, so messages come before the end.
            // One that is not in sight must not be put off by messages that come without a pause.
            let hands_on = match &learned.end {
                Some(end) => end.is_ok(),
                None => learned.news.is_empty() || !(deadline.has_passed() || request.is_cancelled()),
            };
            if hands_on && let Some(record) = learned.news.pop_front() {
                drop(learned);
                hooks.message(record);
                learned = self.resume(slot)?;
                continue;
            }
            // What has ended well counts at the deadline, even where another id is still unknown.
            if (others_known || deadline.has_passed() || matches!(learned.end, Some(Err(_))))
                && let Some(end) = learned.end.take()
            {
                return end;
            }
            if learned.absent && absent.has_passed() {
                return Err(Error::new(Status::NotFound, "there is no record of this task"));
            }
            if deadline.has_passed() || (one_look && learned.looked && others_known) {
                return Err(self.too_late(&learned));
            }
            if last_look.has_passed() {
                last_look = Deadline::NEVER;
                drop(learned);
                self.read_again(std::slice::from_ref(request.id));
                learned = slot.parking.lock();
                continue;
            }
            if interval.has_passed() {
                drop(learned);
                hooks.interval();
                interval = next_interval(request, hooks);
                learned = self.resume(slot)?;
                continue;
            }
            let waits_for_absence = if learned.absent { absent } else { Deadline::NEVER };
            let until = deadline.min(last_look).min(interval).min(waits_for_absence);
            let (again, end) = slot.parking.park(learned, until, request.cancel);
            learned = again;
            if end == ParkEnd::Cancelled && (learned.end.is_none() || !others_known) {
                return Err(Error::new(Status::Cancelled, "the wait was cancelled through its token"));
            }
        }
    }

    /// After a hook, which may have forked: a child has nobody who would wake it.
    fn resume<'a>(&self, slot: &'a Slot) -> Result<ParkingGuard<'a, Learned>> {
        self.check_process()?;
        Ok(slot.parking.lock())
    }

    /// When a wait of this length reads once more, in case a PUBLISH was lost and the sweep would come
    /// too late.
    pub fn last_look(&self, timeout: Option<Duration>, deadline: Deadline) -> Deadline {
        let Some(timeout) = timeout else { return Deadline::NEVER };
        if self.shared.settings.reread_interval.is_none() || self.shared.wakes(Wakes::Direct) {
            return Deadline::NEVER;
        }
        let early = (timeout / 4).min(LAST_LOOK);
        let at = deadline.instant().and_then(|at| at.checked_sub(early));
        at.filter(|_| !early.is_zero()).map_or(Deadline::NEVER, Deadline::at)
    }

    /// What keeps the store from being read, as far as that is known.
    pub fn trouble(&self) -> Option<Error> {
        self.shared.registry.lock().trouble()
    }

    /// The error of a wait at whose deadline `what` had not been read.
    pub fn unreachable(&self, what: &str) -> Error {
        let trouble = self.trouble();
        let trouble = trouble.as_ref().map_or("no answer yet", |error| error.message());
        let uri = self.traits().map_or("", |traits| &traits.uri);
        Error::new(Status::Unreachable, format!("{uri}: {what} could not be read in time: {trouble}"))
    }

    fn too_late(&self, learned: &Learned) -> Error {
        if learned.looked {
            return Error::new(Status::Timeout, "the task has not finished in time");
        }
        self.unreachable("the record")
    }
}

fn next_interval(request: &WaitRequest<'_>, hooks: &dyn Hooks) -> Deadline {
    if hooks.wants_intervals() { Deadline::after(Some(request.interval)) } else { Deadline::NEVER }
}

/// However the wait ends, also by a panic in a hook, its ids are released.
struct Leaving<'a> {
    engine: &'a Engine,
    watched: Vec<(Id, Arc<dyn Waiter>)>,
}

impl Leaving<'_> {
    fn watch(&mut self, id: &Id, waiter: Arc<dyn Waiter>) -> Result<()> {
        self.engine.watch(id, Arc::clone(&waiter), 0)?;
        self.watched.push((id.clone(), waiter));
        Ok(())
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        for (id, waiter) in &self.watched {
            self.engine.unwatch(id, waiter, 0);
        }
    }
}
