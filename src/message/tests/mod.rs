//! Messages as workers get them.
