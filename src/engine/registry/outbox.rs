//! Operations in the order in which they were decided, and who is sending them.

use super::Registry;
use crate::backend::Op;

#[derive(Default)]
pub(super) struct Outbox {
    ops: Vec<Op>,
    sending: bool,
    /// Whether the store tells of every record by itself: without watches no order matters.
    pub(super) unordered: bool,
}

impl Outbox {
    pub(super) fn push(&mut self, op: Op) {
        self.ops.push(op);
    }
}

impl Registry {
    /// Lets every thread send what it has decided, without waiting for another one.
    pub(in crate::engine) fn send_unordered(&mut self) {
        self.outbox.unordered = true;
    }

    /// Makes the caller the sender of what is in the outbox; `None` when it is empty or somebody
    /// is sending already and will find what was added.
    pub(in crate::engine) fn begin_sending(&mut self) -> Option<Vec<Op>> {
        if (self.outbox.sending && !self.outbox.unordered) || self.outbox.ops.is_empty() {
            return None;
        }
        self.outbox.sending = true;
        Some(std::mem::take(&mut self.outbox.ops))
    }

    /// Whether nothing was decided that [`Self::begin_sending`] would give to a sender.
    pub(in crate::engine) fn has_nothing_to_send(&self) -> bool {
        self.outbox.ops.is_empty()
    }

    /// The caller has sent; it must look into the outbox once more.
    pub(in crate::engine) fn end_sending(&mut self) {
        self.outbox.sending = false;
    }
}
