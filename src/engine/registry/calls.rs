//! Calls: operations that one thread makes, alone or many together, and waits for itself (state,
//! exists, forget, store, connect). What is answered *try again* is sent again with the next link or tick, until the caller
//! gives up; once it has given up, nothing is sent any more.

use super::Registry;
use crate::{
    backend::{Answer, Op, Ticket},
    engine::call::CallOp,
    model::{Error, Result},
    sys::Parking,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How a call stands.
#[derive(Default)]
pub(in crate::engine) struct CallState {
    pub(in crate::engine) end: Option<Result<Answer>>,
    /// Whether the operation has been handed to the backend and not come back: a write may have
    /// been carried out.
    pub(in crate::engine) under_way: bool,
    /// Why it has not been carried out so far.
    pub(in crate::engine) trouble: Option<Error>,
}

/// What one thread waits for: as many calls as it made together.
#[derive(Default)]
pub(in crate::engine) struct Together {
    pub(in crate::engine) calls: Vec<CallState>,
    pub(in crate::engine) unended: usize,
}

/// A call that has not ended.
pub(in crate::engine) struct Call {
    pub(in crate::engine) op: CallOp,
    /// Which of those made together it is.
    pub(in crate::engine) index: usize,
    pub(in crate::engine) together: Arc<Parking<Together>>,
}

impl Call {
    pub(in crate::engine) fn end(&self, result: Result<Answer>) {
        let mut together = self.together.lock();
        let Some(state) = together.calls.get_mut(self.index) else { return };
        if state.end.is_some() {
            return;
        }
        state.end = Some(result);
        together.unended = together.unended.saturating_sub(1);
        let all_ended = together.unended == 0;
        drop(together);
        if all_ended {
            self.together.wake();
        }
    }

    /// Notes how it stands.
    fn note(&self, under_way: bool, trouble: Option<Error>) {
        if let Some(state) = self.together.lock().calls.get_mut(self.index) {
            state.under_way = under_way;
            state.trouble = trouble.or(state.trouble.take());
        }
    }
}

#[derive(Default)]
pub(super) struct Calls {
    open: BTreeMap<Ticket, Arc<Call>>,
    /// In the order in which they were made.
    stalled: BTreeSet<Ticket>,
}

impl Calls {
    pub(super) fn get(&self, ticket: Ticket) -> Option<Arc<Call>> {
        self.open.get(&ticket).cloned()
    }

    /// Also those under way: *try again* may come late, and a tick has to follow it.
    pub(super) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }
}

impl Registry {
    /// Sends the call's operation.
    pub(in crate::engine) fn begin_call(&mut self, call: &Arc<Call>) -> Result<Ticket> {
        self.check_open()?;
        let ticket = self.ticket();
        self.calls.open.insert(ticket, Arc::clone(call));
        self.send_call(ticket, call);
        Ok(ticket)
    }

    /// Takes every open call, to be told that it was in vain.
    pub(in crate::engine) fn take_calls(&mut self) -> Vec<Arc<Call>> {
        self.calls.stalled.clear();
        std::mem::take(&mut self.calls.open).into_values().collect()
    }

    /// The caller waits no longer.
    pub(in crate::engine) fn end_call(&mut self, ticket: Ticket) {
        self.calls.open.remove(&ticket);
        self.calls.stalled.remove(&ticket);
    }

    /// The call was answered *try again*.
    pub(in crate::engine) fn stall_call(&mut self, ticket: Ticket, trouble: Error) {
        if let Some(call) = self.calls.open.get(&ticket) {
            call.note(false, Some(trouble));
            self.calls.stalled.insert(ticket);
        }
    }

    /// The call was answered: it is not owed anything any more.
    pub(in crate::engine) fn call_answered(&mut self, ticket: Ticket, well: bool) {
        self.ever_read |= well;
        self.calls.open.remove(&ticket);
    }

    pub(super) fn resend_calls(&mut self) {
        for ticket in std::mem::take(&mut self.calls.stalled) {
            if let Some(call) = self.calls.get(ticket) {
                self.send_call(ticket, &call);
            }
        }
    }

    fn send_call(&mut self, ticket: Ticket, call: &Call) {
        call.note(true, None);
        let op: Op = call.op.clone().into_op(ticket);
        self.outbox.push(op);
    }
}
