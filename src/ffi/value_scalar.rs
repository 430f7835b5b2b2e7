//! The getters of a value that give a number or a boolean.

use super::{boundary::Call, error::celery_error_t, status::celery_status_t, value::celery_value_t};
use std::ffi::c_char;

/// Gives the boolean.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param out not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
/// a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_bool(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    out: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_bool", err) }.run(|call| {
        let out = call.data(out, "out")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        out.set(call.shared(value, "value")?.at(pointer)?.as_bool()?);
        Ok(())
    })
}

/// Gives the integer.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param out not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW; CELERY_ERR_NO_SUCH_VALUE;
/// CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_int64(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    out: *mut i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_int64", err) }.run(|call| {
        let out = call.data(out, "out")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        out.set(call.shared(value, "value")?.at(pointer)?.as_i64()?);
        Ok(())
    })
}

/// Gives the integer as an unsigned one.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param out not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW; CELERY_ERR_NO_SUCH_VALUE;
/// CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_uint64(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    out: *mut u64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_uint64", err) }.run(|call| {
        let out = call.data(out, "out")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        out.set(call.shared(value, "value")?.at(pointer)?.as_u64()?);
        Ok(())
    })
}

/// Gives the number: NaN and infinities too, of an integer the nearest double.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param out not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW for an integer beyond every double;
/// CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_double(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    out: *mut f64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_double", err) }.run(|call| {
        let out = call.data(out, "out")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        out.set(call.shared(value, "value")?.at(pointer)?.as_f64()?);
        Ok(())
    })
}

/// Gives the timedelta in microseconds.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param micros not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_OVERFLOW beyond some 292 thousand years;
/// CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON Pointer;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_timedelta_micros(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    micros: *mut i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_timedelta_micros", err) }.run(|call| {
        let micros = call.data(micros, "micros")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        micros.set(call.shared(value, "value")?.at(pointer)?.as_timedelta_micros()?);
        Ok(())
    })
}
