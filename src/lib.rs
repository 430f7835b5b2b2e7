//! `celery.result` for native programs: send tasks to Python's Celery workers and wait for their
//! results, from Rust and, through one header of opaque handles, from C and everything that links C.
//!
//! The modules are layers, and arrows between them go down only: [`result`] (the vocabulary of
//! `celery.result`), [`app`] (config + engine + backend + broker), [`engine`] (who waits for what),
//! [`backend`] (stored bytes in, stored bytes out), [`broker`] (messages to workers out, answers in),
//! `transport` (connections), [`message`] (what stands in those messages), [`codec`] (bytes to
//! records), [`config`] (settings), [`sys`] (the operating system) and [`model`] (plain data). The C
//! functions live in `ffi`, above all of them, and add nothing but C.

pub mod app;
pub mod backend;
pub mod broker;
pub mod codec;
pub mod config;
pub mod engine;
pub mod ffi;
pub mod message;
pub mod model;
pub mod result;
pub mod sys;
#[cfg(feature = "redis")]
pub mod transport;
