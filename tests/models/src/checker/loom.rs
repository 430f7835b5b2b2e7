//! loom: every interleaving within a bound on preemptions. Time stands still, so a deadline has
//! passed from the beginning or never comes.

use std::{sync::OnceLock, time::Instant};

pub use loom::{
    sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool},
    thread,
};

pub fn now() -> Instant {
    static NOW: OnceLock<Instant> = OnceLock::new();
    *NOW.get_or_init(Instant::now)
}

/// In place of std's, whose threads are all one here.
macro_rules! thread_local {
    (static $name:ident: $type:ty = const { $init:expr };) => {
        loom::thread_local! { static $name: $type = $init; }
    };
}

/// Explores a model.
///
/// # Panics
/// Where an interleaving panics, or leaves everyone waiting.
pub fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 100_000;
    builder.check(model);
}

/// Runs a task of the engine thread: nothing, as its tasks wait for time to pass.
pub fn run_task(_: impl Future<Output = ()> + Send + 'static) -> Box<dyn Fn() + Send + Sync> {
    Box::new(|| {})
}

pub async fn time_passes() {
    std::future::pending().await
}
