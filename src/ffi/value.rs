//! `celery_value_t`: the handle of a decoded value, and its JSON text. What it is, is in `value_kind`,
//! its getters in `value_scalar` and `value_text`; walking it is in `value_walk`, the exception in it in
//! `value_exception`.

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
use once_cell::race::OnceBox;
use std::{collections::BTreeMap, ffi::c_char, ptr, sync::Arc};

/// A decoded value; it never changes. Free it with celery_value_free().
pub struct celery_value_t {
    _private: [u8; 0],
}

pub(super) struct ValueBody {
    outcome: Outcome,
    exception: OnceBox<ExceptionView>,
    json: LazyText,
    /// Texts that were lent out, by what was asked for and where.
    lent: Mutex<BTreeMap<(Form, String), Text>>,
}

/// In which form a text is lent out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
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
        Self { outcome, exception: OnceBox::new(), json: LazyText::default(), lent: Mutex::default() }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(super) fn value(&self) -> &Value {
        &self.outcome.value
    }

    /// Whether the value is an exception; a map that looks like one is what a task returned.
    pub(super) fn is_exception(&self) -> bool {
        self.outcome.exception.is_some() || self.value().kind() == Kind::Exception
    }

    /// The exception of the task; else the one that the value itself is.
    pub(super) fn exception(&self) -> &ExceptionView {
        self.exception.get_or_init(|| {
            let own = || RemoteException::from_value(self.value()).map(Arc::new);
            Box::new(ExceptionView::new(self.outcome.exception.clone().or_else(own)))
        })
    }

    /// The value that an optional JSON Pointer names.
    pub(super) fn at(&self, pointer: Option<&str>) -> Result<Value> {
        pointer.map_or_else(|| Ok(self.value().clone()), |pointer| self.value().pointer(pointer))
    }

    pub(super) fn lend(
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

/// Gives the value as JSON text, that of json records as it is stored: in Python's dialect, so NaN,
/// Infinity, -Infinity, integers of any size and lone surrogates (halves of UTF-16 pairs, as in "\ud800") are possible.
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
