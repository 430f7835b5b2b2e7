//! Operations in the order in which they were decided, and who is sending them.

use super::Registry;
use crate::backend::Op;

#[derive(Default)]
pub(super) struct Outbox {
    ops: Vec<Op>,
    sending: bool,
}

impl Outbox {
    pub(super) fn push(&mut self, op: Op) {
        self.ops.push(op);
    }
}

impl Registry {
    /// Makes the caller the sender of what is in the outbox; `None` when it is empty or somebody
    /// is sending already and will find what was added.
    pub(in crate::engine) fn begin_sending(&mut self) -> Option<Vec<Op>> {
        if self.outbox.sending || self.outbox.ops.is_empty() {
            return None;
        }
        self.outbox.sending = true;
        Some(std::mem::take(&mut self.outbox.ops))
    }

    /// The caller has sent; it must look into the outbox once more.
    pub(in crate::engine) fn end_sending(&mut self) {
        self.outbox.sending = false;
    }
}
