//! Waiting for a result and getting its value.

use super::{
    app::timeout,
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    get_options::celery_get_options_t,
    result::celery_result_t,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::result::GetOptions;

/// Waits until the task has finished, or all members of a set or group have, whatever the outcome:
/// waiting for a failed task succeeds. Members that are added meanwhile are waited for too. A result
/// that is ignored has finished.
///
/// @param result not nullable.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param err nullable.
/// @return CELERY_OK when it has; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// where a state cannot be read; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
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
        result.base().wait(timeout(timeout_ms), cancel.as_deref().map(|cancel| &**cancel))
    })
}

/// Waits for the task and gives its value: Celery's `get` with its defaults. A task that failed, or
/// that has a failed ancestor, makes the call fail with the exception in *err. Of a set or group it is
/// celery_result_join_native(): the array of its members' values, or the first failure.
///
/// @param result not nullable.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_TIMEOUT; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for this record; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
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
        value.share(ValueBody::of_outcome(call.shared(result, "result")?.base().get(&options)?));
        Ok(())
    })
}

/// Waits for the task, or the members of a set or group, and gives the value, with every argument of
/// `get`. The options may be changed or freed meanwhile.
///
/// @param result not nullable.
/// @param options nullable: every default.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED;
/// CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_LIMIT;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        value.share(ValueBody::of_outcome(call.shared(result, "result")?.base().get(&options)?));
        Ok(())
    })
}

/// Gives what is stored now, without waiting (`maybe_throw`): fails as celery_result_get_with() does
/// where the task has failed, and gives the value in every other state, PROGRESS and the like included.
/// Of a set or group it looks at all members at once and fails with the first failure in their order.
/// Of the options only propagate, callback and the two sets of states matter.
///
/// @param result not nullable.
/// @param options nullable: every default.
/// @param value not nullable: NULL comes out where there is no record, and for sets and groups.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err;
/// CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        if let Some(outcome) = call.shared(result, "result")?.base().maybe_throw(&options)? {
            value.share(ValueBody::of_outcome(outcome));
        }
        Ok(())
    })
}
