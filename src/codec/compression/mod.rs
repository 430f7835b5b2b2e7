//! Compressed records: what stands in front of them, which compression it names, and how much may
//! come out. One module per compression does the work; none of them knows records.

#[cfg(feature = "brotli")]
mod brotli;
#[cfg(feature = "bzip2")]
mod bzip2;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "lzma")]
mod lzma;
mod output;
#[cfg(feature = "zstd")]
mod zstd;

use super::limits::{Bounds, Subject};
use crate::model::{Compression, Error, Result, Status};
use output::{Flaw, Output};
use std::{borrow::Cow, io};

pub(super) const MAGIC: &[u8] = b"\0celery-compressed\0";

/// The record without its compression; itself where it has none.
pub(super) fn unpacked<'a>(record: &'a [u8], bounds: &Bounds) -> Result<Cow<'a, [u8]>> {
    let Some(rest) = record.strip_prefix(MAGIC) else { return Ok(Cow::Borrowed(record)) };
    let Some(end) = memchr::memchr(0, rest) else {
        return Err(Error::new(Status::Decode, "the record ends before it says how it is compressed"));
    };
    let (mime, data) = rest.split_at(end);
    let data = data.get(1..).unwrap_or_default();
    let compression =
        std::str::from_utf8(mime).ok().and_then(Compression::named).ok_or_else(|| unknown(mime))?;
    unpack_from(compression, data, bounds).map(Cow::Owned)
}

/// What was compressed into `data`, within the bounds of what it is a part of.
pub(super) fn unpack_from(compression: Compression, data: &[u8], bounds: &Bounds) -> Result<Vec<u8>> {
    let mut output = Output::new(bounds.grown);
    let (name, subject) = (name(compression), bounds.subject);
    match unpack(compression, data, &mut output).ok_or_else(|| not_built_in(compression, subject))? {
        Ok(()) => Ok(output.into_bytes()),
        Err(Flaw::Outgrown) => Err(bounds.outgrown()),
        Err(Flaw::Greedy) => {
            let message = format!("{subject} is compressed with {name} in a way that needs too much memory");
            Err(Error::new(Status::TooLarge, message))
        }
        Err(Flaw::Pieces) => {
            let message = format!("{subject} is compressed with {name} in too many pieces");
            Err(Error::new(Status::TooLarge, message))
        }
        Err(Flaw::Cut) => {
            let message = format!("{subject} is compressed with {name} and ends too early");
            Err(Error::new(Status::Decode, message))
        }
        Err(Flaw::Damaged(why)) => {
            let message = format!("{subject} is compressed with {name} and damaged: {why}");
            Err(Error::new(Status::Decode, message))
        }
    }
}

/// The record compressed, with what stands in front of it.
pub(super) fn packed(compression: Compression, record: &[u8]) -> Result<Vec<u8>> {
    let mut packed = [MAGIC, compression.mime().as_bytes(), b"\0"].concat();
    pack_into(compression, record, &mut packed, Subject::Record)?;
    Ok(packed)
}

/// Appends `data` compressed.
pub(super) fn pack_into(
    compression: Compression,
    data: &[u8],
    packed: &mut Vec<u8>,
    subject: Subject,
) -> Result<()> {
    let done = pack(compression, data, packed).ok_or_else(|| not_built_in(compression, subject))?;
    done.map_err(|why| {
        let message = format!("{subject} cannot be compressed with {}: {why}", name(compression));
        Error::new(Status::Encode, message)
    })
}

/// `None` where it is not built in.
fn unpack(
    compression: Compression,
    data: &[u8],
    output: &mut Output,
) -> Option<std::result::Result<(), Flaw>> {
    let _ = (data, &output);
    match compression {
        #[cfg(feature = "gzip")]
        Compression::Gzip => Some(gzip::unpack(data, output)),
        #[cfg(feature = "bzip2")]
        Compression::Bzip2 => Some(bzip2::unpack(data, output)),
        #[cfg(feature = "lzma")]
        Compression::Lzma => Some(lzma::unpack(data, output)),
        #[cfg(feature = "brotli")]
        Compression::Brotli => Some(brotli::unpack(data, output)),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Some(zstd::unpack(data, output)),
        #[allow(unreachable_patterns, reason = "reached where one of them is not built in")]
        _ => None,
    }
}

/// `None` where it is not built in.
fn pack(compression: Compression, record: &[u8], packed: &mut Vec<u8>) -> Option<io::Result<()>> {
    let _ = (record, &packed);
    match compression {
        #[cfg(feature = "gzip")]
        Compression::Gzip => Some(gzip::pack(record, packed)),
        #[cfg(feature = "bzip2")]
        Compression::Bzip2 => Some(bzip2::pack(record, packed)),
        #[cfg(feature = "lzma")]
        Compression::Lzma => Some(lzma::pack(record, packed)),
        #[cfg(feature = "brotli")]
        Compression::Brotli => Some(brotli::pack(record, packed)),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Some(zstd::pack(record, packed)),
        #[allow(unreachable_patterns, reason = "reached where one of them is not built in")]
        _ => None,
    }
}

/// kombu's usual name for it.
fn name(compression: Compression) -> &'static str {
    compression.names().first().copied().unwrap_or_default()
}

fn not_built_in(compression: Compression, subject: Subject) -> Error {
    let (name, mime) = (name(compression), compression.mime());
    let message = format!(
        "{subject} is compressed with {name} ({mime}); this build of the library has no {name} (cargo feature {name:?})"
    );
    Error::new(Status::NotBuiltIn, message)
}

fn unknown(mime: &[u8]) -> Error {
    let shown = mime.get(..mime.len().min(64)).unwrap_or_default().escape_ascii();
    let known = Compression::ALL.map(Compression::mime).join(", ");
    let message = format!("the record is compressed as \"{shown}\"; what this library knows is {known}");
    Error::new(Status::NotBuiltIn, message)
}
