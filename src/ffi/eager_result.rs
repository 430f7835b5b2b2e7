//! The result of a task that was run at once.

use super::{
    boundary::Call,
    error::celery_error_t,
    record::celery_record_t,
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use crate::result::{EagerResult, ResultBase};

/// Makes the result of a task that this program has run itself (`EagerResult`): always ready, without a
/// store. The record's id, state, value, traceback and name matter. Where the state is FAILURE or
/// REVOKED and the value no exception, what celery_result_get() fails with is an `Exception` of Python's
/// module builtins, with the value, null where there is none, as its only argument.
///
/// @param record not nullable.
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_ENCODE and CELERY_ERR_TOO_DEEP where the value of the record cannot be
/// stored; CELERY_ERR_TOO_LARGE; CELERY_ERR_INVALID_ARGUMENT for an id longer than 16384 bytes;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *result with celery_result_free(); the record stays yours; free *err with
/// celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_eager_result_new(
    record: *const celery_record_t,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_eager_result_new", err) }.run(|call| {
        let result = call.out(result, "result")?;
        let made = EagerResult::new(call.unique(record, "record")?)?;
        result.share(ResultBody::new(ResultBase::Eager(made)));
        Ok(())
    })
}
