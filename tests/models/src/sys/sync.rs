//! The lock for short critical sections.

use crate::checker;
use std::sync::PoisonError;

#[derive(Debug)]
pub struct Mutex<T> {
    inner: checker::Mutex<T>,
}

pub type MutexGuard<'a, T> = checker::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self { inner: checker::Mutex::new(value) }
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
