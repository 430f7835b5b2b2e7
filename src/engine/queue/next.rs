//! Waiting for the next events of a queue. Any number of callers may be blocked; each event wakes
//! one of them, and whoever returns for another reason passes on what it was woken for.

use super::{Queue, Site, Taken, core::wake, state::Parked};
use crate::{
    engine::registry::SLICE,
    model::{Error, Result, Status},
    sys::{Cancel, Deadline, ParkEnd, Parking, ThreadRole, role},
};
use std::sync::Arc;

impl<S: Site, T: Clone + Send + Sync + 'static> Queue<S, T> {
    /// Waits for events and takes the oldest, at least one and at most `max`. What is there is
    /// given also when the deadline has passed or the token was triggered.
    ///
    /// Fails with `Timeout`, `Cancelled`, `Wakeup` after [`Self::wake`], `Forked`, with `Recursive`
    /// where it would block a thread of the library, with `InvalidArgument` where `max` is 0, and
    /// with `Limit` where a token needs a descriptor and there is none.
    pub fn next(&self, max: usize, deadline: Deadline, cancel: Option<&Cancel>) -> Result<Vec<Taken<S, T>>> {
        self.check_process()?;
        if max == 0 {
            return Err(Error::new(Status::InvalidArgument, "max is 0; at least one event is taken"));
        }
        cancel.map_or(Ok(()), Cancel::check_usable)?;
        let mut parked: Option<Parked> = None;
        loop {
            if let Some(found) = self.look(max, parked.as_ref()) {
                let is_slice = |taken: &Vec<_>| taken.len() >= SLICE;
                return found.map(|taken| if is_slice(&taken) { self.take_more(taken, max) } else { taken });
            }
            if cancel.is_some_and(Cancel::is_triggered) {
                return Err(Error::new(Status::Cancelled, "the wait was cancelled through its token"));
            }
            if deadline.has_passed() {
                return Err(Error::new(Status::Timeout, "the queue has had no event in time"));
            }
            if role() != ThreadRole::User {
                return Err(Error::new(Status::Recursive, "a blocking call on a thread of the library"));
            }
            let parked = match &parked {
                Some(parked) => parked,
                None => parked.insert(Arc::new(Parking::of_call(false, cancel)?)),
            };
            self.block(parked, deadline, cancel);
        }
    }

    /// What can be given at once. A caller that was blocked passes on what it does not take.
    fn look(&self, max: usize, parked: Option<&Parked>) -> Option<Result<Vec<Taken<S, T>>>> {
        let (found, next) = self.core.with(|state| {
            if let Some(parked) = parked {
                state.unpark(parked);
            }
            let found = if state.take_wake() {
                Some(Err(Error::new(Status::Wakeup, "the queue was woken")))
            } else {
                Some(state.take(max.min(SLICE))).filter(|taken| !taken.is_empty()).map(Ok)
            };
            let next = if found.is_some() { state.pass_on() } else { None };
            (found, next)
        });
        wake(next);
        found
    }

    /// Sleeps until woken, cancelled or late.
    fn block(&self, parked: &Parked, deadline: Deadline, cancel: Option<&Cancel>) {
        let there_is_something = self.core.with(|state| {
            let something = state.has_something();
            if !something {
                state.park(parked);
            }
            something
        });
        if there_is_something {
            return;
        }
        let mut woken = parked.lock();
        while !*woken {
            let (again, end) = parked.park(woken, deadline, cancel);
            woken = again;
            if end != ParkEnd::Woken {
                break;
            }
        }
        // Where it was not woken, it may be all the same before it looks again.
        *woken = false;
    }
}
