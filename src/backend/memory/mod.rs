//! `memory://` and `memory://NAME`: a store inside the process. The storing thread tells every app
//! on the store itself, so there is nothing to connect, nothing to lose and no thread to start.

mod store;

use super::{Answer, Backend, Failure, Op, Pushed, Sink, Traits, Wakes};
use crate::model::{Counters, Error, Status};
use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use store::Store;

/// One app's way to a store in memory.
pub(super) struct MemoryBackend {
    store: Arc<Store>,
    sink: Weak<dyn Sink>,
    traits: Traits,
    max_payload: usize,
    messages: AtomicU64,
    closed: AtomicBool,
}

impl MemoryBackend {
    /// A store of its own, or the process's store of this name.
    pub(super) fn open(
        name: Option<&str>,
        uri: String,
        max_payload: usize,
        sink: Weak<dyn Sink>,
    ) -> Arc<dyn Backend> {
        let backend = Arc::new(Self {
            store: name.map_or_else(Arc::default, Store::shared),
            sink,
            traits: Traits { wakes: Wakes::Direct, groups: true, batch: 512, uri },
            max_payload,
            messages: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        backend.store.attach(Arc::downgrade(&backend));
        backend
    }

    /// A record was stored, by this app or by another one on the same store.
    fn hear(&self, id: &str, record: &crate::model::Stored) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        if let Some(sink) = self.sink.upgrade() {
            self.messages.fetch_add(1, Ordering::Relaxed);
            sink.messages(&[Pushed { id, record: Some(record.clone()) }]);
        }
    }
}

impl Backend for MemoryBackend {
    fn traits(&self) -> &Traits {
        &self.traits
    }

    fn submit(&self, ops: Vec<Op>) {
        let Some(sink) = self.sink.upgrade() else { return };
        for op in ops {
            if let Some(ticket) = op.ticket()
                && let Some(result) = self.carry_out(op)
            {
                sink.answer(ticket, result);
            }
        }
    }

    fn carry_out(&self, op: Op) -> Option<Result<Answer, Failure>> {
        if self.closed.load(Ordering::Relaxed) {
            return Some(Err(Failure::Retry(Error::new(Status::Closed, "the app was closed"))));
        }
        Some(Ok(match op {
            // Every store is told of anyway.
            Op::Watch(_) | Op::Unwatch(_) => return None,
            Op::Read(key, ..) => Answer::Record(self.store.read(&key)),
            Op::ReadMany(keys, _) => {
                Answer::Records(keys.iter().map(|key| Ok(self.store.read(key))).collect())
            }
            Op::Exists(key, _) => Answer::Exists(self.store.read(&key).is_some()),
            Op::Delete(key, _) => Answer::Deleted(self.store.delete(&key)),
            Op::Connect(_) => Answer::Connected,
            // The storing threads tell by themselves: nothing is on the way.
            Op::Barrier(_) => Answer::Passed,
            Op::Store { record, .. } if record.bytes().len() > self.max_payload => {
                let message = format!(
                    "the record has {} bytes; max_payload_bytes allows {}",
                    record.bytes().len(),
                    self.max_payload
                );
                return Some(Err(Failure::TooLarge(Error::new(Status::TooLarge, message))));
            }
            Op::Store { key, record, may_replace, expires, .. } => {
                Answer::Stored(self.store.write(key, record, may_replace.as_ref(), expires))
            }
        }))
    }

    fn counters(&self) -> Counters {
        Counters { messages: self.messages.load(Ordering::Relaxed), ..Counters::default() }
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
