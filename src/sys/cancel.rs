//! The token that stops a blocked wait, from any thread and from a signal handler.

use super::{EventFd, fork::Generation, primitives::AtomicBool};
use crate::model::{Error, Result, Status};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

/// A sticky flag with a descriptor of its own. Belongs to no app; cloning gives another
/// reference to the same token.
#[derive(Clone, Debug)]
pub struct Cancel {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    triggered: AtomicBool,
    event: EventFd,
    born: Generation,
}

impl Cancel {
    /// An untriggered token. Fails when the process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let event = EventFd::new()?;
        Ok(Self {
            inner: Arc::new(Inner { triggered: AtomicBool::new(false), event, born: Generation::now() }),
        })
    }

    /// Ends every wait that uses this token, now and later, until [`Self::reset`].
    /// Async-signal-safe: an atomic store and one `write`; `errno` is kept.
    pub fn trigger(&self) {
        let errno = Errno::save();
        self.inner.triggered.store(true, Ordering::Release);
        // A forked child shares the descriptor with its parent and must not wake it.
        if self.is_usable() {
            self.inner.event.raise();
        }
        errno.restore();
    }

    /// Makes the token usable for new waits.
    pub fn reset(&self) {
        if self.is_usable() {
            self.inner.event.clear();
        }
        self.inner.triggered.store(false, Ordering::Release);
    }

    /// Whether it was triggered and not reset since.
    pub fn is_triggered(&self) -> bool {
        self.inner.triggered.load(Ordering::Acquire)
    }

    /// Whether it was made by this process; a token from before a fork cannot be waited on.
    pub fn is_usable(&self) -> bool {
        self.inner.born.is_current()
    }

    /// Fails where [`Self::is_usable`] says no.
    pub fn check_usable(&self) -> Result<()> {
        if self.is_usable() {
            return Ok(());
        }
        Err(Error::new(Status::Forked, "the cancel token was made before fork(); make a new one"))
    }

    pub(super) fn event(&self) -> &EventFd {
        &self.inner.event
    }
}

#[cfg(test)]
impl Cancel {
    /// A token as a forked child has it.
    pub(crate) fn of_parent() -> io::Result<Self> {
        let mut token = Self::new()?;
        if let Some(inner) = Arc::get_mut(&mut token.inner) {
            inner.born = Generation::stale();
        }
        Ok(token)
    }
}

/// `errno` of the interrupted code: a signal handler must leave it as it found it.
struct Errno(libc::c_int);

impl Errno {
    fn save() -> Self {
        // SAFETY: the location is always valid for the calling thread.
        Self(unsafe { *errno_location() })
    }

    fn restore(self) {
        // SAFETY: as above.
        unsafe { *errno_location() = self.0 };
    }
}

#[cfg(target_os = "linux")]
fn errno_location() -> *mut libc::c_int {
    // SAFETY: has no preconditions.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
fn errno_location() -> *mut libc::c_int {
    // SAFETY: has no preconditions.
    unsafe { libc::__error() }
}
