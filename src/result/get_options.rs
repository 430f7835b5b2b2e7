//! Every argument of `AsyncResult.get`, and ours.

use crate::{
    model::{State, TaskMeta, Value},
    sys::Cancel,
};
use std::{fmt, sync::Arc, time::Duration};

/// Called with the id and the value when `get` has a result.
pub type Callback = Arc<dyn Fn(&str, &Value) + Send + Sync>;
/// Called with each record that arrives while `get` waits.
pub type OnMessage = Arc<dyn Fn(&Arc<TaskMeta>) + Send + Sync>;
/// Called after each interval of waiting.
pub type OnInterval = Arc<dyn Fn() + Send + Sync>;

/// The arguments of `get`; `Default` gives Celery's defaults.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "they are the arguments of Celery's get")]
pub struct GetOptions {
    /// One budget for everything the call does; `None` waits for ever, zero is one look.
    pub timeout: Option<Duration>,
    /// Whether a failed task makes `get` fail.
    pub propagate: bool,
    /// How often `on_interval` is called, and how often a store that cannot push is read; for
    /// that, 50 ms is the least.
    pub interval: Duration,
    /// Accepted for Celery's sake; only AMQP knows acknowledgements.
    pub no_ack: bool,
    /// Whether a failed ancestor makes `get` fail, root first.
    pub follow_parents: bool,
    /// Called on the calling thread before `get` returns a value.
    pub callback: Option<Callback>,
    /// Called on the calling thread with each record of this task that is pushed meanwhile.
    pub on_message: Option<OnMessage>,
    /// Called on the calling thread after each `interval`.
    pub on_interval: Option<OnInterval>,
    /// Whether the thread's join guard applies ([`crate::result::join_deny`]).
    pub disable_sync_subtasks: bool,
    /// States whose value is an exception; `None` is Celery's own set.
    pub exception_states: Option<Vec<State>>,
    /// States that make `get` fail; `None` is Celery's own set.
    pub propagate_states: Option<Vec<State>>,
    /// Of a set with `propagate`: whether the first failure ends `get` at once, or only when
    /// every member has finished.
    pub fail_fast: bool,
    /// Stops the wait.
    pub cancel: Option<Cancel>,
    /// Fail with `NotFound` when no record has appeared by then.
    pub absent_timeout: Option<Duration>,
}

impl Default for GetOptions {
    fn default() -> Self {
        Self {
            timeout: None,
            propagate: true,
            interval: Duration::from_millis(500),
            no_ack: true,
            follow_parents: true,
            callback: None,
            on_message: None,
            on_interval: None,
            disable_sync_subtasks: true,
            exception_states: None,
            propagate_states: None,
            fail_fast: true,
            cancel: None,
            absent_timeout: None,
        }
    }
}

impl GetOptions {
    /// Whether the value of a task in this state is an exception.
    pub(super) fn is_exception(&self, state: &State) -> bool {
        let states = self.exception_states.as_ref();
        states.map_or_else(|| state.is_exception(), |states| states.contains(state))
    }

    /// Whether a task in this state makes `get` fail.
    pub(super) fn is_propagated(&self, state: &State) -> bool {
        let states = self.propagate_states.as_ref();
        self.propagate && states.map_or_else(|| state.is_propagate(), |states| states.contains(state))
    }
}

impl fmt::Debug for GetOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetOptions")
            .field("timeout", &self.timeout)
            .field("propagate", &self.propagate)
            .field("interval", &self.interval)
            .field("follow_parents", &self.follow_parents)
            .field("absent_timeout", &self.absent_timeout)
            .finish_non_exhaustive()
    }
}
