//! Waiting for any, all or some of several results in one call.

use super::{
    app::timeout, boundary::Call, cancel::celery_cancel_t, error::celery_error_t, result::celery_result_t,
    status::celery_status_t,
};
use crate::result::{wait_all, wait_any, wait_some};

/// Waits until one of the results has finished, whatever the outcome, and tells which: where several
/// have finished already, the first of them. A result that cannot be waited for, as its app is closed or
/// its record cannot be read, is passed over; it is an error only where none of the others has finished
/// at that time, and the error names its index as the member.
///
/// @param results nullable where count is 0: results of any kinds and apps.
/// @param count the number of results.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param index not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_INVALID_ARGUMENT where count
/// is 0; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where a state cannot be read; CELERY_ERR_LIMIT;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT, also for a result that is NULL.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_wait_any(
    results: *const *mut celery_result_t,
    count: usize,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    index: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_wait_any", err) }.run(|call| {
        let index = call.data(index, "index")?;
        let results = call.results(results, count, "results")?;
        let cancel = call.shared_or_null(cancel)?;
        index.set(wait_any(&results, timeout(timeout_ms), cancel.as_deref().map(|cancel| &**cancel))?);
        Ok(())
    })
}

/// Waits until all of the results have finished, whatever the outcome; of none they have. It is an error
/// at once where one cannot be waited for, as its app is closed or its record cannot be read; it names
/// the index as the member.
///
/// @param results nullable where count is 0: results of any kinds and apps.
/// @param count the number of results.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// where a state cannot be read; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT, also for a
/// result that is NULL.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_wait_all(
    results: *const *mut celery_result_t,
    count: usize,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_wait_all", err) }.run(|call| {
        let results = call.results(results, count, "results")?;
        let cancel = call.shared_or_null(cancel)?;
        wait_all(&results, timeout(timeout_ms), cancel.as_deref().map(|cancel| &**cancel))
    })
}

/// Waits until at least so many of the results have finished, whatever the outcome, and tells which
/// have, in the order in which that became known. Results that cannot be waited for are passed over, as
/// by celery_wait_any(): they are an error where too few of the others have finished at that time.
///
/// @param results nullable where count is 0: results of any kinds and apps.
/// @param count the number of results.
/// @param least how many at least, from 1 to count.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param indices not nullable: room for count numbers.
/// @param ready not nullable: gets how many of them were written.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_INVALID_ARGUMENT where least
/// is not from 1 to count; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where a state cannot be read; CELERY_ERR_LIMIT;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT, also for a result that is NULL.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_wait_some(
    results: *const *mut celery_result_t,
    count: usize,
    least: usize,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    indices: *mut usize,
    ready: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_wait_some", err) }.run(|call| {
        let indices = call.data_array(indices, count, "indices")?;
        let ready = call.data(ready, "ready")?;
        let results = call.results(results, count, "results")?;
        let cancel = call.shared_or_null(cancel)?;
        let cancel = cancel.as_deref().map(|cancel| &**cancel);
        let found = wait_some(&results, least, timeout(timeout_ms), cancel)?;
        indices.set(&found);
        ready.set(found.len());
        Ok(())
    })
}
