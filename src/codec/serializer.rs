//! Which serializer wrote a record, and its text in the one form that the rest of the codec
//! reads: JSON in Python's dialect. The stored bytes carry no content type, so the configured
//! serializer decides and the bytes can only confirm it. Another serializer is one variant here
//! and one decoder into that text.

use crate::model::{Error, Result, Status, Stored};
use std::sync::Arc;

/// The serializers of this version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Serializer {
    /// `result_serializer = json`
    #[default]
    Json,
}

const COMPRESSED: &[u8] = b"\0celery-compressed\0";

impl Serializer {
    /// The record as JSON text.
    pub(super) fn text(self, stored: &Stored) -> Result<Arc<[u8]>> {
        match self {
            Self::Json => {
                check_json(stored.bytes())?;
                Ok(Arc::clone(stored.shared()))
            }
        }
    }

    /// The bytes to store for a record's JSON text.
    pub(super) fn stored(self, text: String) -> Stored {
        match self {
            Self::Json => Stored::new(text.into_bytes()),
        }
    }
}

/// Says so where the bytes are plainly something else than a JSON object.
pub(super) fn check_json(bytes: &[u8]) -> Result<()> {
    let Some(looks_like) = other_format(bytes) else { return Ok(()) };
    Err(Error::new(
        Status::Decode,
        format!("the record looks like {looks_like}; this version reads only uncompressed json"),
    ))
}

fn other_format(bytes: &[u8]) -> Option<String> {
    if let Some(rest) = bytes.strip_prefix(COMPRESSED) {
        let mime = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let mime = mime.get(..mime.len().min(60)).unwrap_or_default();
        return Some(format!("compressed data ({})", mime.escape_ascii()));
    }
    match (bytes.first(), bytes.get(1)) {
        (None, _) => Some("nothing: it is empty".to_owned()),
        (Some(0x80), Some(2..=5)) => Some("pickle".to_owned()),
        (Some(0x80..=0x8F | 0xDE | 0xDF), _) => Some("msgpack".to_owned()),
        (Some(b'a'..=b'z'), _) if bytes.contains(&b':') => Some("yaml".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named() {
        for (bytes, name) in [
            (&b"\x80\x04\x95"[..], "pickle"),
            (b"\x86\xa6status", "msgpack"),
            (b"children: []\n", "yaml"),
            (b"\0celery-compressed\0application/x-gzip\0\x78\x9c", "compressed data (application/x-gzip)"),
            (b"", "empty"),
        ] {
            let error = check_json(bytes).err().map(|error| (error.status(), error.message().to_owned()));
            assert!(
                error.as_ref().is_some_and(|(s, m)| *s == Status::Decode && m.contains(name)),
                "{name}: {error:?}"
            );
        }
        assert!(check_json(b" {}").is_ok());
    }
}
