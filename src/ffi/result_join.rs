//! The values of all members of a set or group in one call.

use super::{
    boundary::Call,
    error::celery_error_t,
    get_options::celery_get_options_t,
    result::celery_result_t,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};

/// Gets the values of all members (`join_native`), as an array in member order. A nested group is a
/// nested array, an ignored result null; elements that celery_value_index() and iteration give keep
/// their exception.
///
/// With propagate, the first member to fail makes the call fail at once; with fail_fast off the call
/// waits for the others first. Without propagate, exceptions are values. A callback gets ids and values
/// in the order of completion, and the value is null then.
///
/// @param set not nullable: a SET or GROUP; of no members the value is [].
/// @param options nullable: every default.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception, the task
/// id and the index of the member in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
/// CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for the record of a member; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_join_native(
    set: *const celery_result_t,
    options: *const celery_get_options_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_join_native", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        value.share(ValueBody::of_outcome(call.shared(set, "set")?.base().set()?.join_native(&options)?));
        Ok(())
    })
}

/// Gets the values of all members one after the other (`join`), as an array in member order: as
/// celery_result_get_with() on each, with one budget of time for all, and failing with the first
/// failure in that order, whatever later members do. All are watched from the start, so where all have
/// finished it costs one batched read. A callback gets ids and values in member order, and the value is
/// [] then.
///
/// @param set not nullable: a SET or GROUP; of no members the value is [].
/// @param options nullable: every default.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception, the task
/// id and the index of the member in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
/// CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for the record of a member; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_join(
    set: *const celery_result_t,
    options: *const celery_get_options_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_join", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        value.share(ValueBody::of_outcome(call.shared(set, "set")?.base().set()?.join(&options)?));
        Ok(())
    })
}
