//! Walking a value: length, index, key, JSON Pointer, and iteration in linear time. Every step
//! gives a handle of its own, which keeps the record alive; the parent may be freed.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Unique},
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::result::OutcomeIter;
use std::ffi::c_char;

/// Where a walk over a container stands. Free it with celery_value_iter_free().
pub struct celery_value_iter_t {
    _private: [u8; 0],
}

impl Opaque for celery_value_iter_t {
    type Body = OutcomeIter;
    const NAME: &'static str = "celery_value_iter_t";
}

impl Unique for celery_value_iter_t {}

/// Gives the number of elements of an array or set, or of members of an object, map, Python object or
/// exception.
///
/// @param value not nullable.
/// @param json_pointer nullable: a JSON Pointer (RFC 6901) into the value; NULL and "" are the value
/// itself.
/// @param length not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for
/// a misspelled JSON Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_length(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    length: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_length", err) }.run(|call| {
        let length = call.data(length, "length")?;
        let pointer = call.text_or_null(json_pointer, "json_pointer")?;
        length.set(call.shared(value, "value")?.at(pointer)?.len()?);
        Ok(())
    })
}

/// Gives the value that a JSON Pointer names: "/0" an element of an array or set, "/k" the value under a
/// text key of an object or map, "/args/0" an argument of a Python object, "/exc_message/0" one of an
/// exception.
///
/// @param value not nullable.
/// @param json_pointer not nullable: RFC 6901, as "/items/0/name"; "" is the value itself.
/// @param found not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_INVALID_ARGUMENT for a misspelled JSON
/// Pointer; CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *found with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_get(
    value: *const celery_value_t,
    json_pointer: *const c_char,
    found: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_get", err) }.run(|call| {
        let found = call.out(found, "found")?;
        let pointer = call.text(json_pointer, "json_pointer")?;
        found.share(ValueBody::of_outcome(call.shared(value, "value")?.outcome().pointer(pointer)?));
        Ok(())
    })
}

/// Gives the value under one text key of an object, map, Python object or exception; of a key that
/// stands there twice the last, as in Python.
///
/// @param value not nullable.
/// @param key not nullable.
/// @param found not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_INVALID_UTF8;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *found with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_get_key(
    value: *const celery_value_t,
    key: *const c_char,
    found: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_get_key", err) }.run(|call| {
        let found = call.out(found, "found")?;
        let key = call.text(key, "key")?;
        found.share(ValueBody::new(call.shared(value, "value")?.value().get_key(key)?));
        Ok(())
    })
}

/// Gives one element of an array or set, or the value of one member of an object, map, Python object or
/// exception, in stored order.
///
/// @param value not nullable.
/// @param index from 0.
/// @param found not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *found with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_index(
    value: *const celery_value_t,
    index: usize,
    found: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_index", err) }.run(|call| {
        let found = call.out(found, "found")?;
        found.share(ValueBody::of_outcome(call.shared(value, "value")?.outcome().element(index)?));
        Ok(())
    })
}

/// Gives the key of one member of an object, Python object or exception in stored order, as a text
/// value; of a map, whose keys may be any values.
///
/// @param value not nullable.
/// @param index from 0.
/// @param key not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *key with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_key_at(
    value: *const celery_value_t,
    index: usize,
    key: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_key_at", err) }.run(|call| {
        let key = call.out(key, "key")?;
        key.share(ValueBody::new(call.shared(value, "value")?.value().key(index)?));
        Ok(())
    })
}

/// Begins a walk over the elements of an array or set, or over the members of an object, map, Python
/// object or exception, in stored order.
///
/// @param value not nullable.
/// @param iter not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *iter with celery_value_iter_free(); it keeps the record alive, the value may be
/// freed; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_iter_new(
    value: *const celery_value_t,
    iter: *mut *mut celery_value_iter_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_iter_new", err) }.run(|call| {
        let iter = call.out(iter, "iter")?;
        iter.own(call.shared(value, "value")?.outcome().iter()?);
        Ok(())
    })
}

/// Gives the next element. After the last one *value is NULL, with CELERY_OK.
///
/// @param iter not nullable.
/// @param key nullable: gets the member's key, a text value, of a map any value; NULL comes out for
/// elements of arrays and sets.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *key and *value with celery_value_free(); free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_iter_next(
    iter: *mut celery_value_iter_t,
    key: *mut *mut celery_value_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_iter_next", err) }.run(|call| {
        let key = call.out_or_null(key);
        let value = call.out(value, "value")?;
        if let Some((found_key, found)) = call.unique_mut(iter, "iter")?.next() {
            if let (Some(key), Some(found_key)) = (key, found_key) {
                key.share(ValueBody::new(found_key));
            }
            value.share(ValueBody::of_outcome(found));
        }
        Ok(())
    })
}

/// Ends a walk. NULL is fine. The values it gave stay.
///
/// @param iter nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_iter_free(iter: *mut celery_value_iter_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_iter_free") }.act(|call| {
        call.destroy(iter);
    });
}
