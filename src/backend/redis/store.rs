//! Storing a record as Celery does: look at the old one, then set and publish the new one in one
//! transaction. Between the two, what else is to be written under that key waits, so that writes
//! of one app happen in the order in which they were asked for.

use super::{
    request::{Request as Operation, Store},
    session::{Session, Work},
};
use crate::{
    backend::{Answer, Failure},
    model::{Error, Key, Status},
    transport::redis::{Reply, Request},
};
use std::collections::{HashMap, VecDeque};

/// What waits for the look at an old record, by key.
#[derive(Default)]
pub(super) struct Writes {
    waiting: HashMap<Key, VecDeque<Operation>>,
}

impl Writes {
    /// Keeps an operation that must wait; gives it back if there is nothing to wait for.
    pub(super) fn park(&mut self, operation: Operation) -> Option<Operation> {
        let (Operation::Store(Store { key, .. }) | Operation::Delete(key, _)) = &operation else {
            return Some(operation);
        };
        match self.waiting.get_mut(key) {
            Some(waiting) => {
                waiting.push_back(operation);
                None
            }
            None => Some(operation),
        }
    }

    /// Everything that waits here.
    pub(super) fn parked(&mut self) -> impl Iterator<Item = Operation> + use<> {
        std::mem::take(&mut self.waiting).into_values().flatten()
    }
}

impl Session {
    pub(super) fn store(&mut self, store: Store) {
        if store.record.bytes().len() > self.shared.max_payload_bytes {
            let failure = self.shared.too_large(&store.key);
            return store.pending.answer(Err(failure));
        }
        if store.may_replace.is_none() {
            return self.write(store);
        }
        self.writes.waiting.entry(store.key.clone()).or_default();
        self.check(store);
    }

    fn check(&mut self, store: Store) {
        let key = self.shared.keys.of(&store.key);
        let work = Work::Check { store, whole: self.cannot_read_ranges() };
        self.command(self.get(&key), work);
    }

    /// The old record has been read.
    pub(super) fn checked(&mut self, store: Store, whole: bool, reply: Reply) {
        if self.is_range_refused(whole, &reply) {
            return self.check(store);
        }
        let key = store.key.clone();
        match self.shared.found(&key, reply) {
            Ok(Some(old)) => {
                if store.may_replace.as_ref().is_none_or(|may_replace| may_replace(&old)) {
                    self.write(store);
                } else {
                    store.pending.answer(Ok(Answer::Stored(false)));
                }
            }
            Ok(_) => self.write(store),
            Err(failure) => store.pending.answer(Err(failure)),
        }
        // The write has left, if there is one; what leaves now is carried out after it.
        for operation in self.writes.waiting.remove(&key).unwrap_or_default() {
            self.submit(operation);
        }
    }

    fn write(&mut self, store: Store) {
        let Store { key, record, expires, pending, .. } = store;
        // Less than a second is no expiry, as in Celery.
        let expires = expires.map(|expires| expires.as_secs()).filter(|seconds| *seconds > 0);
        let request = Request::set_and_publish(&self.shared.keys.of(&key), record.bytes(), expires);
        self.command(request, Work::Write(key, pending));
    }

    /// What the transaction's replies mean.
    pub(super) fn written(&self, key: &Key, replies: &[Reply]) -> Result<Answer, Failure> {
        let (last, before) = match replies.split_last() {
            Some((Reply::List(carried_out), _)) => (None, carried_out.as_slice()),
            Some((last, before)) => (Some(last), before),
            None => (Some(&Reply::Strange), replies),
        };
        // An aborted transaction says why in the reply to the command at fault.
        match before.iter().find(|reply| matches!(reply, Reply::Refused(_))).or(last) {
            Some(reply) => Err(self.shared.strange(key, reply)),
            None => Ok(Answer::Stored(true)),
        }
    }

    /// The link broke with a write under way.
    pub(super) fn uncertain(cause: &Error) -> Failure {
        let what = format!("{}; the write may or may not have been carried out", cause.message());
        Failure::Uncertain(Error::new(Status::Uncertain, what))
    }
}
