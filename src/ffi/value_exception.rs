//! The exception view of a value: what `get` without propagate and the meta of a failed task give, and
//! exceptions inside of values.

use super::{
    boundary::Call,
    error::celery_error_t,
    exception::ExceptionView,
    handle::null,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use std::{ffi::c_char, ptr};

fn view(call: &Call, value: *const celery_value_t) -> Option<&ExceptionView> {
    call.glance(value).map(ValueBody::exception)
}

/// Tells whether the value is an exception: that of a task, the `result` of a record in one of the
/// states FAILURE, RETRY and REVOKED, or one of the kind CELERY_KIND_EXCEPTION inside of a value, as
/// among the arguments of an ExceptionGroup. Its JSON accessors give what is stored.
///
/// The functions below also read an object that is Celery's map of an exception (`exc_type`,
/// `exc_message` and nothing foreign), as it stands in a record. This one does not: a task may have
/// returned such a map.
///
/// @param value not nullable.
/// @return true for an exception; false for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_is_exception(value: *const celery_value_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_is_exception") }
        .answer(false, |call| Ok(call.glance(value).is_some_and(ValueBody::is_exception)))
}

/// Gives the class name of the exception in this value: `exc_type`, as "Outer.InnerError".
///
/// @param value not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the value is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_type(value: *const celery_value_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_exception_type") }
        .answer(ptr::null(), |call| Ok(view(call, value).map_or(ptr::null(), ExceptionView::class)))
}

/// Gives the module of the class of the exception in this value: `exc_module`.
///
/// @param value not nullable.
/// @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
/// Ownership: borrowed, until the value is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_module(value: *const celery_value_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_exception_module") }
        .answer(ptr::null(), |call| Ok(view(call, value).map_or(ptr::null(), ExceptionView::module)))
}

/// Gives the exception in this value in one line, as the last line of a Python traceback: "ValueError:
/// x".
///
/// @param value not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the value is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_message(value: *const celery_value_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_exception_message") }
        .answer(ptr::null(), |call| Ok(view(call, value).map_or(ptr::null(), ExceptionView::message)))
}

/// Gives the traceback that the worker stored with the exception in this value.
///
/// @param value not nullable.
/// @return the text; NULL where there is no exception, or no traceback was stored.
/// Ownership: borrowed, until the value is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_traceback(value: *const celery_value_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_exception_traceback") }
        .answer(ptr::null(), |call| Ok(view(call, value).map_or(ptr::null(), ExceptionView::traceback)))
}

/// Tells whether the worker could not store the exception in this value itself: it came in Celery's
/// `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
///
/// @param value not nullable.
/// @return true where type and arguments may be less than what was raised; false where there is no
/// exception.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_is_degraded(value: *const celery_value_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_exception_is_degraded") }
        .answer(false, |call| Ok(view(call, value).is_some_and(ExceptionView::is_degraded)))
}

/// Gives the arguments of the exception in this value: `exc_message`, an array, or what an old worker
/// stored instead of one.
///
/// @param value not nullable.
/// @param args not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
/// where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *args with celery_value_free(), *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_exception_args(
    value: *const celery_value_t,
    args: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_exception_args", err) }.run(|call| {
        let args = call.out(args, "args")?;
        let view = view(call, value).ok_or_else(|| null("value"))?;
        args.share(ValueBody::new(view.args()?));
        Ok(())
    })
}
