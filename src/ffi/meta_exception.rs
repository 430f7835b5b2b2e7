//! The exception view of a record, for those in one of the states FAILURE, RETRY and REVOKED.

use super::{
    boundary::Call,
    error::celery_error_t,
    exception::ExceptionView,
    handle::null,
    meta::{MetaBody, celery_meta_t},
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use std::{ffi::c_char, ptr};

fn view(call: &Call, meta: *const celery_meta_t) -> Option<&ExceptionView> {
    call.glance(meta).map(MetaBody::exception)
}

/// Gives the class name of the exception of a failed, revoked or retried task: `exc_type`, as
/// "Outer.InnerError".
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_type(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_type") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::class)))
}

/// Gives the module of the class of the exception of a failed, revoked or retried task: `exc_module`.
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_module(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_module") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::module)))
}

/// Gives the exception of a failed, revoked or retried task in one line, as the last line of a Python
/// traceback: "ValueError: x".
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_message(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_message") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::message)))
}

/// Gives the traceback that the worker stored with the exception of a failed, revoked or retried task.
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception, or no traceback was stored.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_traceback(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_traceback") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::traceback)))
}

/// Tells whether the worker could not store the exception of a failed, revoked or retried task itself:
/// it came in Celery's `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
///
/// @param meta not nullable.
/// @return true where type and arguments may be less than what was raised; false where there is no
/// exception.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_is_degraded(meta: *const celery_meta_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_is_degraded") }
        .answer(false, |call| Ok(view(call, meta).is_some_and(ExceptionView::is_degraded)))
}

/// Gives the arguments of the exception of a failed, revoked or retried task: `exc_message`, an array,
/// or what an old worker stored instead of one.
///
/// @param meta not nullable.
/// @param args not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
/// where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *args with celery_value_free(), *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_args(
    meta: *const celery_meta_t,
    args: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_exception_args", err) }.run(|call| {
        let args = call.out(args, "args")?;
        let view = view(call, meta).ok_or_else(|| null("meta"))?;
        args.share(ValueBody::new(view.args()?));
        Ok(())
    })
}
