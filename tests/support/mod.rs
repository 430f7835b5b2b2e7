//! What integration tests share: real servers on free ports, and a scripted one.
//!
//! Every test program compiles all of it and uses a part.
#![allow(dead_code, unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

pub mod crowd;
pub mod fake_redis;
pub mod members;
pub mod recorder;
pub mod redis_server;
pub mod relay;
pub mod stores;
pub mod worker;

use std::time::{Duration, Instant};

/// Longest that a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is yes; fails the test when it never is.
#[track_caller]
pub fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !check() {
        assert!(Instant::now() < until, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
