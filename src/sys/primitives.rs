//! What waiting is made of: std's lock, condition variable and flag, and the clock. The crate in
//! `tests/models` puts a model checker's in their place and takes the files that use them as they are.

pub(super) use std::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};
use std::time::Instant;

pub(super) fn now() -> Instant {
    Instant::now()
}
