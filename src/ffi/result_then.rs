//! A function that is called when a result is ready.

use super::{
    boundary::Call,
    callback::{Env, celery_env_free_t},
    error::{ErrorBody, celery_error_t},
    handle::{lend, lend_unique, null},
    meta::{MetaBody, celery_meta_t},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use std::{ffi::c_void, ptr};

/// Gets a result that is ready, whatever its outcome, with its record, which is NULL for sets, groups and
/// ignored results. Both are borrowed for the length of the call; celery_result_ref() and
/// celery_meta_ref() keep them.
pub type celery_then_callback_t = Option<
    unsafe extern "C" fn(env: *mut c_void, result: *const celery_result_t, meta: *const celery_meta_t),
>;

/// Gets a result whose wait ended in another way: the app was closed, or the record is unreadable. Both
/// are borrowed for the length of the call.
pub type celery_then_error_t = Option<
    unsafe extern "C" fn(env: *mut c_void, result: *const celery_result_t, error: *const celery_error_t),
>;

/// Calls a function once when the task has finished, also when it has failed (`then`), and also when it
/// has finished already. Of a set or group: when all members have finished; when the app that it was
/// made for is closed before, on_error is called at once, whatever the apps of its members.
///
/// For an EAGER result, which has no app, the calling thread calls it at once. All others run on the
/// one thread named celery-callback that an app has for them, one at a time. They must not unwind or
/// longjmp, and should be short: the next ones wait for them. The result may be freed meanwhile.
///
/// They may look, store, forget, send, and revoke without waiting for answers. What may wait is refused
/// there with CELERY_ERR_RECURSIVE, whatever its timeout: celery_app_connect(), celery_app_close_wait(),
/// what waits for answers of workers, and, unless the handles know already that all has finished,
/// celery_result_wait(), celery_result_get(), celery_result_get_with(), celery_result_join(),
/// celery_result_join_native(), celery_result_iter_next(),
/// celery_dependencies_collect(), celery_result_get_leaf(), celery_wait_any(), celery_wait_all() and
/// celery_wait_some(). celery_queue_next() gives the events that are there, and is refused where it
/// would wait for one.
///
/// @param result not nullable.
/// @param callback not nullable.
/// @param on_error nullable: called instead when the wait ends in another way.
/// @param env nullable: handed to the functions.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_CLOSED; CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
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
        result.base().then(move |result, end| {
            lend(ResultBody::new(result.clone()), |result| match end {
                // SAFETY: the C program gave this function for this environment; the result lives on.
                Ok(None) => unsafe { callback(env.pointer(), result, ptr::null()) },
                Ok(Some(meta)) => lend(MetaBody::of_message(&meta), |meta| {
                    // SAFETY: as above, and so does the meta.
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
