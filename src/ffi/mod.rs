//! The C layer.
