//! Who waits for what.
