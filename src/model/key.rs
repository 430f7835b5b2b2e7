//! What a record is stored under: a task id or a group id. How a backend spells the key
//! (`celery-task-meta-…`) is the backend's affair.

use super::{Error, Result, Status};
use std::sync::Arc;

/// A task or group id: any text Celery accepts, shared without copying.
pub type Id = Arc<str>;

/// Longest id, in bytes. Redis confirms a subscription by sending the id back: those of a full
/// chunk of 512 stay within 8 MiB of the 32 MiB of output after which it drops a subscriber, and
/// with it the connection that every other wait of the app needs.
pub(crate) const MAX_ID_BYTES: usize = 16 * 1024;

/// The id that a text spells; `what` names the text in messages.
///
/// Fails with `InvalidArgument` where it is empty or longer than an id may be.
pub(crate) fn check_id(what: &str, text: &str) -> Result<Id> {
    check_length(what, text).map(|()| text.into())
}

/// [`check_id`] of what is an id already.
pub(crate) fn check_length(what: &str, text: &str) -> Result<()> {
    let trouble = if text.is_empty() {
        format!("{what} is empty; it must name a task or group")
    } else if text.len() > MAX_ID_BYTES {
        format!("{what} has {} bytes; an id has at most {MAX_ID_BYTES}", text.len())
    } else {
        return Ok(());
    };
    Err(Error::new(Status::InvalidArgument, trouble))
}

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
