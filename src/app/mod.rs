//! One app.
