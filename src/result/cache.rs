//! What a handle remembers of its finished task. Once READY was seen the store is not asked
//! again, even if the record expires, as in Celery.

use crate::{
    model::{Error, Result, State, Status, TaskMeta},
    sys::Mutex,
};
use std::sync::Arc;

/// The finished record of one handle.
#[derive(Debug, Default)]
pub(super) struct Cache {
    held: Mutex<Held>,
}

#[derive(Debug, Default, Clone)]
pub(super) enum Held {
    /// The task has not been seen finished.
    #[default]
    Nothing,
    Finished(Arc<TaskMeta>),
    /// The payload was dropped on request; the state is still known.
    Released(State),
}

impl Cache {
    pub(super) fn held(&self) -> Held {
        self.held.lock().clone()
    }

    /// The finished record; an error where its payload was released.
    pub(super) fn finished(&self) -> Result<Option<Arc<TaskMeta>>> {
        match self.held() {
            Held::Nothing => Ok(None),
            Held::Finished(meta) => Ok(Some(meta)),
            Held::Released(_) => Err(Error::new(
                Status::Released,
                "the payload was released; make another handle for this id to read it again",
            )),
        }
    }

    pub(super) fn state(&self) -> Option<State> {
        match &*self.held.lock() {
            Held::Nothing => None,
            Held::Finished(meta) => Some(meta.state().clone()),
            Held::Released(state) => Some(state.clone()),
        }
    }

    /// Keeps the record if it is READY and nothing is kept yet.
    pub(super) fn keep(&self, meta: &Arc<TaskMeta>) {
        if meta.state().is_ready() {
            let mut held = self.held.lock();
            if matches!(*held, Held::Nothing) {
                *held = Held::Finished(Arc::clone(meta));
            }
        }
    }

    pub(super) fn clear(&self) {
        let before = std::mem::take(&mut *self.held.lock());
        // A large record is freed after the lock.
        drop(before);
    }

    pub(super) fn release(&self) {
        let mut held = self.held.lock();
        let Held::Finished(meta) = &*held else { return };
        let state = meta.state().clone();
        let before = std::mem::replace(&mut *held, Held::Released(state));
        drop(held);
        drop(before);
    }
}
