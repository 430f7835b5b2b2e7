//! What the bytes of a record, without the compression that Celery marks, look like: they carry no
//! content type. What may be read is in `format`.

use super::compression::MAGIC;
use crate::model::{Compression, Error, Serializer, Status};

/// How much of a record is looked at to tell text from other bytes.
const START: usize = 64;

/// The serializer that could have written these bytes as a record, which is a map in all of them.
pub(super) fn like(bytes: &[u8]) -> Option<Serializer> {
    let text = bytes.trim_ascii_start();
    match (bytes.first()?, bytes.get(1)) {
        (0x80, Some(2..=5)) => Some(Serializer::Pickle),
        (0x80..=0x8F | 0xDE | 0xDF, _) => Some(Serializer::Msgpack),
        _ if text.first() == Some(&b'{') => Some(flow(text)),
        _ if stream(bytes).is_some() => None,
        // Protocols 0 and 1 begin with a mark or an empty map, and this is how Python goes on: a pickle
        // that was cut is one all the same.
        (b'(', Some(b'd')) | (b'}', Some(b'q' | b'(')) => Some(Serializer::Pickle),
        (b'}' | b'(', _) if bytes.last() == Some(&b'.') => Some(Serializer::Pickle),
        // In a block every key has its colon; a tag, an anchor or a comment may come first.
        _ if is_text(bytes) && bytes.contains(&b':') && !bytes.contains(&0) => Some(Serializer::Yaml),
        _ => None,
    }
}

/// JSON begins with a key in double quotes; what does not is a flow map of YAML.
fn flow(text: &[u8]) -> Serializer {
    let rest = text.get(1..).unwrap_or_default().trim_ascii_start();
    match rest.first() {
        Some(b'"' | b'}') | None => Serializer::Json,
        _ => Serializer::Yaml,
    }
}

/// The error for bytes that no serializer's record begins with.
pub(super) fn unlike(bytes: &[u8]) -> Error {
    if bytes.is_empty() {
        return Error::new(Status::Decode, "the record is empty");
    }
    let start = bytes.get(..bytes.len().min(16)).unwrap_or_default().escape_ascii();
    let message = format!("the record begins with \"{start}\", as no serializer of Celery's begins a record");
    Error::new(Status::Decode, message)
}

/// The error for what was compressed in a way that no reader of Celery's undoes.
pub(super) fn compressed(bytes: &[u8]) -> Option<Error> {
    let message = if let Some(rest) = bytes.strip_prefix(MAGIC) {
        let mime = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let mime = mime.get(..mime.len().min(START)).unwrap_or_default().escape_ascii();
        format!(
            "the record is compressed twice, inside as \"{mime}\"; readers of Celery's take off one compression"
        )
    } else {
        let compression = stream(bytes)?;
        let name = if compression == Compression::Gzip { "zlib" } else { *compression.names().first()? };
        let mime = compression.mime();
        format!(
            "the record looks like a stream of {name} without what Celery puts in front of compressed records (\"\\0celery-compressed\\0{mime}\\0\")"
        )
    };
    Some(Error::new(Status::Decode, message))
}

/// The compression that makes streams of such a beginning; brotli has no sign.
fn stream(bytes: &[u8]) -> Option<Compression> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    match bytes {
        _ if is_text(bytes) => None,
        // The two bytes of the header are a multiple of 31.
        [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..] => Some(Compression::Gzip),
        _ if starts(b"BZh") => Some(Compression::Bzip2),
        _ if starts(b"\xFD7zXZ\0") => Some(Compression::Lzma),
        _ if starts(b"\x28\xB5\x2F\xFD") => Some(Compression::Zstd),
        _ => None,
    }
}

/// Whether bytes begin as text does.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(START)).unwrap_or_default();
    let valid = match std::str::from_utf8(start) {
        Ok(_) => start,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => start.get(..error.valid_up_to()).unwrap_or_default(),
        Err(_) => return false,
    };
    valid.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r'))
}
