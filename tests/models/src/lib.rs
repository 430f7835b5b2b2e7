//! The library's own sources below `app`, with the part of [`sys`] that waits replaced by what a
//! model checker can take in hand. The models are in `tests`.
#![allow(dead_code, unused_imports, missing_docs)]

#[cfg(all(feature = "loom", feature = "shuttle"))]
compile_error!("choose one checker: --features loom, or --features shuttle");

#[macro_use]
#[cfg_attr(feature = "loom", path = "checker/loom.rs")]
#[cfg_attr(feature = "shuttle", path = "checker/shuttle.rs")]
pub mod checker;

#[path = "../../../src/backend/mod.rs"]
pub mod backend;
#[path = "../../../src/codec/mod.rs"]
pub mod codec;
#[path = "../../../src/config/mod.rs"]
pub mod config;
#[path = "../../../src/engine/mod.rs"]
pub mod engine;
#[path = "../../../src/model/mod.rs"]
pub mod model;
pub mod sys;

pub mod bench;
#[cfg(feature = "shuttle")]
pub mod server;
