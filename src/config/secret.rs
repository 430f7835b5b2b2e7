//! Text that must not be shown: passwords. What prints a [`Secret`] prints `**`; the text itself
//! is reached through [`Secret::expose`] only, which is easy to search for.

use std::fmt;

/// What is written in place of a password, as Celery's `as_uri()` does.
pub const MASK: &str = "**";

/// A password. `Debug` and `Display` write [`MASK`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the server and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
