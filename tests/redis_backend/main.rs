//! The Redis backend against real servers, and against a scripted one where a real server cannot
//! be made to do what is tested.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod bursts;
mod connecting;
mod losing;
mod reading;
mod storing;
mod watching;

use support::redis_server::RedisServer;

/// The key of a task's record.
fn key(id: &str) -> String {
    format!("celery-task-meta-{id}")
}

/// Stores and publishes a record, as a worker does.
fn publish(server: &RedisServer, id: &str, bytes: &[u8]) {
    let mut pipeline = redis::pipe();
    pipeline.atomic().set(key(id), bytes).ignore().publish(key(id), bytes).ignore();
    pipeline.query::<()>(&mut server.client()).unwrap();
}

/// Stores a record without telling anyone.
fn set(server: &RedisServer, id: &str, bytes: &[u8]) {
    redis::cmd("SET").arg(key(id)).arg(bytes).query::<()>(&mut server.client()).unwrap();
}
