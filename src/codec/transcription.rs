//! A record as JSON text, with what could not be read in it. Which part of a record is too deep, too
//! large or damaged must not decide whether the other parts can be read.

use crate::model::{Error, Result};

/// A record as JSON text.
#[derive(Debug)]
pub(super) struct Transcription {
    /// The text.
    pub(super) text: String,
    /// Where null stands in place of a part, in order, and why.
    pub(super) refused: Vec<(usize, Error)>,
}

impl Transcription {
    /// The text, or why a part of it could not be read.
    pub(super) fn whole(self) -> Result<String> {
        match self.refused.into_iter().next() {
            None => Ok(self.text),
            Some((_, error)) => Err(error),
        }
    }
}
