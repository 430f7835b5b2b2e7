//! The one error type of the library: a status, a message that names the value, the place and
//! what would be right, and what is known about the task. Never holds credentials: whoever
//! makes a message puts in masked URLs only.

use super::{Id, RemoteException, Status, Stored};
use std::{fmt, sync::Arc};

/// Shorthand for results with the library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Cloning is cheap: one failure can reach many waiters.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    status: Status,
    message: String,
    task_id: Option<Id>,
    member: Option<usize>,
    exception: Option<Arc<RemoteException>>,
    record: Option<Stored>,
}

impl Error {
    /// An error of this status with a message for people.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            inner: Arc::new(Inner {
                status,
                message: message.into(),
                task_id: None,
                member: None,
                exception: None,
                record: None,
            }),
        }
    }

    /// A failed or revoked task, with the exception that its worker stored.
    pub fn task(status: Status, exception: Arc<RemoteException>) -> Self {
        let mut error = Self::new(status, exception.to_string());
        error.edit().exception = Some(exception);
        error
    }

    /// Says which task the error is about, unless that is known already.
    #[must_use]
    pub fn with_task_id(mut self, id: &Id) -> Self {
        if self.inner.task_id.is_none() {
            self.edit().task_id = Some(id.clone());
        }
        self
    }

    /// Says which member of a set or group the error is about.
    #[must_use]
    pub fn with_member(mut self, index: usize) -> Self {
        self.edit().member = Some(index);
        self
    }

    /// Keeps the record that cannot be read, unless one is kept already.
    #[must_use]
    pub fn with_record(mut self, record: &Stored) -> Self {
        if self.inner.record.is_none() {
            self.edit().record = Some(record.clone());
        }
        self
    }

    /// The status that C sees.
    pub fn status(&self) -> Status {
        self.inner.status
    }

    /// What happened, in a sentence without the status name.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Whether the same call may succeed later without any change.
    pub fn is_retriable(&self) -> bool {
        self.inner.status.info().retriable
    }

    /// The task the error is about, if it is about one.
    pub fn task_id(&self) -> Option<&Id> {
        self.inner.task_id.as_ref()
    }

    /// The index of the member of a set the error is about.
    pub fn member(&self) -> Option<usize> {
        self.inner.member
    }

    /// The exception of a failed or revoked task.
    pub fn exception(&self) -> Option<&Arc<RemoteException>> {
        self.inner.exception.as_ref()
    }

    /// The record that cannot be read, as it is stored. `None` where the error is about no record, and
    /// where its bytes were never fetched because they are too many.
    pub fn record(&self) -> Option<&Stored> {
        self.inner.record.as_ref()
    }

    fn edit(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.inner)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.inner.status.info().name, self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { status, message, task_id, member, exception, record } = &*self.inner;
        f.debug_struct("Error")
            .field("status", status)
            .field("message", message)
            .field("task_id", task_id)
            .field("member", member)
            .field("exception", exception)
            .field("record", record)
            .finish()
    }
}

impl std::error::Error for Error {}
