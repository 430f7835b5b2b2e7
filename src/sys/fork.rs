//! Which process are we in? A counter that every forked child raises by one, so that a handle
//! made before the fork is recognised without a system call, and a holder for the little
//! process-wide state there is.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Which fork of the process something was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

impl Generation {
    /// The generation of the running process. The first call registers the fork handler, so
    /// whatever remembers a generation is also told when it becomes stale.
    pub fn now() -> Self {
        if !WATCHING.swap(true, Ordering::Relaxed) {
            watch();
        }
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether the running process is the one this generation belongs to.
    pub fn is_current(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
impl Generation {
    /// One that is never the running process's: what a handle from before a fork holds.
    pub(crate) fn stale() -> Self {
        Self(u64::MAX)
    }
}

/// Whether this process was forked from one that had used the library.
pub fn is_child() -> bool {
    GENERATION.load(Ordering::Relaxed) != 0
}

extern "C" fn count_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

fn watch() {
    // SAFETY: the handler is a plain function that only touches an atomic, and the library is
    // never unloaded (`-z nodelete`), so it stays callable for the life of the process.
    let status = unsafe { libc::pthread_atfork(None, None, Some(count_child)) };
    debug_assert_eq!(status, 0, "pthread_atfork fails only without memory");
}

/// A process-wide value that a forked child replaces instead of locking what it inherited: the
/// thread that held a lock at the time of the fork does not exist in the child.
pub struct PerProcess<T> {
    current: AtomicPtr<(Generation, T)>,
}

impl<T: Default + Sync> PerProcess<T> {
    /// An empty holder.
    pub const fn new() -> Self {
        Self { current: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The value of this process, made by `Default` at the first call in it.
    pub fn get(&'static self) -> &'static T {
        let found = self.current.load(Ordering::Acquire);
        if let Some((generation, value)) = Self::deref(found)
            && generation.is_current()
        {
            return value;
        }
        let fresh = Box::into_raw(Box::new((Generation::now(), T::default())));
        // The inherited value is left alone: its locks may be held by threads that are gone.
        if self.current.compare_exchange(found, fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: `fresh` came from `Box::into_raw` above and was not published.
            drop(unsafe { Box::from_raw(fresh) });
        }
        self.get()
    }

    fn deref(pointer: *mut (Generation, T)) -> Option<&'static (Generation, T)> {
        // SAFETY: the pointer is null or came from `Box::into_raw`, and a published value is
        // never freed.
        unsafe { pointer.as_ref() }
    }
}

impl<T: Default + Sync> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}
