//! Task states as `celery.states` defines them: the names, the sets READY, UNREADY, EXCEPTION
//! and PROPAGATE, and the precedence. A state of the user's own (PROGRESS, …) is in no set.

use std::{fmt, sync::Arc};

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is stored, or PENDING was stored on purpose.
    Pending,
    /// A worker has received the task (stored by user code only).
    Received,
    /// A worker has started the task; stored where `task_track_started` is set.
    Started,
    /// Finished with a value.
    Success,
    /// Finished with an exception.
    Failure,
    /// Revoked, terminated or expired.
    Revoked,
    /// Rejected by a worker (events only).
    Rejected,
    /// Waits to be run again after an exception.
    Retry,
    /// The result is ignored (never stored by a worker).
    Ignored,
    /// A state of the user's own, such as PROGRESS.
    Custom(Arc<str>),
}

impl State {
    /// The state of this name; what Celery does not know is a custom state, letter for letter.
    pub fn from_name(name: &str) -> Self {
        Self::known(name.as_bytes()).unwrap_or_else(|| Self::Custom(name.into()))
    }

    /// The state of this name among those that Celery knows.
    pub(crate) fn known(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"PENDING" => Self::Pending,
            b"RECEIVED" => Self::Received,
            b"STARTED" => Self::Started,
            b"SUCCESS" => Self::Success,
            b"FAILURE" => Self::Failure,
            b"REVOKED" => Self::Revoked,
            b"REJECTED" => Self::Rejected,
            b"RETRY" => Self::Retry,
            b"IGNORED" => Self::Ignored,
            _ => return None,
        })
    }

    /// The name as stored.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::Received => "RECEIVED",
            Self::Started => "STARTED",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Revoked => "REVOKED",
            Self::Rejected => "REJECTED",
            Self::Retry => "RETRY",
            Self::Ignored => "IGNORED",
            Self::Custom(name) => name,
        }
    }

    /// The number C sees: `CELERY_STATE_PENDING` (0) and so on, `CELERY_STATE_CUSTOM` (100).
    pub fn code(&self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Received => 1,
            Self::Started => 2,
            Self::Success => 3,
            Self::Failure => 4,
            Self::Revoked => 5,
            Self::Rejected => 6,
            Self::Retry => 7,
            Self::Ignored => 8,
            Self::Custom(_) => 100,
        }
    }

    /// `celery.states.READY_STATES`: the task has finished.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Revoked)
    }

    /// `celery.states.UNREADY_STATES`. Custom states are in neither set.
    pub fn is_unready(&self) -> bool {
        matches!(self, Self::Pending | Self::Received | Self::Started | Self::Rejected | Self::Retry)
    }

    /// `celery.states.EXCEPTION_STATES`: the stored result is an exception.
    pub fn is_exception(&self) -> bool {
        matches!(self, Self::Retry | Self::Failure | Self::Revoked)
    }

    /// `celery.states.PROPAGATE_STATES`: `get` raises.
    pub fn is_propagate(&self) -> bool {
        matches!(self, Self::Failure | Self::Revoked)
    }

    /// `celery.states.precedence`: the index in the order of strength, 0 is strongest. Only for
    /// comparing; what is stored does not follow it.
    pub fn precedence(&self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Ignored | Self::Custom(_) => 2,
            Self::Revoked => 3,
            Self::Started => 4,
            Self::Received => 5,
            Self::Rejected => 6,
            Self::Retry => 7,
            Self::Pending => 8,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_those_of_celery() {
        let named = [
            "PENDING", "RECEIVED", "STARTED", "SUCCESS", "FAILURE", "REVOKED", "REJECTED", "RETRY",
            "IGNORED", "PROGRESS", "success",
        ];
        let set = |test: fn(&State) -> bool| -> Vec<&str> {
            named.iter().copied().filter(|name| test(&State::from_name(name))).collect()
        };
        assert_eq!(set(State::is_ready), ["SUCCESS", "FAILURE", "REVOKED"]);
        assert_eq!(set(State::is_unready), ["PENDING", "RECEIVED", "STARTED", "REJECTED", "RETRY"]);
        assert_eq!(set(State::is_exception), ["FAILURE", "REVOKED", "RETRY"]);
        assert_eq!(set(State::is_propagate), ["FAILURE", "REVOKED"]);
    }

    #[test]
    fn names_survive() {
        for name in ["PENDING", "RETRY", "PROGRESS", "lower", "żółw", ""] {
            assert_eq!(State::from_name(name).as_str(), name);
        }
    }
}
