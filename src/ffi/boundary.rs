//! The line between C and Rust: every exported function is one [`Call`]. It catches panics,
//! turns errors into a status and, if wanted, a `celery_error_t`, and stands for the promise of
//! the C side that its pointers are what the header asks for.

use super::{
    error::{ErrorBody, celery_error_t},
    handle::own,
    status::celery_status_t,
};
use crate::{
    model::{Error, Result, Status},
    sys::panic_message,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

/// One call from C. Reading arguments is safe with one at hand, making one is not.
pub(super) struct Call {
    name: &'static str,
    err: *mut *mut celery_error_t,
}

impl Call {
    /// A call with a `celery_error_t **err`, which is set to NULL.
    ///
    /// # Safety
    /// Every pointer argument of the C function is NULL or what the header asks for, for the
    /// length of the call.
    pub(super) unsafe fn new(name: &'static str, err: *mut *mut celery_error_t) -> Self {
        if !err.is_null() {
            // SAFETY: not NULL, so the caller's slot for an error.
            unsafe { err.write(ptr::null_mut()) };
        }
        Self { name, err }
    }

    /// A call without one.
    ///
    /// # Safety
    /// As for [`Self::new`].
    pub(super) unsafe fn plain(name: &'static str) -> Self {
        Self { name, err: ptr::null_mut() }
    }

    /// The C function's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Runs a function that returns a status.
    pub(super) fn run(self, body: impl FnOnce(&Self) -> Result<()>) -> celery_status_t {
        match self.catch(body) {
            Ok(()) => Status::Ok.code(),
            Err(error) => {
                let status = error.status().code();
                if !self.err.is_null() {
                    // SAFETY: not NULL, so the caller's slot for an error.
                    unsafe { self.err.write(own(ErrorBody::new(error))) };
                }
                status
            }
        }
    }

    /// Runs a function that returns something else: `neutral` wherever it cannot.
    pub(super) fn answer<T>(self, neutral: T, body: impl FnOnce(&Self) -> Result<T>) -> T {
        self.catch(body).unwrap_or(neutral)
    }

    /// Runs a function that returns nothing.
    pub(super) fn act(self, body: impl FnOnce(&Self)) {
        self.answer((), |call| {
            body(call);
            Ok(())
        });
    }

    fn catch<T>(&self, body: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        // What a panic leaves behind belongs to this call, or is poisoned by the layer it is in.
        catch_unwind(AssertUnwindSafe(|| body(self))).unwrap_or_else(|panic| {
            let message = format!("{} panicked: {}", self.name, panic_message(&*panic));
            Err(Error::new(Status::Panic, message))
        })
    }
}

/// Panics inside the boundary: proves that the built library catches it. Not in releases.
///
/// cbindgen:ignore
#[cfg(feature = "test-hooks")]
#[unsafe(no_mangle)]
#[allow(clippy::panic, unreachable_pub, clippy::missing_safety_doc)]
pub unsafe extern "C" fn celery_test_panic(err: *mut *mut celery_error_t) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_test_panic", err) }.run(|_| panic!("asked for by a test"))
}
