//! How a thread of the user's program sleeps until something happens: state behind a lock, and a
//! wake-up that reaches either a condition variable or, where a cancel token takes part, a
//! descriptor polled beside the token's. Only std's futexes and descriptors are used, which are
//! safe beside forks.

use super::{
    Cancel, Deadline, EventFd,
    eventfd::poll_two,
    fork::Generation,
    primitives::{Condvar, Mutex, MutexGuard},
};
use crate::model::{Error, Result, Status};
use std::{
    cell::RefCell,
    io,
    sync::{Arc, PoisonError},
};

thread_local! {
    // One descriptor per thread that ever waits with a token, however many waits it makes.
    static WAKE: RefCell<Option<(Generation, Arc<EventFd>)>> = const { RefCell::new(None) };
}

/// Why [`Parking::park`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkEnd {
    /// Perhaps something happened: look at the state.
    Woken,
    /// The moment has come.
    TimedOut,
    /// The token was triggered.
    Cancelled,
}

/// Access to the state of a [`Parking`].
pub type ParkingGuard<'a, T> = MutexGuard<'a, T>;

/// State that one thread waits on and others change.
#[derive(Debug)]
pub struct Parking<T> {
    state: Mutex<T>,
    changed: Condvar,
    wake: Option<Arc<EventFd>>,
}

impl<T> Parking<T> {
    /// State for the calling thread to wait on, perhaps together with a cancel token. Fails
    /// when a token needs a descriptor and the process has none left.
    pub fn new(state: T, cancel: Option<&Cancel>) -> io::Result<Self> {
        let wake = cancel.is_some().then(thread_wake).transpose()?;
        Ok(Self { state: Mutex::new(state), changed: Condvar::new(), wake })
    }

    /// The same for a call of the user's. Fails with `Forked` where the token is from before a fork, as
    /// it shares its descriptor with the parent process, and with `Limit` where there is no descriptor.
    pub fn of_call(state: T, cancel: Option<&Cancel>) -> Result<Self> {
        cancel.map_or(Ok(()), Cancel::check_usable)?;
        Self::new(state, cancel).map_err(|error| {
            let message = format!("waiting with a cancel token needs a file descriptor: {error}");
            Error::new(Status::Limit, message)
        })
    }

    /// The state. The lock is held for moments only.
    pub fn lock(&self) -> ParkingGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the waiting thread. Call it after the state was changed and unlocked.
    pub fn wake(&self) {
        match &self.wake {
            Some(event) => event.raise(),
            None => self.changed.notify_all(),
        }
    }

    /// Sleeps until woken, cancelled, or `until`. To be called in a loop, by the thread that made
    /// the parking, with the guard under which the condition was found missing.
    pub fn park<'a>(
        &'a self,
        guard: ParkingGuard<'a, T>,
        until: Deadline,
        cancel: Option<&Cancel>,
    ) -> (ParkingGuard<'a, T>, ParkEnd) {
        if cancel.is_some_and(Cancel::is_triggered) {
            return (guard, ParkEnd::Cancelled);
        }
        let left = match until.left() {
            Some(left) if left.is_zero() => return (guard, ParkEnd::TimedOut),
            left => left,
        };
        let guard = match (cancel, &self.wake) {
            (Some(cancel), Some(event)) => {
                drop(guard);
                poll_two(cancel.event(), event, until.instant());
                // Cleared before the state is looked at again: a later wake raises it anew.
                event.clear();
                self.lock()
            }
            _ => match left {
                Some(left) => {
                    self.changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
            },
        };
        (guard, ParkEnd::Woken)
    }
}

fn thread_wake() -> io::Result<Arc<EventFd>> {
    let made = WAKE.try_with(|cell| {
        let mut held = cell.borrow_mut();
        // A forked child shares the inherited descriptor with its parent, and clearing it there
        // would swallow the parent's wake-up.
        if let Some((born, event)) = &*held
            && born.is_current()
        {
            return Ok(Arc::clone(event));
        }
        let event = Arc::new(EventFd::new()?);
        *held = Some((Generation::now(), Arc::clone(&event)));
        Ok(event)
    });
    // During the thread's own teardown a descriptor for this one wait does as well.
    made.unwrap_or_else(|_| EventFd::new().map(Arc::new))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_deadline_is_never_early() {
        let cancel = Cancel::new().unwrap();
        for token in [None, Some(&cancel)] {
            let parking = Parking::new((), token).unwrap();
            for micros in [1, 50, 900, 1_100, 5_000] {
                let begun = Instant::now();
                let until = Deadline::after(Some(Duration::from_micros(micros)));
                let mut guard = parking.lock();
                loop {
                    let (again, end) = parking.park(guard, until, token);
                    guard = again;
                    if end == ParkEnd::TimedOut {
                        break;
                    }
                }
                assert!(begun.elapsed() >= Duration::from_micros(micros));
            }
        }
    }

    #[test]
    fn a_triggered_token_ends_the_wait_at_once_and_stays_triggered() {
        let cancel = Cancel::new().unwrap();
        let parking = Parking::new((), Some(&cancel)).unwrap();
        let remote = cancel.clone();
        let thread = std::thread::spawn(move || remote.trigger());
        loop {
            let (_guard, end) = parking.park(parking.lock(), Deadline::NEVER, Some(&cancel));
            if end == ParkEnd::Cancelled {
                break;
            }
        }
        thread.join().unwrap();
        let end = parking.park(parking.lock(), Deadline::NEVER, Some(&cancel)).1;
        assert_eq!(end, ParkEnd::Cancelled);
        cancel.reset();
        let soon = Deadline::after(Some(Duration::from_millis(1)));
        while parking.park(parking.lock(), soon, Some(&cancel)).1 != ParkEnd::TimedOut {}
    }
}
