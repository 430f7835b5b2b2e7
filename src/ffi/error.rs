//! `celery_error_t`: what a failed call has to say, the exception of a failed task included.

use super::{
    boundary::Call,
    exception::ExceptionView,
    handle::{Opaque, Unique, null},
    status::{self, CELERY_OK, celery_status_t},
    text::{LazyText, Text, raw},
    value::{ValueBody, celery_value_t},
};
use crate::model::Error;
use std::{ffi::c_char, ptr};

/// Why one call failed. Free it with celery_error_free().
pub struct celery_error_t {
    _private: [u8; 0],
}

pub(super) struct ErrorBody {
    error: Error,
    message: Text,
    task_id: LazyText,
    exception: ExceptionView,
}

impl ErrorBody {
    pub(super) fn new(error: Error) -> Self {
        Self {
            message: Text::new(error.message()),
            task_id: LazyText::default(),
            exception: ExceptionView::new(error.exception().cloned()),
            error,
        }
    }
}

impl Opaque for celery_error_t {
    type Body = ErrorBody;
    const NAME: &'static str = "celery_error_t";
}

impl Unique for celery_error_t {}

fn view(call: &Call, error: *const celery_error_t) -> Option<&ExceptionView> {
    call.glance(error).map(|body| &body.exception)
}

/// Gives the status that the failed call returned.
///
/// @param error nullable.
/// @return the status; CELERY_OK for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_status(error: *const celery_error_t) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_status") }
        .answer(CELERY_OK, |call| Ok(call.glance(error).map_or(CELERY_OK, |body| body.error.status().code())))
}

/// Gives the name of the status, as "CELERY_ERR_TIMEOUT".
///
/// @param error nullable.
/// @return static text; "CELERY_OK" for NULL.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_name(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_name") }.answer(c"CELERY_OK".as_ptr(), |call| {
        Ok(call.glance(error).map_or(c"CELERY_OK".as_ptr(), |body| status::name(body.error.status())))
    })
}

/// Gives a sentence for people: the value, the place, and what would be right. Passwords are never
/// in it.
///
/// @param error nullable.
/// @return the text, without the status; an empty text for NULL.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_message(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_message") }.answer(c"".as_ptr(), |call| {
        Ok(call.glance(error).map_or(c"".as_ptr(), |body| body.message.pointer()))
    })
}

/// Tells whether the same call may succeed later without any change.
///
/// @param error nullable.
/// @return true if it may; false for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_is_retriable(error: *const celery_error_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_is_retriable") }
        .answer(false, |call| Ok(call.glance(error).is_some_and(|body| body.error.is_retriable())))
}

/// Gives the id of the task that the error is about. It may be another one than that of the handle:
/// a failed parent, or a member of a group.
///
/// @param error nullable.
/// @return the id; NULL where the error is about no single task.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_task_id(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_task_id") }.answer(ptr::null(), |call| {
        let Some(body) = call.glance(error) else { return Ok(ptr::null()) };
        Ok(body.task_id.pointer(|| body.error.task_id().map(|id| Text::new(id.as_bytes()))))
    })
}

/// Gives the index of the member of a set or group that the error is about.
///
/// @param error nullable.
/// @return the index, from 0; -1 where the error is about no member.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_member(error: *const celery_error_t) -> i64 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_member") }.answer(-1, |call| {
        let member = call.glance(error).and_then(|body| body.error.member());
        Ok(member.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1))
    })
}

/// Gives the record that the error is about, as it is stored, where its bytes cannot be read: they are
/// damaged, of a content type that is not allowed or of a codec that is not built in, or what comes of
/// them is too large or too deep. No NUL follows them.
///
/// @param error nullable.
/// @param len not nullable: gets the number of bytes.
/// @return the bytes; NULL where the error is about no record, and where the stored bytes alone are more
/// than max_payload_bytes allows, which are never fetched; then nothing is written.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_raw(error: *const celery_error_t, len: *mut usize) -> *const u8 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_raw") }.answer(ptr::null(), |call| {
        let len = call.data(len, "len")?;
        Ok(raw(len, call.glance(error).and_then(|body| body.error.record())))
    })
}

/// Gives the class name of the exception of the failed task: `exc_type`, as "Outer.InnerError".
///
/// @param error nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_type(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_exception_type") }
        .answer(ptr::null(), |call| Ok(view(call, error).map_or(ptr::null(), ExceptionView::class)))
}

/// Gives the module of the class of the exception of the failed task: `exc_module`.
///
/// @param error nullable.
/// @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_module(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_exception_module") }
        .answer(ptr::null(), |call| Ok(view(call, error).map_or(ptr::null(), ExceptionView::module)))
}

/// Gives the exception of the failed task in one line, as the last line of a Python traceback:
/// "ValueError: x".
///
/// @param error nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_message(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_exception_message") }
        .answer(ptr::null(), |call| Ok(view(call, error).map_or(ptr::null(), ExceptionView::message)))
}

/// Gives the traceback that the worker stored with the exception of the failed task.
///
/// @param error nullable.
/// @return the text; NULL where there is no exception, or no traceback was stored.
/// Ownership: borrowed, until the error is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_traceback(error: *const celery_error_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_exception_traceback") }
        .answer(ptr::null(), |call| Ok(view(call, error).map_or(ptr::null(), ExceptionView::traceback)))
}

/// Tells whether the worker could not store the exception of the failed task itself: it came in
/// Celery's `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
///
/// @param error nullable.
/// @return true where type and arguments may be less than what was raised; false where there is no
/// exception.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_is_degraded(error: *const celery_error_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_exception_is_degraded") }
        .answer(false, |call| Ok(view(call, error).is_some_and(ExceptionView::is_degraded)))
}

/// Gives the arguments of the exception of the failed task: `exc_message`, an array, or what an old
/// worker stored instead of one.
///
/// @param error not nullable.
/// @param args not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE
/// where it was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *args with celery_value_free(), *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_exception_args(
    error: *const celery_error_t,
    args: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_error_exception_args", err) }.run(|call| {
        let args = call.out(args, "args")?;
        let view = view(call, error).ok_or_else(|| null("error"))?;
        args.share(ValueBody::new(view.args()?));
        Ok(())
    })
}

/// Frees an error. NULL is fine.
///
/// @param error nullable.
/// Ownership: the handle is gone, and every text borrowed from it.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_error_free(error: *mut celery_error_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_error_free") }.act(|call| call.destroy(error));
}
