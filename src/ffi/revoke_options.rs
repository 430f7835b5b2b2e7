//! `celery_revoke_options_t`: the arguments of revoking, and of all that asks the workers.

use super::{
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    handle::{Opaque, Unique},
    status::celery_status_t,
};
use crate::{
    message::Signal,
    model::{Error, Result, Status},
    result::RevokeOptions,
    sys::Cancel,
};
use std::{ffi::c_char, time::Duration};

/// The arguments of celery_result_revoke() and celery_app_revoke_by_stamped_headers(). Free it with
/// celery_revoke_options_free().
pub struct celery_revoke_options_t {
    _private: [u8; 0],
}

impl Opaque for celery_revoke_options_t {
    type Body = RevokeOptions;
    const NAME: &'static str = "celery_revoke_options_t";
}

impl Unique for celery_revoke_options_t {}

/// A time that answers are waited for, which is never for ever.
pub(super) fn bounded(timeout_ms: i64) -> Result<Duration> {
    u64::try_from(timeout_ms).map(Duration::from_millis).map_err(|_| {
        let message =
            format!("timeout_ms is {timeout_ms}; it must be 0 or more: a worker that has died never answers");
        Error::new(Status::InvalidArgument, message)
    })
}

/// Makes arguments with the defaults of Celery's `revoke`: a task that runs is left alone, all workers are
/// told, no answers are waited for.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *options with celery_revoke_options_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_new(
    options: *mut *mut celery_revoke_options_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_new", err) }.run(|call| {
        call.out(options, "options")?.own(RevokeOptions::default());
        Ok(())
    })
}

/// Frees arguments. NULL is fine. A call that uses them goes on with its own copy.
///
/// @param options nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_free(options: *mut celery_revoke_options_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_revoke_options_free") }.act(|call| {
        call.destroy(options);
    });
}

/// Sets whether a task that runs is ended, by a signal to the process that runs it (`terminate`, default
/// false). Not every worker can: one with threads answers an error. A process may have begun another task
/// by then; Celery recommends it for what is stuck.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_terminate(
    options: *mut celery_revoke_options_t,
    terminate: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_terminate", err) }.run(|call| {
        call.unique_mut(options, "options")?.terminate = terminate;
        Ok(())
    })
}

/// Sets which signal ends the process (`signal`), where terminate is on.
///
/// @param options not nullable.
/// @param signal nullable: SIGTERM; a name with or without SIG, or a number, as text.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where it can be no signal; CELERY_ERR_INVALID_UTF8;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_signal(
    options: *mut celery_revoke_options_t,
    signal: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_signal", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.signal = call.text_or_null(signal, "signal")?.map(Signal::named).transpose()?;
        Ok(())
    })
}

/// Sets whether the workers answer and their answers are waited for (`wait`, default false).
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_wait(
    options: *mut celery_revoke_options_t,
    wait: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_wait", err) }.run(|call| {
        call.unique_mut(options, "options")?.control.wait = wait;
        Ok(())
    })
}

/// Sets how long answers are waited for at most (`timeout`, default 1000); where all who heard have
/// answered, it is over at once. Python's default waits for ever; here that cannot be asked for.
///
/// @param options not nullable.
/// @param timeout_ms 0 or more.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where it is negative; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_timeout_ms(
    options: *mut celery_revoke_options_t,
    timeout_ms: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_timeout_ms", err) }.run(|call| {
        call.unique_mut(options, "options")?.control.timeout = bounded(timeout_ms)?;
        Ok(())
    })
}

/// Sets which workers obey, by their names (`destination`); all others ignore the message.
///
/// @param options not nullable.
/// @param nodes nullable where count is 0: names such as celery@host. They are copied.
/// @param count the number of names; 0 is all workers.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT, also for a name that is NULL.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_destination(
    options: *mut celery_revoke_options_t,
    nodes: *const *const c_char,
    count: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_destination", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let nodes = call.texts(nodes, count, "nodes")?.into_iter().map(str::to_owned);
        options.control.destination = (count > 0).then(|| nodes.collect());
        Ok(())
    })
}

/// Sets what stops the wait; the message may have been sent by then.
///
/// @param options not nullable.
/// @param cancel nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_FORKED for a token made before fork; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the options keep their own reference to the token; free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_revoke_options_set_cancel(
    options: *mut celery_revoke_options_t,
    cancel: *const celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_revoke_options_set_cancel", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.control.cancel = call.shared_or_null(cancel)?.map(|cancel| Cancel::clone(&cancel));
        Ok(())
    })
}
