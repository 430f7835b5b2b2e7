//! Looking at a result without waiting: the state, the whole record, whether it is ready.

use super::{
    boundary::Call,
    error::celery_error_t,
    meta::{MetaBody, celery_meta_t},
    result::celery_result_t,
    status::celery_status_t,
};

/// Reads the state (`state`). A finished result does not look again. An unknown id is PENDING, as in
/// Celery: see celery_result_exists().
///
/// @param result not nullable.
/// @param state not nullable: CELERY_STATE_PENDING to CELERY_STATE_CUSTOM.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        state.set(call.shared(result, "result")?.base().state()?.code());
        Ok(())
    })
}

/// Reads the whole record once: state, value, traceback and the rest of one moment.
///
/// @param result not nullable.
/// @param meta not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where there is no record; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for this record; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
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
        meta.share(MetaBody::new(call.shared(result, "result")?.base().meta()?));
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
        if let Some(snapshot) = call.shared(result, "result")?.base().peek()? {
            meta.share(MetaBody::new(snapshot));
        }
        Ok(())
    })
}

/// Tells whether the task has finished: SUCCESS, FAILURE or REVOKED (`ready()`). Of a set or group:
/// whether all members have, by one batched read; true for none.
///
/// @param result not nullable.
/// @param ready not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        ready.set(call.shared(result, "result")?.base().ready()?);
        Ok(())
    })
}

/// Tells whether the task has returned a value (`successful()`). Of a set or group: whether all members
/// have, by one batched read; true for none.
///
/// @param result not nullable.
/// @param successful not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        successful.set(call.shared(result, "result")?.base().successful()?);
        Ok(())
    })
}

/// Tells whether the task has raised an exception (`failed()`); a revoked task has not. Of a set or
/// group: whether any member has, by one batched read; false for none.
///
/// @param result not nullable.
/// @param failed not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state cannot be read; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
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
        failed.set(call.shared(result, "result")?.base().failed()?);
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
        exists.set(call.shared(result, "result")?.base().task()?.exists()?);
        Ok(())
    })
}

/// Deletes the record, and the records of the parents first (`forget()`). Afterwards the state is
/// PENDING. Of a set or group: that of all members, in one batch; what celery_group_result_save() saved
/// stays. Does nothing to an EAGER result.
///
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where there was no record; CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
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
        .run(|call| call.shared(result, "result")?.base().forget())
}
