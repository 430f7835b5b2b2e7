//! An operation on its way through the backend. A [`Pending`] answers its ticket exactly once
//! whatever becomes of it: who answers consumes it, and one that is dropped answers that the
//! backend was closed.

use crate::{
    backend::{Answer, Failure, MayReplace, Op, Sink, Ticket, Urgency},
    model::{Error, Id, Key, Status, Stored},
};
use std::{sync::Weak, time::Duration};

/// A ticket that has not been answered yet.
pub(super) struct Pending {
    ticket: Ticket,
    sink: Option<Weak<dyn Sink>>,
}

impl Pending {
    pub(super) fn answer(mut self, result: Result<Answer, Failure>) {
        self.send(result);
    }

    fn send(&mut self, result: Result<Answer, Failure>) {
        if let Some(sink) = self.sink.take().as_ref().and_then(Weak::upgrade) {
            sink.answer(self.ticket, result);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.send(Err(Failure::Retry(closed())));
    }
}

pub(super) fn closed() -> Error {
    Error::new(Status::Closed, "the result backend has been closed")
}

/// A read that is waiting or under way.
pub(super) struct Read {
    pub(super) key: Key,
    pub(super) urgency: Urgency,
    pub(super) pending: Pending,
}

/// Reads that leave as one request.
pub(super) struct ReadMany {
    pub(super) keys: Vec<Key>,
    pub(super) pending: Pending,
}

/// A record to be stored.
pub(super) struct Store {
    pub(super) key: Key,
    pub(super) record: Stored,
    pub(super) may_replace: Option<MayReplace>,
    pub(super) expires: Option<Duration>,
    pub(super) pending: Pending,
}

/// One operation of the engine.
pub(super) enum Request {
    Watch(Id),
    Unwatch(Id),
    Read(Read),
    ReadMany(ReadMany),
    Exists(Key, Pending),
    Delete(Key, Pending),
    Store(Store),
    Connect(Pending),
    Barrier(Pending),
}

impl Request {
    pub(super) fn new(op: Op, sink: &Weak<dyn Sink>) -> Self {
        let pending = |ticket| Pending { ticket, sink: Some(Weak::clone(sink)) };
        match op {
            Op::Watch(id) => Self::Watch(id),
            Op::Unwatch(id) => Self::Unwatch(id),
            Op::Read(key, ticket, urgency) => Self::Read(Read { key, urgency, pending: pending(ticket) }),
            Op::ReadMany(keys, ticket) => Self::ReadMany(ReadMany { keys, pending: pending(ticket) }),
            Op::Exists(key, ticket) => Self::Exists(key, pending(ticket)),
            Op::Delete(key, ticket) => Self::Delete(key, pending(ticket)),
            Op::Store { key, record, may_replace, expires, ticket } => {
                Self::Store(Store { key, record, may_replace, expires, pending: pending(ticket) })
            }
            Op::Connect(ticket) => Self::Connect(pending(ticket)),
            Op::Barrier(ticket) => Self::Barrier(pending(ticket)),
        }
    }

    /// Answers that it was not carried out; a watch has nobody to tell.
    pub(super) fn put_off(self, error: &Error) {
        match self {
            Self::Watch(_) | Self::Unwatch(_) => {}
            Self::Read(Read { pending, .. })
            | Self::ReadMany(ReadMany { pending, .. })
            | Self::Exists(_, pending)
            | Self::Delete(_, pending)
            | Self::Store(Store { pending, .. })
            | Self::Connect(pending)
            | Self::Barrier(pending) => pending.answer(Err(Failure::Retry(error.clone()))),
        }
    }

    /// Whether it is a reason to connect.
    pub(super) fn needs_link(&self) -> bool {
        !matches!(self, Self::Unwatch(_))
    }
}
