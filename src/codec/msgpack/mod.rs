//! msgpack.

use super::{Limits, outline::Outline};
use crate::model::{Error, Result, Status, Value};

/// State and task id, without decoding the value.
pub(super) fn outline(bytes: &[u8], limits: &Limits) -> Result<Outline> {
    let _ = (bytes, limits);
    Err(Error::new(Status::NotBuiltIn, "msgpack"))
}

/// The record as JSON text.
pub(super) fn text(bytes: &[u8], limits: &Limits) -> Result<String> {
    let _ = (bytes, limits);
    Err(Error::new(Status::NotBuiltIn, "msgpack"))
}

/// The value as bytes to store.
pub(super) fn write(value: &Value) -> Result<Vec<u8>> {
    let _ = value;
    Err(Error::new(Status::NotBuiltIn, "msgpack"))
}
