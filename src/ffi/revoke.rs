//! Revoking tasks: telling the workers to ignore them, or to end them.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    result::celery_result_t,
    revoke_options::celery_revoke_options_t,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use std::ffi::c_char;

/// Has the workers ignore the task (`revoke`), and end it where the arguments say so; of a set or group all
/// tasks in it, by one message for each app. What a worker runs already goes on, unless terminate is on. A
/// worker of Celery 5.6.2 or later stores REVOKED at once, also for an id that never was; older ones when
/// the task's turn comes. An EAGER result becomes REVOKED itself, with the exception `TaskRevokedError`.
///
/// The answers are an object: "heard", how many listened when the message was sent, workers as a rule, or null
/// where the connection broke before the server said so and answers show that it was sent; "complete",
/// whether answers were waited for and all of them have come; "nodes", from the name of each worker that
/// answered to its answer: {"ok": ...}, or {"error": ...} where it could not do it.
///
/// @param result not nullable.
/// @param options nullable: every default; no answers are waited for.
/// @param replies nullable: not wanted. NULL comes out for an EAGER result, which has nobody to answer.
/// @param err nullable.
/// @return CELERY_OK, also where nobody heard or answered; CELERY_ERR_UNSUPPORTED where the app has no
/// broker; CELERY_ERR_NOT_BUILT_IN where it has one that this library cannot speak to;
/// CELERY_ERR_UNREACHABLE where nothing was sent; CELERY_ERR_UNCERTAIN where it may or may not have been, and
/// nobody has answered; CELERY_ERR_CANCELLED; CELERY_ERR_ENCODE and CELERY_ERR_TOO_LARGE where so many ids
/// are no message; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_LIMIT; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the arguments' timeout where answers are waited for, otherwise up to the option
/// operation_timeout_ms.
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
        let replies = call.out_or_null(replies);
        let result = call.shared(result, "result")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        let found = result.base().revoke(&options)?;
        if let (Some(slot), Some(found)) = (replies, found) {
            slot.share(ValueBody::new(found.to_value()?));
        }
        Ok(())
    })
}

/// Has the workers ignore every task that bears one of these stamps (`revoke_by_stamped_headers`), and end
/// those that run where the arguments say so. Each worker remembers the stamps for as long as it lives; a
/// task's state changes when its turn comes. Celery's answers to this are texts for people.
///
/// @param app not nullable.
/// @param headers_json not nullable: a JSON object, from the name of a stamp to its value or an array of
/// values, any of which counts.
/// @param options nullable: every default.
/// @param replies nullable: not wanted; as of celery_result_revoke().
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where headers_json is no JSON object with members;
/// CELERY_ERR_TOO_DEEP; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT; all others of
/// celery_result_revoke().
/// Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: as celery_result_revoke().
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_revoke_by_stamped_headers(
    app: *const celery_app_t,
    headers_json: *const c_char,
    options: *const celery_revoke_options_t,
    replies: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_revoke_by_stamped_headers", err) }.run(|call| {
        let replies = call.out_or_null(replies);
        let app = call.shared(app, "app")?;
        let headers = call.text(headers_json, "headers_json")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        let found = crate::result::revoke_by_stamped_headers(app.app(), headers, &options)?;
        if let Some(slot) = replies {
            slot.share(ValueBody::new(found.to_value()?));
        }
        Ok(())
    })
}
