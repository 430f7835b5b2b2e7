//! Calls: one operation, one thread that waits for its answer, one deadline. How a call is sent
//! again while the link is down is in [`super::registry`].

use super::{
    Engine,
    registry::{Call, CallState},
    slot::parking,
};
use crate::{
    backend::{Answer, MayReplace, Op, Ticket, Urgency},
    model::{Error, Key, Result, Status, Stored},
    sys::{Cancel, Deadline, ParkEnd, ThreadRole},
};
use std::{sync::Arc, time::Duration};

/// An operation before it has a ticket; the variants are those of [`Op`].
#[derive(Clone)]
pub enum CallOp {
    /// [`Op::Read`]
    Read(Key),
    /// [`Op::Exists`]
    Exists(Key),
    /// [`Op::Delete`]
    Delete(Key),
    /// [`Op::Store`]
    Store {
        /// What to store it under.
        key: Key,
        /// The bytes.
        record: Stored,
        /// Asked about the record stored so far.
        may_replace: Option<MayReplace>,
        /// How long the store keeps it.
        expires: Option<Duration>,
    },
    /// [`Op::Connect`]
    Connect,
}

impl CallOp {
    pub(super) fn to_op(&self, ticket: Ticket) -> Op {
        match self.clone() {
            Self::Read(key) => Op::Read(key, ticket, Urgency::Now),
            Self::Exists(key) => Op::Exists(key, ticket),
            Self::Delete(key) => Op::Delete(key, ticket),
            Self::Store { key, record, may_replace, expires } => {
                Op::Store { key, record, may_replace, expires, ticket }
            }
            Self::Connect => Op::Connect(ticket),
        }
    }

    /// Whether doing it twice, or not knowing whether it was done, makes a difference.
    pub(super) fn is_write(&self) -> bool {
        matches!(self, Self::Store { .. })
    }
}

impl Engine {
    /// Carries out one operation within the option `operation_timeout_ms`.
    pub fn call(&self, op: CallOp) -> Result<Answer> {
        self.call_within(op, Deadline::after(Some(self.shared.settings.operation_timeout)), None)
    }

    /// Carries out one operation before a deadline of the caller's.
    ///
    /// Fails with [`Status::Unreachable`] when the store could not be asked in time, and with
    /// [`Status::Uncertain`] when a record was sent and no answer came.
    pub fn call_within(&self, op: CallOp, deadline: Deadline, cancel: Option<&Cancel>) -> Result<Answer> {
        let shared = &self.shared;
        shared.check_process()?;
        super::Shared::check_thread(|role| role == ThreadRole::Engine)?;
        let parking = parking(CallState::default(), cancel)?;
        let call = Arc::new(Call { op, parking });
        let (ticket, ops) = {
            let mut registry = shared.registry.lock();
            (registry.begin_call(&call)?, registry.begin_sending())
        };
        shared.begin_ticking();
        shared.send(ops);
        let mut state = call.parking.lock();
        let end = loop {
            if let Some(result) = state.end.take() {
                return result;
            }
            let (again, end) = call.parking.park(state, deadline, cancel);
            state = again;
            if end != ParkEnd::Woken && state.end.is_none() {
                break end;
            }
        };
        drop(state);
        shared.registry.lock().end_call(ticket);
        let mut state = call.parking.lock();
        // The answer may have come between the two locks.
        if let Some(result) = state.end.take() {
            return result;
        }
        Err(gave_up(&call.op, end, &state, self.traits().map_or("", |traits| &traits.uri)))
    }
}

/// Carries out operations of any engines together and waits for all answers: in their order, each
/// with its own end.
pub fn call_together(
    operations: &[(&Engine, CallOp)],
    deadline: Deadline,
    cancel: Option<&Cancel>,
) -> Vec<Result<Answer>> {
    operations.iter().map(|(engine, op)| engine.call_within(op.clone(), deadline, cancel)).collect()
}

fn gave_up(op: &CallOp, end: ParkEnd, state: &CallState, uri: &str) -> Error {
    let trouble = state.trouble.as_ref().map_or("no answer yet", |error| error.message());
    if op.is_write() && state.under_way {
        return Error::new(
            Status::Uncertain,
            format!("{uri}: the record was sent and not answered; it may or may not have been stored"),
        );
    }
    if end == ParkEnd::Cancelled {
        return Error::new(Status::Cancelled, "cancelled through its token");
    }
    Error::new(Status::Unreachable, format!("{uri}: not reached in time: {trouble}"))
}
