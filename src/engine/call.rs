//! Calls: operations that one thread makes and waits for, one or many, with one deadline. How a call is sent
//! again while the link is down is in [`super::registry`].

use super::{
    EndOnPanic, Engine,
    registry::{Call, CallState, SLICE, Together},
};
use crate::{
    backend::{Answer, MayReplace, Op, Ticket, Urgency, Wakes},
    model::{Error, Key, Result, Status, Stored},
    sys::{Cancel, Deadline, ParkEnd, Parking, ThreadRole},
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
    pub(super) fn into_op(self, ticket: Ticket) -> Op {
        match self {
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
        if self.answers_at_once() {
            return self.call_at_once(op);
        }
        self.call_within(op, self.operation_deadline(), None)
    }

    /// When an operation that begins now has to have ended.
    pub fn operation_deadline(&self) -> Deadline {
        Deadline::after(Some(self.shared.settings.operation_timeout))
    }

    /// Carries out one operation before a deadline of the caller's.
    ///
    /// Fails with [`Status::Unreachable`] when the store could not be asked in time, and with
    /// [`Status::Uncertain`] when a record was sent and no answer came.
    pub fn call_within(&self, op: CallOp, deadline: Deadline, cancel: Option<&Cancel>) -> Result<Answer> {
        let mut ends = call_together(&[(self, op)], deadline, cancel);
        ends.pop().unwrap_or_else(|| Err(Error::new(Status::Panic, "a call has no end")))
    }

    /// Refuses where a call that ends in bounded time would wait for the calling thread itself, and in a
    /// forked child.
    pub fn check_may_call(&self) -> Result<()> {
        self.shared.check_process()?;
        super::Shared::check_thread(|role| role == ThreadRole::Engine)
    }

    /// Whether the store carries operations out on the thread that asks for them.
    fn answers_at_once(&self) -> bool {
        self.shared.wakes(Wakes::Direct)
    }

    /// Carries out one operation of such a store: nobody else has to do with it, and nothing is waited
    /// for.
    fn call_at_once(&self, op: CallOp) -> Result<Answer> {
        self.check_may_call()?;
        let shared = &self.shared;
        let _guard = EndOnPanic::new(shared);
        let answer = shared.backend.get().and_then(|backend| backend.carry_out(op.into_op(Ticket::NONE)));
        match answer {
            Some(Ok(answer)) => Ok(answer),
            // An engine that has ended knows best why.
            Some(Err(failure)) => shared.registry.lock().check_open().and(Err(failure.into_error())),
            None => Err(Error::new(Status::Panic, "the result backend has not answered")),
        }
    }

    /// Begins what it can of the calls, in slices.
    fn begin_calls<'a>(&'a self, calls: &[Arc<Call>], tickets: &mut Vec<(&'a Self, Ticket)>) {
        if self.answers_at_once() {
            for call in calls {
                call.end(self.call_at_once(call.op.clone()));
            }
            return;
        }
        if let Err(error) = self.check_may_call() {
            for call in calls {
                call.end(Err(error.clone()));
            }
            return;
        }
        for slice in calls.chunks(SLICE) {
            let (begun, ops) = self
                .shared
                .decide(|registry| slice.iter().map(|call| registry.begin_call(call)).collect::<Vec<_>>());
            for (call, begun) in slice.iter().zip(begun) {
                match begun {
                    Ok(ticket) => tickets.push((self, ticket)),
                    Err(error) => call.end(Err(error)),
                }
            }
            self.shared.begin_ticking();
            self.shared.send(ops);
        }
    }
}

/// Carries out operations of any engines together, and gives each its own end, in their order.
/// Each fails as [`Engine::call_within`]. They have one deadline, and all are under way at once: who
/// has very many takes several calls.
pub fn call_together(
    operations: &[(&Engine, CallOp)],
    deadline: Deadline,
    cancel: Option<&Cancel>,
) -> Vec<Result<Answer>> {
    let calls = operations.iter().map(|_| CallState::default()).collect();
    let together = match Parking::of_call(Together { calls, unended: operations.len() }, cancel) {
        Ok(together) => Arc::new(together),
        Err(error) => return operations.iter().map(|_| Err(error.clone())).collect(),
    };
    let make = |(index, (_, op)): (usize, &(&Engine, CallOp))| {
        Arc::new(Call { op: op.clone(), index, together: Arc::clone(&together) })
    };
    let calls: Vec<_> = operations.iter().enumerate().map(make).collect();
    let (mut tickets, mut rest) = (Vec::with_capacity(calls.len()), calls.as_slice());
    for of_one in operations.chunk_by(|(engine, _), (next, _)| engine.is_same(next)) {
        let (now, later) = rest.split_at(of_one.len());
        rest = later;
        if let Some((engine, _)) = of_one.first() {
            engine.begin_calls(now, &mut tickets);
        }
    }
    let mut state = together.lock();
    let end = loop {
        if state.unended == 0 {
            break ParkEnd::Woken;
        }
        let (again, end) = together.park(state, deadline, cancel);
        state = again;
        if end != ParkEnd::Woken && state.unended != 0 {
            break end;
        }
    };
    if end != ParkEnd::Woken {
        drop(state);
        for (engine, ticket) in tickets {
            engine.shared.registry.lock().end_call(ticket);
        }
        // Answers may have come between the locks.
        state = together.lock();
    }
    let states = std::mem::take(&mut state.calls);
    drop(state);
    let ends = operations.iter().zip(states).map(|((engine, op), state)| {
        let uri = || engine.traits().map_or("", |traits| &traits.uri);
        state.end.unwrap_or_else(|| Err(gave_up(op, end, state.under_way, state.trouble.as_ref(), uri())))
    });
    ends.collect()
}

fn gave_up(op: &CallOp, end: ParkEnd, under_way: bool, trouble: Option<&Error>, uri: &str) -> Error {
    let trouble = trouble.map_or("no answer yet", |error| error.message());
    if op.is_write() && under_way {
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
