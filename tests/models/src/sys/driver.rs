//! The engine thread: each of its tasks is a thread of the checker's.

use super::Deadline;
use crate::checker;
use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[derive(Clone, Default)]
pub struct Driver {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    ends: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Driver {
    pub fn new(_: &'static str) -> Self {
        Self::default()
    }

    pub fn on_panic(&self, _: impl Fn(String) + Send + Sync + 'static) {}

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        if !self.with(|state| state.stopped) {
            let end = checker::run_task(task);
            self.with(|state| state.ends.push(end));
        }
        Ok(())
    }

    pub fn stop(&self) {
        let ends = self.with(|state| {
            state.stopped = true;
            std::mem::take(&mut state.ends)
        });
        for end in ends {
            end();
        }
    }

    pub fn join(&self, _: Deadline) -> bool {
        true
    }

    fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub async fn sleep(_: Duration) {
    checker::time_passes().await;
}
