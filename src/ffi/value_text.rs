//! The getters of a value that lend text or bytes.

use super::{
    boundary::Call,
    error::celery_error_t,
    status::celery_status_t,
    text::Text,
    value::{Form, celery_value_t},
};
use std::ffi::c_char;

/// Gives the text; of a datetime, date, time, decimal or uuid its canonical text, of a timedelta what
/// Python's `str` shows ("1 day, 0:00:02.000003"), of a class or function its name. It may contain NUL.
///
/// What is lent out under a JSON Pointer stays with this handle: in long loops take a handle for each
/// element instead, with celery_value_iter_next() or celery_value_index().
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param text not nullable.
/// @param len nullable: gets the length in bytes.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NOT_UTF8 where it holds a lone surrogate:
/// celery_value_wtf8() gives such text; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a
/// misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: *text is borrowed, until the value is freed; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_string(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    text: *mut *const c_char,
    len: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_string", err) }.run(|call| {
        let text = call.data(text, "text")?;
        let at = call.text_or_null(json_pointer, "json_pointer")?;
        let body = call.shared(value, "value")?;
        let (pointer, length) =
            body.lend(Form::String, at, |value| value.as_str().map(|text| Text::new(text.as_bytes())))?;
        text.set(pointer);
        call.fill(len, length);
        Ok(())
    })
}

/// Gives any text as WTF-8: UTF-8 in which lone surrogates are encoded like other characters.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param text not nullable.
/// @param len nullable: gets the length in bytes.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
/// a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: *text is borrowed, until the value is freed; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_wtf8(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    text: *mut *const u8,
    len: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_wtf8", err) }.run(|call| {
        let text = call.data(text, "text")?;
        let at = call.text_or_null(json_pointer, "json_pointer")?;
        let body = call.shared(value, "value")?;
        let (pointer, length) = body.lend(Form::Wtf8, at, |value| value.as_wtf8().map(Text::new))?;
        text.set(pointer.cast());
        call.fill(len, length);
        Ok(())
    })
}

/// Gives the bytes, or text as UTF-8.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param bytes not nullable.
/// @param len nullable: gets the length in bytes.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NOT_UTF8 where text holds a lone surrogate;
/// CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: *bytes is borrowed, until the value is freed; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_bytes(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    bytes: *mut *const u8,
    len: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_bytes", err) }.run(|call| {
        let bytes = call.data(bytes, "bytes")?;
        let at = call.text_or_null(json_pointer, "json_pointer")?;
        let body = call.shared(value, "value")?;
        let (pointer, length) = body.lend(Form::Bytes, at, |value| value.as_bytes().map(Text::new))?;
        bytes.set(pointer.cast());
        call.fill(len, length);
        Ok(())
    })
}
