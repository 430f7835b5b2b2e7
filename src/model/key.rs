//! What a record is stored under: a task id or a group id. How a backend spells the key
//! (`celery-task-meta-…`) is the backend's affair.

use std::sync::Arc;

/// A task or group id: any text Celery accepts, shared without copying.
pub type Id = Arc<str>;

/// Names one record in a result store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The meta record of a task (`celery-task-meta-<id>`).
    Task(Id),
    /// The saved members of a group (`celery-taskset-meta-<id>`).
    Group(Id),
}

impl Key {
    /// The id without its prefix.
    pub fn id(&self) -> &Id {
        match self {
            Self::Task(id) | Self::Group(id) => id,
        }
    }
}
