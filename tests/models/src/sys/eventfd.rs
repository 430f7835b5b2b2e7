//! A descriptor as a flag: raised and lowered as the kernel would, and polled on the checker's
//! lock and condition variable.

use super::Deadline;
use crate::checker::{Condvar, Mutex};
use std::{
    collections::BTreeMap,
    io,
    os::fd::RawFd,
    sync::{
        Arc, PoisonError, Weak,
        atomic::{AtomicI32, Ordering},
    },
    time::Instant,
};

/// The open ones, by their numbers. Looking one up is the tests' affair and no step of a model.
static OPEN: std::sync::Mutex<BTreeMap<RawFd, Weak<Mutex<Level>>>> = std::sync::Mutex::new(BTreeMap::new());

#[derive(Debug)]
pub struct EventFd {
    number: RawFd,
    level: Arc<Mutex<Level>>,
}

#[derive(Debug, Default)]
struct Level {
    raised: bool,
    sleepers: Vec<Arc<Sleeper>>,
}

#[derive(Debug)]
struct Sleeper {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl EventFd {
    pub fn new() -> io::Result<Self> {
        static NEXT: AtomicI32 = AtomicI32::new(3);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let level = Arc::new(Mutex::new(Level::default()));
        open().insert(number, Arc::downgrade(&level));
        Ok(Self { number, level })
    }

    pub fn raise(&self) {
        let sleepers = {
            let mut level = lock(&self.level);
            level.raised = true;
            std::mem::take(&mut level.sleepers)
        };
        for sleeper in sleepers {
            *lock(&sleeper.woken) = true;
            sleeper.changed.notify_all();
        }
    }

    pub fn clear(&self) {
        lock(&self.level).raised = false;
    }

    pub fn fd(&self) -> RawFd {
        self.number
    }
}

impl Drop for EventFd {
    fn drop(&mut self) {
        open().remove(&self.number);
    }
}

/// What `poll` with no timeout would say of the descriptor.
///
/// # Panics
/// Where it is not open.
pub fn is_readable(fd: RawFd) -> bool {
    let level = open().get(&fd).and_then(Weak::upgrade).expect("an open descriptor");
    let raised = lock(&level).raised;
    raised
}

pub(super) fn poll_two(first: &EventFd, second: &EventFd, until: Option<Instant>) {
    let sleeper = Arc::new(Sleeper { woken: Mutex::new(false), changed: Condvar::new() });
    for event in [first, second] {
        let mut level = lock(&event.level);
        if level.raised {
            return;
        }
        level.sleepers.push(Arc::clone(&sleeper));
    }
    let mut woken = lock(&sleeper.woken);
    while !*woken {
        let left = until.and_then(|until| Deadline::at(until).left());
        woken = match left {
            Some(left) if left.is_zero() => return,
            Some(left) => sleeper.changed.wait_timeout(woken, left).unwrap_or_else(PoisonError::into_inner).0,
            None => sleeper.changed.wait(woken).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> crate::checker::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open() -> std::sync::MutexGuard<'static, BTreeMap<RawFd, Weak<Mutex<Level>>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
