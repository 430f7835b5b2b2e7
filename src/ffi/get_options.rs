//! `celery_get_options_t`: every argument of Celery's `AsyncResult.get`, and ours. Those that are
//! functions are in `get_callbacks`.

use super::{
    app::timeout,
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    handle::{Opaque, Unique},
    status::celery_status_t,
};
use crate::{
    model::{Error, State, Status},
    result::GetOptions,
    sys::Cancel,
};
use std::{ffi::c_char, time::Duration};

/// The arguments of celery_result_get_with(), and of what gets the values of many results. Free it with
/// celery_get_options_free().
pub struct celery_get_options_t {
    _private: [u8; 0],
}

impl Opaque for celery_get_options_t {
    type Body = GetOptions;
    const NAME: &'static str = "celery_get_options_t";
}

impl Unique for celery_get_options_t {}

fn states(names: Vec<&str>) -> Vec<State> {
    names.into_iter().map(State::from_name).collect()
}

/// Makes arguments with the defaults of Celery's `get`: no timeout, propagate, follow_parents,
/// disable_sync_subtasks, an interval of 500 ms.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *options with celery_get_options_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_new(
    options: *mut *mut celery_get_options_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_new", err) }.run(|call| {
        call.out(options, "options")?.own(GetOptions::default());
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
pub unsafe extern "C" fn celery_get_options_free(options: *mut celery_get_options_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_get_options_free") }.act(|call| {
        call.destroy(options);
    });
}

/// Sets the budget of the whole call (`timeout`).
///
/// @param options not nullable.
/// @param timeout_ms < 0 for ever, the default; 0 one look.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_timeout_ms(
    options: *mut celery_get_options_t,
    timeout_ms: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_timeout_ms", err) }.run(|call| {
        call.unique_mut(options, "options")?.timeout = timeout(timeout_ms);
        Ok(())
    })
}

/// Sets whether a failed task makes `get` fail (`propagate`, default true). Without it the exception is
/// the value.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_propagate(
    options: *mut celery_get_options_t,
    propagate: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_propagate", err) }.run(|call| {
        call.unique_mut(options, "options")?.propagate = propagate;
        Ok(())
    })
}

/// Sets how often the interval callback is called, and how often a store that cannot push is read
/// (`interval`, default 500). For the latter 50 ms is the least.
///
/// @param options not nullable.
/// @param interval_ms at least 1.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_interval_ms(
    options: *mut celery_get_options_t,
    interval_ms: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_interval_ms", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let interval = u64::try_from(interval_ms).ok().filter(|interval| *interval > 0).ok_or_else(|| {
            let message = format!("the interval of {interval_ms} ms is not at least 1 ms");
            Error::new(Status::InvalidArgument, message)
        })?;
        options.interval = Duration::from_millis(interval);
        Ok(())
    })
}

/// Sets `no_ack` (default true). Accepted for Celery's sake: only AMQP knows acknowledgements.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_no_ack(
    options: *mut celery_get_options_t,
    no_ack: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_no_ack", err) }.run(|call| {
        call.unique_mut(options, "options")?.no_ack = no_ack;
        Ok(())
    })
}

/// Sets whether a failed ancestor makes `get` fail, the first ancestor first (`follow_parents`, default
/// true).
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_follow_parents(
    options: *mut celery_get_options_t,
    follow_parents: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_follow_parents", err) }.run(|call| {
        call.unique_mut(options, "options")?.follow_parents = follow_parents;
        Ok(())
    })
}

/// Sets whether celery_join_deny() applies (`disable_sync_subtasks`, default true).
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_disable_sync_subtasks(
    options: *mut celery_get_options_t,
    disable: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_disable_sync_subtasks", err) }.run(|call| {
        call.unique_mut(options, "options")?.disable_sync_subtasks = disable;
        Ok(())
    })
}

/// Sets whether, of a set or group with propagate, the first failure ends the call at once (default
/// true). Without it the call waits for all members and then fails with that first failure.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_fail_fast(
    options: *mut celery_get_options_t,
    fail_fast: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_fail_fast", err) }.run(|call| {
        call.unique_mut(options, "options")?.fail_fast = fail_fast;
        Ok(())
    })
}

/// Sets the states whose value is taken for an exception (`EXCEPTION_STATES`).
///
/// @param options not nullable.
/// @param names nullable: Celery's own set.
/// @param count the number of names; none with an array that is not NULL is the empty set.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT where names, or one of them, is NULL but count is not 0;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_exception_states(
    options: *mut celery_get_options_t,
    names: *const *const c_char,
    count: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_exception_states", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.exception_states = if names.is_null() && count == 0 {
            None
        } else {
            Some(states(call.texts(names, count, "names")?))
        };
        Ok(())
    })
}

/// Sets the states that make `get` fail (`PROPAGATE_STATES`).
///
/// @param options not nullable.
/// @param names nullable: Celery's own set.
/// @param count the number of names; none with an array that is not NULL is the empty set.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT where names, or one of them, is NULL but count is not 0;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_propagate_states(
    options: *mut celery_get_options_t,
    names: *const *const c_char,
    count: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_propagate_states", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.propagate_states = if names.is_null() && count == 0 {
            None
        } else {
            Some(states(call.texts(names, count, "names")?))
        };
        Ok(())
    })
}

/// Sets the token that stops the wait.
///
/// @param options not nullable.
/// @param cancel nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the options hold a reference of their own; free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_cancel(
    options: *mut celery_get_options_t,
    cancel: *const celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_cancel", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.cancel = call.shared_or_null(cancel)?.map(|cancel| Cancel::clone(&cancel));
        Ok(())
    })
}

/// Sets after which time `get` fails with CELERY_ERR_NOT_FOUND if no record has appeared: the task may
/// be unknown, expired, or its result ignored.
///
/// @param options not nullable.
/// @param absent_timeout_ms < 0 never, the default.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_absent_timeout_ms(
    options: *mut celery_get_options_t,
    absent_timeout_ms: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_absent_timeout_ms", err) }.run(|call| {
        call.unique_mut(options, "options")?.absent_timeout = timeout(absent_timeout_ms);
        Ok(())
    })
}
