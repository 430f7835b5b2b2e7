//! Waiting for a result and reading it.

use super::{
    app::timeout,
    boundary::Call,
    callback::{Env, celery_env_free_t},
    cancel::celery_cancel_t,
    error::{ErrorBody, celery_error_t},
    get_options::celery_get_options_t,
    handle::{lend, lend_unique, null},
    meta::{MetaBody, celery_meta_t},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::result::{GetOptions, ResultBase};
use std::ffi::c_void;

/// Gets a result that is ready, whatever its outcome, with its record. Both are borrowed for the
/// length of the call; celery_result_ref() and celery_meta_ref() keep them.
pub type celery_then_callback_t = Option<
    unsafe extern "C" fn(env: *mut c_void, result: *const celery_result_t, meta: *const celery_meta_t),
>;

/// Gets a result whose wait ended in another way: the app was closed, or the record is unreadable.
/// Both are borrowed for the length of the call.
pub type celery_then_error_t = Option<
    unsafe extern "C" fn(env: *mut c_void, result: *const celery_result_t, error: *const celery_error_t),
>;

/// Waits until the task has finished, whatever the outcome: waiting for a failed task succeeds.
///
/// @param result not nullable.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param err nullable.
/// @return CELERY_OK when the task has finished; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
/// CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read;
/// CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_wait(
    result: *const celery_result_t,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_wait", err) }.run(|call| {
        let result = call.shared(result, "result")?;
        let cancel = call.shared_or_null(cancel)?;
        result.task()?.wait(timeout(timeout_ms), cancel.as_deref().map(|cancel| &**cancel))
    })
}

/// Waits for the task and gives its value: Celery's `get` with its defaults. A task that failed, or
/// that has a failed ancestor, makes the call fail with the exception in *err.
///
/// @param result not nullable.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_TIMEOUT; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_LIMIT;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
/// CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_get(
    result: *const celery_result_t,
    timeout_ms: i64,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_get", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = GetOptions { timeout: timeout(timeout_ms), ..GetOptions::default() };
        value.share(ValueBody::of_outcome(call.shared(result, "result")?.task()?.get(&options)?));
        Ok(())
    })
}

/// Waits for the task and gives its value, with every argument of `get`. The options may be changed or
/// freed meanwhile.
///
/// @param result not nullable.
/// @param options nullable: every default.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED;
/// CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this
/// record; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_get_with(
    result: *const celery_result_t,
    options: *const celery_get_options_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_get_with", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        value.share(ValueBody::of_outcome(call.shared(result, "result")?.task()?.get(&options)?));
        Ok(())
    })
}

/// Gives what is stored now, without waiting (`maybe_throw`): fails as celery_result_get_with() does
/// where the task has failed, and gives the value in every other state, PROGRESS and the like
/// included. Of the options only propagate, callback and the two sets of states matter.
///
/// @param result not nullable.
/// @param options nullable: every default.
/// @param value not nullable: NULL comes out where there is no record.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this
/// record; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
/// CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_maybe_throw(
    result: *const celery_result_t,
    options: *const celery_get_options_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_maybe_throw", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        if let Some(outcome) = call.shared(result, "result")?.task()?.maybe_throw(&options)? {
            value.share(ValueBody::of_outcome(outcome));
        }
        Ok(())
    })
}

/// Reads the state (`state`). A finished result does not look again. An unknown id is PENDING, as in
/// Celery: see celery_result_exists().
///
/// @param result not nullable.
/// @param state not nullable: CELERY_STATE_PENDING to CELERY_STATE_CUSTOM.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state
/// cannot be read; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_state(
    result: *const celery_result_t,
    state: *mut i32,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_state", err) }.run(|call| {
        let state = call.data(state, "state")?;
        state.set(call.shared(result, "result")?.task()?.state()?.code());
        Ok(())
    })
}

/// Reads the whole record once: state, value, traceback and the rest of one moment.
///
/// @param result not nullable.
/// @param meta not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where there is no record; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND;
/// CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *meta with celery_meta_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_meta(
    result: *const celery_result_t,
    meta: *mut *mut celery_meta_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_meta", err) }.run(|call| {
        let meta = call.out(meta, "meta")?;
        meta.share(MetaBody::new(call.shared(result, "result")?.task()?.meta()?));
        Ok(())
    })
}

/// Gives the record of the finished task if this handle has seen it, and has not released it. Does no
/// I/O.
///
/// @param result not nullable.
/// @param meta not nullable: NULL comes out where it has not.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *meta with celery_meta_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_peek(
    result: *const celery_result_t,
    meta: *mut *mut celery_meta_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_peek", err) }.run(|call| {
        let meta = call.out(meta, "meta")?;
        if let Some(snapshot) = call.shared(result, "result")?.task()?.peek() {
            meta.share(MetaBody::new(snapshot));
        }
        Ok(())
    })
}

/// Tells whether the task has finished: SUCCESS, FAILURE or REVOKED (`ready()`).
///
/// @param result not nullable.
/// @param ready not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state
/// cannot be read; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_ready(
    result: *const celery_result_t,
    ready: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_ready", err) }.run(|call| {
        let ready = call.data(ready, "ready")?;
        ready.set(call.shared(result, "result")?.task()?.ready()?);
        Ok(())
    })
}

/// Tells whether the task has returned a value (`successful()`).
///
/// @param result not nullable.
/// @param successful not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state
/// cannot be read; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_successful(
    result: *const celery_result_t,
    successful: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_successful", err) }.run(|call| {
        let successful = call.data(successful, "successful")?;
        successful.set(call.shared(result, "result")?.task()?.successful()?);
        Ok(())
    })
}

/// Tells whether the task has raised an exception (`failed()`); a revoked task has not.
///
/// @param result not nullable.
/// @param failed not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state
/// cannot be read; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_failed(
    result: *const celery_result_t,
    failed: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_failed", err) }.run(|call| {
        let failed = call.data(failed, "failed")?;
        failed.set(call.shared(result, "result")?.task()?.failed()?);
        Ok(())
    })
}

/// Tells whether there is a record, be it of state PENDING (`exists()`).
///
/// @param result not nullable.
/// @param exists not nullable: false for unknown, expired, forgotten and ignored results.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_exists(
    result: *const celery_result_t,
    exists: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_exists", err) }.run(|call| {
        let exists = call.data(exists, "exists")?;
        exists.set(call.shared(result, "result")?.task()?.exists()?);
        Ok(())
    })
}

/// Deletes the record, and the records of the parents first (`forget()`). Afterwards the state is
/// PENDING.
///
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where there was no record; CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_forget(
    result: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_forget", err) }
        .run(|call| call.shared(result, "result")?.task()?.forget())
}

/// Calls a function once when the task has finished, also when it has failed (`then`), and also when
/// it has finished already.
///
/// The functions run on the one thread named celery-callback that an app has for them, one at a time.
/// They must not unwind or longjmp, and should be short: the next ones wait for them. They may look,
/// store and forget; celery_result_wait(), celery_app_close_wait(), and celery_result_get() of a task
/// that is not known to have finished give CELERY_ERR_RECURSIVE there. The result may be freed
/// meanwhile.
///
/// @param result not nullable.
/// @param callback not nullable.
/// @param on_error nullable: called instead when the wait ends in another way.
/// @param env nullable: handed to the functions.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_CLOSED; CELERY_ERR_LIMIT; CELERY_ERR_FORKED;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
/// after the call; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_then(
    result: *const celery_result_t,
    callback: celery_then_callback_t,
    on_error: celery_then_error_t,
    env: *mut c_void,
    env_free: celery_env_free_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_then", err) }.run(|call| {
        let env = Env::new(env, env_free);
        let callback = callback.ok_or_else(|| null("callback"))?;
        let result = call.shared(result, "result")?;
        result.task()?.then(move |result, outcome| {
            let body = ResultBody::new(ResultBase::Async(result.clone()));
            lend(body, |result| match outcome {
                Ok(meta) => lend(MetaBody::of_message(&meta), |meta| {
                    // SAFETY: the C program gave this function for this environment; the handles live on.
                    unsafe { callback(env.pointer(), result, meta) };
                }),
                Err(error) => lend_unique(ErrorBody::new(error), |error| {
                    if let Some(on_error) = on_error {
                        // SAFETY: as above.
                        unsafe { on_error(env.pointer(), result, error) };
                    }
                }),
            });
        })
    })
}
