//! What a message says of the program that sends it, and when: given by the caller, so that the same call
//! makes the same message.

use crate::model::Id;

/// Who sends, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The sender as Celery's `anon_nodename` writes it, `gen4711@host`: the header `origin`.
    pub node: String,
    /// Where answers to tasks would go: Celery's `thread_oid`, one uuid per app. The property `reply_to`.
    pub reply_to: String,
    /// The id of the task, where the options give none: a new uuid for every message.
    pub task_id: Id,
    /// Now, in microseconds since 1970 UTC.
    pub unix_micros: i64,
}
