//! Replies as plain data.

use super::{
    errors::Refusal,
    resp::{Frame, Garbage},
};
use std::sync::Arc;

/// One reply of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// There is nothing.
    Nothing,
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// Bytes, more than are read.
    Skipped,
    /// A number.
    Number(i64),
    /// A word such as `OK`.
    Word(String),
    /// Several replies.
    List(Vec<Self>),
    /// An error.
    Refused(Refusal),
    /// A kind of reply that no command of ours has.
    Strange,
}

impl Reply {
    /// The bytes, if these are bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// Whether the user's access rules forbid what was asked.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_permission())
    }

    /// What a frame says that is a reply by itself.
    pub(super) fn of(frame: &Frame<'_>) -> Result<Self, Garbage> {
        Ok(match frame {
            Frame::Nothing => Self::Nothing,
            Frame::Bytes(bytes) => Self::Bytes((*bytes).into()),
            Frame::Skipped(_) => Self::Skipped,
            Frame::Number(number) => Self::Number(*number),
            Frame::Word(word) => Self::Word(String::from_utf8_lossy(word).into_owned()),
            Frame::Error(line) => Self::refused(line),
            Frame::Confirmation { .. } => {
                return Err(Garbage::new("a change of subscriptions that nobody asked for"));
            }
            _ => Self::Strange,
        })
    }

    pub(super) fn refused(line: &[u8]) -> Self {
        Self::Refused(Refusal::from_line(&String::from_utf8_lossy(line)))
    }
}
