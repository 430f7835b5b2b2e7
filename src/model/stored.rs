//! The bytes of one record exactly as a worker stored or published them. Nothing here looks
//! inside; [`crate::codec`] does.

use std::{fmt, sync::Arc};

/// The raw bytes of one stored record; cloning shares them.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    bytes: Arc<[u8]>,
}

impl Stored {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { bytes: bytes.into() }
    }

    /// The bytes as stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The shared buffer, for values that point into it.
    pub fn shared(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

/// Results can hold secrets of the user's program, so only the size is shown.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} bytes)", self.bytes.len())
    }
}
