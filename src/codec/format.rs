//! Which serializer a record is read with: the configured one, or the one that its bytes look like
//! (`looks`). Also what an app may read, and in what it writes.

use super::looks;
use super::{limits::Subject, serializer::not_built_in};
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
    /// The setting that says so.
    setting: &'static str,
}

impl Accept {
    /// All of them.
    pub fn all() -> Self {
        Self { allowed: [true; Serializer::ALL.len()], setting: "result_accept_content" }
    }

    /// These only.
    pub fn only(serializers: &[Serializer]) -> Self {
        let allowed = Serializer::ALL.map(|serializer| serializers.contains(&serializer));
        Self { allowed, ..Self::all() }
    }

    /// The same, as another setting than `result_accept_content` says it; errors name it.
    #[must_use]
    pub fn said_by(self, setting: &'static str) -> Self {
        Self { setting, ..self }
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
        let shown = looks::like(bytes);
        if shown.is_none()
            && let Some(error) = looks::compressed(bytes)
        {
            return Err(error);
        }
        let serializer = match (self.serializer, shown) {
            (None, Some(shown)) => shown,
            (Some(configured), None) => configured,
            (Some(configured), Some(shown)) if configured == shown => configured,
            // What JSON spells is yaml too.
            (Some(Serializer::Yaml), Some(Serializer::Json)) => Serializer::Yaml,
            (Some(_), Some(shown)) if !self.accept.allows(shown) => return Err(self.disallowed(shown)),
            (Some(configured), Some(shown)) => return Err(self.another(configured, shown)),
            // The reader of json says best where a text is none.
            (None, None) if !bytes.is_empty() && looks::is_text(bytes) => Serializer::Json,
            (None, None) => return Err(looks::unlike(bytes)),
        };
        if !self.accept.allows(serializer) {
            return Err(self.disallowed(serializer));
        }
        if serializer.is_built_in() { Ok(serializer) } else { Err(not_built_in(serializer, Subject::Record)) }
    }

    fn another(self, configured: Serializer, shown: Serializer) -> Error {
        let message = format!(
            "the record looks like {}; result_serializer is {} (auto reads all that {} allows)",
            shown.name(),
            configured.name(),
            self.accept.setting
        );
        Error::new(Status::Decode, message)
    }

    fn disallowed(self, serializer: Serializer) -> Error {
        let message = format!(
            "the record is {} ({}), which {} does not allow",
            serializer.name(),
            serializer.content_type(),
            self.accept.setting
        );
        Error::new(Status::ContentDisallowed, message)
    }
}
