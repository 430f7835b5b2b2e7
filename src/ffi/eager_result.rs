//! The result of a task that was run at once, and revoking, which so far is for that kind only.

use super::{
    boundary::Call,
    error::celery_error_t,
    record::celery_record_t,
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
    value::celery_value_t,
};
use crate::{
    model::{Error, Status},
    result::{EagerResult, ResultBase},
};

/// The arguments of celery_result_revoke(). This version has no function that makes them: the type
/// keeps their place.
pub struct celery_revoke_options_t {
    _private: [u8; 0],
}

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

/// Ends the task (`revoke`). In this version for EAGER results only, which become REVOKED with the
/// exception `TaskRevokedError`; for all other kinds it needs Celery's remote control, which is not
/// there yet.
///
/// @param result not nullable.
/// @param options nullable: every default; in this version it must be NULL.
/// @param replies nullable: not wanted. NULL comes out: an EAGER result has nobody to reply.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNSUPPORTED for other kinds than EAGER; CELERY_ERR_INVALID_ARGUMENT
/// where options is not NULL; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_revoke(
    result: *const celery_result_t,
    options: *const celery_revoke_options_t,
    replies: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_revoke", err) }.run(|call| {
        call.out_or_null(replies);
        if !options.is_null() {
            let message = "options must be NULL: this version has none";
            return Err(Error::new(Status::InvalidArgument, message));
        }
        call.shared(result, "result")?.base().revoke()
    })
}
