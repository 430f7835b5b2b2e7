//! Which serializer wrote a record: the configured one, or the one that the bytes show, since they
//! carry no content type. Also what an app may read, and in what it writes.

use super::serializer::not_built_in;
use crate::model::{Compression, Error, Result, Serializer, Status};

/// How an app reads and writes records, as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// `result_serializer`; `None` recognises the serializer when reading, and writes json.
    pub serializer: Option<Serializer>,
    /// `result_accept_content`: what may be read.
    pub accept: Accept,
    /// `result_compression`: how records that this program writes are compressed.
    pub compression: Option<Compression>,
}

/// Those of an app for which nothing is configured.
impl Default for Formats {
    fn default() -> Self {
        Self { serializer: None, accept: Accept::all(), compression: None }
    }
}

/// The serializers that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    allowed: [bool; Serializer::ALL.len()],
}

impl Accept {
    /// All of them.
    pub fn all() -> Self {
        Self { allowed: [true; Serializer::ALL.len()] }
    }

    /// These only.
    pub fn only(serializers: &[Serializer]) -> Self {
        Self { allowed: Serializer::ALL.map(|serializer| serializers.contains(&serializer)) }
    }

    fn allows(self, serializer: Serializer) -> bool {
        Serializer::ALL.iter().zip(self.allowed).any(|(known, allowed)| *known == serializer && allowed)
    }
}

impl Formats {
    /// The serializer that records are written with.
    pub(super) fn writes(self) -> Serializer {
        self.serializer.unwrap_or(Serializer::Json)
    }

    /// The serializer that these bytes, without their compression, are to be read with.
    pub(super) fn reads(self, bytes: &[u8]) -> Result<Serializer> {
        let shown = recognised(bytes);
        let serializer = match (self.serializer, shown) {
            (None, Some(shown)) => shown,
            (Some(configured), None) => configured,
            (Some(configured), Some(shown)) if configured == shown => configured,
            (Some(_), Some(shown)) if !self.accept.allows(shown) => return Err(disallowed(shown)),
            (Some(configured), Some(shown)) => return Err(another(configured, shown)),
            // The reader of json says best where a text is none.
            (None, None) if bytes.first().is_some_and(|byte| matches!(byte, b' '..=b'~')) => Serializer::Json,
            (None, None) => return Err(Error::new(Status::Decode, unknown(bytes))),
        };
        if !self.accept.allows(serializer) {
            return Err(disallowed(serializer));
        }
        if serializer.is_built_in() { Ok(serializer) } else { Err(not_built_in(serializer)) }
    }
}

/// The serializer that could have written these bytes as a record, which is a map in all of them.
pub(super) fn recognised(bytes: &[u8]) -> Option<Serializer> {
    let text = bytes.trim_ascii_start();
    match (bytes.first()?, bytes.get(1)) {
        (0x80, Some(2..=5)) => Some(Serializer::Pickle),
        (0x80..=0x8F | 0xDE | 0xDF, _) => Some(Serializer::Msgpack),
        _ if text.first() == Some(&b'{') => Some(flow(text)),
        // Protocols 0 and 1 begin with a mark or an empty map, and this is how Python goes on: a pickle
        // that was cut is one all the same.
        (b'(', Some(b'd')) | (b'}', Some(b'q' | b'(')) => Some(Serializer::Pickle),
        (b'}' | b'(', _) if bytes.last() == Some(&b'.') => Some(Serializer::Pickle),
        // In a block every key has its colon; a tag, an anchor or a comment may come first.
        _ if bytes.contains(&b':') && !bytes.contains(&0) => Some(Serializer::Yaml),
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

fn unknown(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "the record is empty".to_owned();
    }
    let start = bytes.get(..bytes.len().min(16)).unwrap_or_default().escape_ascii();
    format!("the record begins with \"{start}\", as no serializer of Celery's begins a record")
}

fn another(configured: Serializer, shown: Serializer) -> Error {
    let message = format!(
        "the record looks like {}; result_serializer is {} (auto reads all that is in result_accept_content)",
        shown.name(),
        configured.name()
    );
    Error::new(Status::Decode, message)
}

fn disallowed(serializer: Serializer) -> Error {
    let message = format!(
        "the record is {} ({}), which result_accept_content does not allow",
        serializer.name(),
        serializer.content_type()
    );
    Error::new(Status::ContentDisallowed, message)
}
