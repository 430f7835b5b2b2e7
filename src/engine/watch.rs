//! Beginning and ending waits, of one id and of many with one waiter. The registry is locked for a
//! slice of them at a time, so that a million ids do not hold up those who wait for one.

use super::{
    Engine, Waiter,
    registry::{Registry, SLICE},
};
use crate::{
    backend::Wakes,
    model::{Id, Result},
};
use std::{slice, sync::Arc};

/// So many ids are watched and read in one go, which takes one round trip. Of more than that most
/// may have finished: they are read before they are watched.
pub(super) const AT_ONCE: usize = 16;

impl Engine {
    /// Tells `waiter` everything about this id, under this token, until [`Self::unwatch`] or a final
    /// event. Does no waiting; fails when the engine has ended or the limit of subscriptions is
    /// reached.
    pub fn watch(&self, id: &Id, waiter: Arc<dyn Waiter>, token: u64) -> Result<()> {
        self.watch_many(slice::from_ref(&(id.clone(), token)), &waiter)
    }

    /// [`Self::watch`] of many ids, each under its own token: all of them, or none where it fails.
    pub fn watch_many(&self, ids: &[(Id, u64)], waiter: &Arc<dyn Waiter>) -> Result<()> {
        self.shared.check_process()?;
        let look_first = ids.len() > AT_ONCE && !self.shared.wakes(Wakes::Direct);
        let mut begun = 0;
        for slice in ids.chunks(SLICE) {
            let ((more, end), ops) = self.shared.decide(|registry| {
                if look_first {
                    registry.look_slice(slice, waiter)
                } else {
                    registry.add_slice(slice, waiter)
                }
            });
            begun += more;
            self.shared.begin_ticking();
            self.shared.send(ops);
            if end.is_err() {
                self.unwatch_many(ids.get(..begun).unwrap_or_default(), waiter);
                return end;
            }
        }
        Ok(())
    }

    /// Forgets a waiter. It is told nothing that is found out after this. In a forked child it does
    /// nothing, as a lock may be held there by a thread that does not exist.
    pub fn unwatch(&self, id: &Id, waiter: &Arc<dyn Waiter>, token: u64) {
        self.unwatch_many(slice::from_ref(&(id.clone(), token)), waiter);
    }

    /// [`Self::unwatch`] of many ids.
    pub fn unwatch_many(&self, ids: &[(Id, u64)], waiter: &Arc<dyn Waiter>) {
        self.change_each(ids, |registry, (id, token)| registry.remove(id, waiter, *token));
    }

    /// Owes one more read of ids that are waited for, before a wait for them gives up.
    pub fn read_again(&self, ids: &[Id]) {
        self.change_each(ids, |registry, id| registry.read_again(id));
    }

    fn change_each<T>(&self, all: &[T], mut change: impl FnMut(&mut Registry, &T)) {
        if self.is_forked() {
            return;
        }
        for slice in all.chunks(SLICE) {
            let ((), ops) = self.shared.decide(|registry| slice.iter().for_each(|one| change(registry, one)));
            self.shared.send(ops);
        }
    }
}
