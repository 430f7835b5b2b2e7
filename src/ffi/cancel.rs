//! `celery_cancel_t`: the token that stops a blocked wait.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Shared},
    status::celery_status_t,
};
use crate::{
    model::{Error, Status},
    sys::Cancel,
};
use std::ptr;

/// Stops blocked waits, from any thread or from a signal handler. Belongs to no app. Free it with
/// celery_cancel_free().
pub struct celery_cancel_t {
    _private: [u8; 0],
}

impl Opaque for celery_cancel_t {
    type Body = Cancel;
    const NAME: &'static str = "celery_cancel_t";

    fn is_forked(body: &Cancel) -> bool {
        !body.is_usable()
    }
}

impl Shared for celery_cancel_t {}

/// Makes a token. It takes one file descriptor.
///
/// @param cancel not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_LIMIT when the process has no file descriptor left;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *cancel with celery_cancel_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_new(
    cancel: *mut *mut celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_cancel_new", err) }.run(|call| {
        let cancel = call.out(cancel, "cancel")?;
        let token = Cancel::new().map_err(|error| {
            Error::new(Status::Limit, format!("no file descriptor for a cancel token: {error}"))
        })?;
        cancel.share(token);
        Ok(())
    })
}

/// Gives another reference to the same token.
///
/// @param cancel not nullable.
/// @return the token; NULL for NULL, and in a forked child.
/// Ownership: free it with celery_cancel_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_ref(cancel: *const celery_cancel_t) -> *mut celery_cancel_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_cancel_ref") }.answer(ptr::null_mut(), |call| Ok(call.reference(cancel)))
}

/// Ends every wait that uses the token with CELERY_ERR_CANCELLED, now and later, until
/// celery_cancel_reset(). It stops waiting only: the task goes on. errno is kept.
///
/// @param cancel not nullable: NULL does nothing.
/// Ownership: nothing to free; the token must outlive the call.
/// Threads: async-signal-safe: any thread, and signal handlers.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_trigger(cancel: *const celery_cancel_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_cancel_trigger") }.act(|call| {
        // No reference is taken: giving it back could free memory, which a signal handler must not.
        if let Some(cancel) = call.glance(cancel) {
            cancel.trigger();
        }
    });
}

/// Makes the token usable for new waits. Waits that were ended by it have ended.
///
/// @param cancel not nullable: NULL does nothing.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_reset(cancel: *const celery_cancel_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_cancel_reset") }.act(|call| {
        if let Ok(Some(cancel)) = call.shared_or_null(cancel) {
            cancel.reset();
        }
    });
}

/// Tells whether the token was triggered and not reset since.
///
/// @param cancel not nullable.
/// @return true if so; false for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_is_triggered(cancel: *const celery_cancel_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_cancel_is_triggered") }
        .answer(false, |call| Ok(call.shared(cancel, "cancel")?.is_triggered()))
}

/// Gives a reference back. NULL is fine. Waits that use the token go on.
///
/// @param cancel nullable.
/// Ownership: the reference is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_cancel_free(cancel: *mut celery_cancel_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_cancel_free") }.act(|call| {
        call.release(cancel);
    });
}
