//! The library's own threads: named, with asynchronous signals blocked so that the host
//! program's handlers run on its own threads, and marked so that a blocking call made on one of
//! them is refused instead of deadlocking.

use super::Deadline;
use std::{
    cell::Cell,
    io,
    mem::MaybeUninit,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

/// Whose thread this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRole {
    /// The user's program.
    User,
    /// Sockets and timers of an app.
    Engine,
    /// Runs the functions given to `then`.
    Callback,
}

thread_local! {
    static ROLE: Cell<ThreadRole> = const { Cell::new(ThreadRole::User) };
}

/// The role of the calling thread.
pub fn role() -> ThreadRole {
    ROLE.try_with(Cell::get).unwrap_or(ThreadRole::User)
}

/// A thread of the library that can be waited for with a deadline.
#[derive(Default)]
pub struct Worker {
    state: Mutex<WorkerState>,
    ended: Condvar,
}

#[derive(Default)]
struct WorkerState {
    thread: Option<JoinHandle<()>>,
    running: bool,
}

impl Worker {
    /// Starts the thread. Fails when the system gives none.
    pub fn start(
        self: &Arc<Self>,
        name: &str,
        role: ThreadRole,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let worker = Arc::clone(self);
        let mut state = self.lock();
        let blocked = BlockedSignals::block();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            ROLE.with(|cell| cell.set(role));
            let ending = Ending(worker);
            body();
            drop(ending);
        });
        drop(blocked);
        state.thread = Some(thread?);
        state.running = true;
        Ok(())
    }

    /// Waits until the thread has ended; false when the deadline came first, true also when none
    /// was started.
    pub fn join(&self, deadline: Deadline) -> bool {
        let mut state = self.lock();
        while state.running {
            state = match deadline.left() {
                Some(left) if left.is_zero() => return false,
                Some(left) => self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let thread = state.thread.take();
        drop(state);
        if let Some(thread) = thread {
            // Its last act was to report that it had ended, so this is a moment.
            let _ = thread.join();
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, WorkerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the end of a thread, also after a panic.
struct Ending(Arc<Worker>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.lock().running = false;
        self.0.ended.notify_all();
    }
}

/// The new thread inherits the mask, so it is set around the creation and then put back.
/// Synchronous signals stay deliverable: crash handlers and profilers need them.
struct BlockedSignals {
    before: libc::sigset_t,
}

const SYNCHRONOUS: [libc::c_int; 8] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGPROF,
];

impl BlockedSignals {
    fn block() -> Self {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigfillset` initialises the set it is given.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        // SAFETY: initialised by the line above.
        let mut all = unsafe { all.assume_init() };
        for signal in SYNCHRONOUS {
            // SAFETY: an initialised set and a valid signal number.
            unsafe { libc::sigdelset(&raw mut all, signal) };
        }
        let mut before = all;
        // SAFETY: both sets are initialised and live across the call.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        Self { before }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set was filled in by `block`; no old set is asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut()) };
    }
}
