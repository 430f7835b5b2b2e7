//! What reading a record may cost. The bounds that a record's own bytes cannot promise to keep
//! (compressed data, shared parts that are written out again) are derived here.

use crate::model::{Error, Result, Status};

/// What reading a record may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest record in bytes (`max_payload_bytes`), as stored and as text.
    pub payload: usize,
    /// Deepest nesting of arrays and objects (`max_nesting_depth`).
    pub depth: usize,
    /// How many times as large as stored a record may become by decompression and by parts that it
    /// refers to more than once (`max_expansion_ratio`); what stays below [`Limits::GRANTED`] may
    /// always.
    pub expansion: usize,
}

/// Those of an app for which nothing is configured.
impl Default for Limits {
    fn default() -> Self {
        Self { payload: 512 << 20, depth: 1_000, expansion: 200 }
    }
}

impl Limits {
    /// A record may grow to this size however small it is stored.
    pub const GRANTED: usize = 16 << 20;

    /// How large a record of `stored` bytes may become.
    pub(super) fn grown(&self, stored: usize) -> usize {
        stored.saturating_mul(self.expansion).max(Self::GRANTED).min(self.payload)
    }

    /// The setting by which [`Self::grown`] is not more.
    pub(super) fn binding(&self, stored: usize) -> &'static str {
        if self.grown(stored) == self.payload { "max_payload_bytes" } else { "max_expansion_ratio" }
    }

    /// The error for a record of `stored` bytes that becomes larger than [`Self::grown`].
    pub(super) fn outgrown(&self, stored: usize) -> Error {
        let (limit, option) = (self.grown(stored), self.binding(stored));
        let message = format!(
            "the record has {stored} bytes as stored and more than {limit} as text, which {option} does not allow"
        );
        Error::new(Status::TooLarge, message)
    }

    /// Checks the size of a record as stored.
    pub(super) fn check_size(&self, size: usize) -> Result<()> {
        let limit = self.payload;
        if size <= limit {
            return Ok(());
        }
        let message = format!("the record has {size} bytes; max_payload_bytes allows {limit}");
        Err(Error::new(Status::TooLarge, message))
    }
}

/// The error for a record that is nested deeper than this.
#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
pub(super) fn too_deep(depth: usize) -> Error {
    Error::new(Status::TooDeep, format!("the record is nested deeper than max_nesting_depth ({depth})"))
}
