//! What is wrong with a text, and where: the error of the lexical layer, before anybody knows
//! whether it was a stored record or an argument of the caller.

use crate::model::{Error, Status};
use std::fmt;

/// A place in a text that cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Byte offset in the text.
    pub(crate) position: usize,
    /// What is wrong there.
    pub(crate) problem: Problem,
}

/// What can be wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something else should stand here.
    Expected(&'static str),
    /// The limit that the nesting exceeds.
    TooDeep(usize),
    /// A byte that is not UTF-8.
    NotUtf8,
    /// Spans are 32-bit numbers.
    TooLarge,
}

impl Syntax {
    pub(crate) fn expected(position: usize, what: &'static str) -> Self {
        Self { position, problem: Problem::Expected(what) }
    }

    /// The error for the caller. `place` names the text that was read; `status` is used for what
    /// no limit explains.
    pub(crate) fn error(&self, place: &str, status: Status) -> Error {
        let status = match self.problem {
            Problem::TooDeep(_) => Status::TooDeep,
            Problem::TooLarge => Status::TooLarge,
            Problem::Expected(_) | Problem::NotUtf8 => status,
        };
        Error::new(status, format!("{place}: {self}"))
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, problem } = self;
        match problem {
            Problem::Expected(what) => write!(f, "{what} expected at byte {position}"),
            Problem::TooDeep(limit) => {
                write!(f, "nested deeper than max_nesting_depth ({limit}) at byte {position}")
            }
            Problem::NotUtf8 => write!(f, "not UTF-8 at byte {position}"),
            Problem::TooLarge => write!(f, "text of 4 GiB or more"),
        }
    }
}
