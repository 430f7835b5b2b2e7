//! The lock for short critical sections. It is `parking_lot`'s, but never parks in a forked
//! child: parked threads are kept in one process-wide table, and a child inherits that table as
//! it was, perhaps locked by a thread that it does not have. Threads that wait for results do not
//! use this (see [`super::Parking`]).

use super::fork;

/// A mutual exclusion lock without poisoning.
#[derive(Debug, Default)]
pub struct Mutex<T> {
    inner: parking_lot::Mutex<T>,
}

/// Access to what a [`Mutex`] protects.
pub type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Self { inner: parking_lot::Mutex::new(value) }
    }

    /// Access without the lock, for the only one who holds it.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    /// Waits until the lock is free and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        if let Some(guard) = self.inner.try_lock() {
            return guard;
        }
        if !fork::is_child() {
            return self.inner.lock();
        }
        loop {
            std::thread::yield_now();
            if let Some(guard) = self.inner.try_lock() {
                return guard;
            }
        }
    }
}
