//! What a value is, as numbers for C. What each kind can be asked is said in the header's preamble.

use super::{boundary::Call, value::celery_value_t};
use crate::model::Kind;

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
/// A list or a tuple
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
/// A `set` or `frozenset`; its elements are those of an array
pub const CELERY_KIND_SET: i32 = 13;
/// A map in which some key is neither text, number, boolean nor null; its keys are values
pub const CELERY_KIND_MAP: i32 = 14;
/// A `timedelta`
pub const CELERY_KIND_TIMEDELTA: i32 = 15;
/// An instance of some class: `class`, `args`, `state` and what else it was made from
pub const CELERY_KIND_PYTHON_OBJECT: i32 = 16;
/// A class or function, by its name "module.qualname"
pub const CELERY_KIND_PYTHON_NAME: i32 = 17;
/// An exception: `exc_type`, `exc_message`, `exc_module` and, where it has attributes, `exc_state`
pub const CELERY_KIND_EXCEPTION: i32 = 18;

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
        Kind::Set => CELERY_KIND_SET,
        Kind::Map => CELERY_KIND_MAP,
        Kind::TimeDelta => CELERY_KIND_TIMEDELTA,
        Kind::PythonObject => CELERY_KIND_PYTHON_OBJECT,
        Kind::PythonName => CELERY_KIND_PYTHON_NAME,
        Kind::Exception => CELERY_KIND_EXCEPTION,
    }
}

/// Tells what the value is. The typed forms ({"__type__": "datetime", "__value__": …}) are recognised,
/// those of kombu, the library in which Celery encodes data, and ours: see VALUES above. Damaged and
/// unknown ones are objects.
///
/// @param value not nullable.
/// @return CELERY_KIND_NULL to CELERY_KIND_EXCEPTION; -1 for NULL. New kinds may come.
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
