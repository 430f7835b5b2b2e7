//! A record to store, before it is encoded: what a worker hands to `Backend.store_result`.

use super::{Id, ResultTuple, State};

/// The `result` of a record to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordValue {
    /// JSON text (NaN, Infinity and integers of any size allowed), checked when it is encoded.
    Json(String),
    /// An exception, stored as Celery's non-pickle serializers do.
    Exception {
        /// `exc_type`: the class's qualified name.
        class: String,
        /// `exc_module`: the class's module.
        module: String,
        /// `exc_message`: the arguments as a JSON array.
        args: String,
    },
}

/// The fields that `result_extended` adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extended {
    /// Task name.
    pub name: Option<String>,
    /// Positional arguments as JSON text.
    pub args: Option<String>,
    /// Keyword arguments as JSON text.
    pub kwargs: Option<String>,
    /// Host name of the worker.
    pub worker: Option<String>,
    /// How often the task was retried.
    pub retries: Option<i64>,
    /// Routing key of the delivery.
    pub queue: Option<String>,
}

/// A record to store under a task id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The task's id.
    pub task_id: Id,
    /// The state to store.
    pub state: State,
    /// The value or the exception.
    pub value: RecordValue,
    /// The traceback text of a failure.
    pub traceback: Option<String>,
    /// Results of the tasks that the task started; `None` is stored as null, as by a writer
    /// without a request.
    pub children: Option<Vec<ResultTuple>>,
    /// Id of the group the task belongs to.
    pub group_id: Option<Id>,
    /// Id of the task that sent this one.
    pub parent_id: Option<Id>,
    /// The fields of `result_extended`; written only where given.
    pub extended: Option<Extended>,
}

impl Record {
    /// A record with a null value and nothing else.
    pub fn new(task_id: impl Into<Id>, state: State) -> Self {
        Self::with_value(task_id, state, RecordValue::Json("null".to_owned()))
    }

    /// A record with a value and nothing else.
    pub fn with_value(task_id: impl Into<Id>, state: State, value: RecordValue) -> Self {
        Self {
            task_id: task_id.into(),
            state,
            value,
            traceback: None,
            children: None,
            group_id: None,
            parent_id: None,
            extended: None,
        }
    }
}
