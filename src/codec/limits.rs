//! What reading a record may cost. The bounds that a record's own bytes cannot promise to keep
//! (compressed data, shared parts that are written out again) are derived here.

use crate::model::{Error, Result, Status};
use std::fmt;

/// What is read or written, by the name that errors give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// What a result store keeps
    Record,
    /// The body of what goes to a worker or comes from one
    Message,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Record => "the record",
            Self::Message => "the message",
        })
    }
}

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

/// What reading the record at hand may cost. Whatever is done to it, one thing after the other, it is
/// its size as stored, compressed or not, that what comes of it is measured by.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// What it is.
    pub(super) subject: Subject,
    /// Deepest nesting.
    pub(super) depth: usize,
    /// Its bytes as stored.
    pub(super) stored: usize,
    /// How large it may become.
    pub(super) grown: usize,
    /// The setting by which that is not more.
    pub(super) option: &'static str,
}

impl Bounds {
    /// Those of a record of so many bytes as stored.
    pub(super) fn new(limits: &Limits, stored: usize) -> Self {
        let ratio = stored.saturating_mul(limits.expansion).max(Limits::GRANTED);
        let option = if ratio < limits.payload { "max_expansion_ratio" } else { "max_payload_bytes" };
        Self {
            subject: Subject::Record,
            depth: limits.depth,
            stored,
            grown: ratio.min(limits.payload),
            option,
        }
    }

    /// Those of a message's body of so many bytes.
    pub(super) fn of_message(limits: &Limits, size: usize) -> Self {
        Self { subject: Subject::Message, ..Self::new(limits, size) }
    }

    /// The error for a record that becomes larger.
    pub(super) fn outgrown(&self) -> Error {
        let Self { subject, stored, grown, option, .. } = self;
        let message = format!(
            "{subject} has {stored} bytes as stored and becomes more than {grown} when it is read, which {option} does not allow"
        );
        Error::new(Status::TooLarge, message)
    }

    /// The error for a record that is nested deeper.
    #[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
    pub(super) fn too_deep(&self) -> Error {
        let Self { subject, depth, .. } = self;
        Error::new(Status::TooDeep, format!("{subject} is nested deeper than max_nesting_depth ({depth})"))
    }
}
