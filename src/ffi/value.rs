//! `celery_value_t`: what a value is, its JSON text and its typed getters. Walking it is in
//! `value_walk`, the exception in it in `value_exception`.

use super::{
    boundary::Call,
    error::celery_error_t,
    exception::ExceptionView,
    handle::{Opaque, Shared},
    status::celery_status_t,
    text::{LazyText, Text},
};
use crate::{
    model::{Kind, RemoteException, Result, Value},
    result::Outcome,
    sys::Mutex,
};
use std::{collections::BTreeMap, ffi::c_char, ptr, sync::Arc};

/// null
pub const CELERY_KIND_NULL: i32 = 0;
/// true or false
pub const CELERY_KIND_BOOL: i32 = 1;
/// An integer of any size
pub const CELERY_KIND_INT: i32 = 2;
/// A number with a fraction or an exponent, NaN, Infinity, -Infinity
pub const CELERY_KIND_FLOAT: i32 = 3;
/// Text
pub const CELERY_KIND_STRING: i32 = 4;
/// Bytes (kombu's `bytes` and `base64`)
pub const CELERY_KIND_BYTES: i32 = 5;
/// A list
pub const CELERY_KIND_ARRAY: i32 = 6;
/// A map with text keys
pub const CELERY_KIND_OBJECT: i32 = 7;
/// kombu's `datetime`
pub const CELERY_KIND_DATETIME: i32 = 8;
/// kombu's `date`
pub const CELERY_KIND_DATE: i32 = 9;
/// kombu's `time`
pub const CELERY_KIND_TIME: i32 = 10;
/// kombu's `decimal`
pub const CELERY_KIND_DECIMAL: i32 = 11;
/// kombu's `uuid`
pub const CELERY_KIND_UUID: i32 = 12;

/// A decoded value; it never changes. Free it with celery_value_free().
pub struct celery_value_t {
    _private: [u8; 0],
}

pub(super) struct ValueBody {
    outcome: Outcome,
    exception: ExceptionView,
    json: LazyText,
    /// Texts that were lent out, by what was asked for and where.
    lent: Mutex<BTreeMap<(Form, String), Text>>,
}

/// In which form a text is lent out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    String,
    Wtf8,
    Bytes,
    StrictJson,
}

impl ValueBody {
    pub(super) fn new(value: Value) -> Self {
        Self::of_outcome(Outcome::plain(value))
    }

    pub(super) fn with_exception(value: Value, exception: Option<Arc<RemoteException>>) -> Self {
        Self::of_outcome(Outcome { exception, ..Outcome::plain(value) })
    }

    pub(super) fn of_outcome(outcome: Outcome) -> Self {
        Self {
            exception: ExceptionView::new(outcome.exception.clone()),
            outcome,
            json: LazyText::default(),
            lent: Mutex::default(),
        }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(super) fn value(&self) -> &Value {
        &self.outcome.value
    }

    pub(super) fn exception(&self) -> &ExceptionView {
        &self.exception
    }

    /// The value that an optional JSON Pointer names.
    pub(super) fn at(&self, pointer: Option<&str>) -> Result<Value> {
        pointer.map_or_else(|| Ok(self.value().clone()), |pointer| self.value().pointer(pointer))
    }

    fn lend(
        &self,
        form: Form,
        pointer: Option<&str>,
        make: impl FnOnce(&Value) -> Result<Text>,
    ) -> Result<(*const c_char, usize)> {
        let key = (form, pointer.unwrap_or_default().to_owned());
        if let Some(text) = self.lent.lock().get(&key) {
            return Ok((text.pointer(), text.len()));
        }
        let fresh = make(&self.at(pointer)?)?;
        let mut lent = self.lent.lock();
        let text = lent.entry(key).or_insert(fresh);
        Ok((text.pointer(), text.len()))
    }
}

impl Opaque for celery_value_t {
    type Body = ValueBody;
    const NAME: &'static str = "celery_value_t";
}

impl Shared for celery_value_t {}

fn kind(kind: Kind) -> i32 {
    match kind {
        Kind::Null => CELERY_KIND_NULL,
        Kind::Bool => CELERY_KIND_BOOL,
        Kind::Int => CELERY_KIND_INT,
        Kind::Float => CELERY_KIND_FLOAT,
        Kind::String => CELERY_KIND_STRING,
        Kind::Bytes => CELERY_KIND_BYTES,
        Kind::Array => CELERY_KIND_ARRAY,
        Kind::Object => CELERY_KIND_OBJECT,
        Kind::DateTime => CELERY_KIND_DATETIME,
        Kind::Date => CELERY_KIND_DATE,
        Kind::Time => CELERY_KIND_TIME,
        Kind::Decimal => CELERY_KIND_DECIMAL,
        Kind::Uuid => CELERY_KIND_UUID,
    }
}

/// Tells what the value is. The typed forms of kombu, the library in which Celery encodes data
/// ({"__type__": "datetime", "__value__": …}), are recognised; damaged and unknown ones are objects.
///
/// @param value not nullable.
/// @return CELERY_KIND_NULL to CELERY_KIND_UUID; -1 for NULL. New kinds may come.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_kind(value: *const celery_value_t) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_kind") }
        .answer(-1, |call| Ok(kind(call.shared(value, "value")?.value().kind())))
}

/// Gives the value as JSON text, as it is stored: in Python's dialect, so NaN, Infinity, -Infinity,
/// integers of any size and lone surrogates (halves of UTF-16 pairs, as in "\ud800") are possible.
///
/// @param value not nullable.
/// @param len nullable: gets the length in bytes.
/// @return the text; NULL for NULL.
/// Ownership: borrowed, until the value is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_json(value: *const celery_value_t, len: *mut usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_json") }.answer(ptr::null(), |call| {
        let body = call.shared(value, "value")?;
        let Some(text) = body.json.get(|| Some(Text::new(body.value().json()))) else {
            return Ok(ptr::null());
        };
        call.fill(len, text.len());
        Ok(text.pointer())
    })
}

/// Gives the value as JSON that every reader understands (RFC 8259).
///
/// @param value not nullable.
/// @param json not nullable.
/// @param len nullable: gets the length in bytes.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NOT_JSON where NaN, an infinity or a lone surrogate stands in the
/// value, with its path in the message; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: *json is borrowed, until the value is freed; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_json_strict(
    value: *const celery_value_t,
    json: *mut *const c_char,
    len: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_value_json_strict", err) }.run(|call| {
        let json = call.data(json, "json")?;
        let body = call.shared(value, "value")?;
        let (pointer, length) =
            body.lend(Form::StrictJson, None, |value| value.json_strict().map(Text::new))?;
        json.set(pointer);
        call.fill(len, length);
        Ok(())
    })
}

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

/// Gives the text; of a datetime, date, time, decimal or uuid its canonical text. It may contain NUL.
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

/// Gives another reference to the same value.
///
/// @param value not nullable.
/// @return the value; NULL for NULL.
/// Ownership: free it with celery_value_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_ref(value: *const celery_value_t) -> *mut celery_value_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_ref") }.answer(ptr::null_mut(), |call| Ok(call.reference(value)))
}

/// Gives a reference back. NULL is fine.
///
/// @param value nullable.
/// Ownership: the reference is gone, and with the last one every text borrowed from the value.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_value_free(value: *mut celery_value_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_value_free") }.act(|call| {
        call.release(value);
    });
}
