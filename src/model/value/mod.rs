//! A decoded value: a span of checked JSON text in Python's dialect, with typed getters,
//! navigation and iteration. Whatever the serializer was, its decoder ends in this text, so
//! there is one set of accessors.

use super::Result;

/// What a value is, after kombu's typed forms have been recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// null
    Null,
    /// true or false
    Bool,
    /// An integer of any size
    Int,
    /// A number with a fraction or an exponent, NaN, Infinity, -Infinity
    Float,
    /// Text
    String,
    /// Bytes (kombu's `bytes` and `base64`)
    Bytes,
    /// A list
    Array,
    /// A map with text keys
    Object,
    /// kombu's `datetime`
    DateTime,
    /// kombu's `date`
    Date,
    /// kombu's `time`
    Time,
    /// kombu's `decimal`
    Decimal,
    /// kombu's `uuid`
    Uuid,
}

/// A decoded value.
#[derive(Clone, Debug)]
pub struct Value {}

impl Value {
    /// What this value is.
    pub fn kind(&self) -> Kind {
        todo!()
    }
    /// The JSON text as stored.
    pub fn json(&self) -> &str {
        todo!()
    }
    /// The number as `i64`.
    pub fn as_i64(&self) -> Result<i64> {
        todo!()
    }
}
