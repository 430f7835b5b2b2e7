//! Compressed records: what stands in front of them, and which compression it names. One module per
//! compression does the work.

use super::Limits;
use crate::model::{Compression, Error, Result, Status};
use std::borrow::Cow;

const MAGIC: &[u8] = b"\0celery-compressed\0";

/// The record without its compression; itself where it has none.
pub(super) fn unpacked<'a>(record: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>> {
    let Some(rest) = record.strip_prefix(MAGIC) else { return Ok(Cow::Borrowed(record)) };
    let _ = (rest, limits);
    Err(Error::new(Status::NotBuiltIn, "compression"))
}

/// The record compressed, with what stands in front of it.
pub(super) fn packed(compression: Compression, record: &[u8]) -> Result<Vec<u8>> {
    let _ = (compression, record);
    Err(Error::new(Status::NotBuiltIn, "compression"))
}
