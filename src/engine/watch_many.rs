//! Waiting for many ids with one waiter. The registry is locked for a slice of them at a time, so
//! that a million ids do not hold up those who wait for one.

use super::{Engine, Waiter, registry::SLICE};
use crate::{
    backend::Wakes,
    model::{Id, Result},
};
use std::sync::Arc;

/// So many ids are watched and read in one go, which takes one round trip. Of more than that most
/// may have finished: they are read before they are watched.
const AT_ONCE: usize = 16;

impl Engine {
    /// [`Self::watch`] of many ids, each under its own token: all of them, or none where it fails.
    pub fn watch_many(&self, ids: &[(Id, u64)], waiter: &Arc<dyn Waiter>) -> Result<()> {
        self.shared.check_process()?;
        let look_first = ids.len() > AT_ONCE && !self.shared.wakes(Wakes::Direct);
        let mut begun = 0;
        for slice in ids.chunks(SLICE) {
            let (more, end, ops) = {
                let mut registry = self.shared.registry.lock();
                let (more, end) = if look_first {
                    registry.look_slice(slice, waiter)
                } else {
                    registry.add_slice(slice, waiter)
                };
                (more, end, registry.begin_sending())
            };
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

    /// [`Self::unwatch`] of many ids.
    pub fn unwatch_many(&self, ids: &[(Id, u64)], waiter: &Arc<dyn Waiter>) {
        if self.is_forked() {
            return;
        }
        for slice in ids.chunks(SLICE) {
            let ops = {
                let mut registry = self.shared.registry.lock();
                for (id, token) in slice {
                    registry.remove(id, waiter, *token);
                }
                registry.begin_sending()
            };
            self.shared.send(ops);
        }
    }

    /// Owes one more read of ids that are waited for, before a wait for them gives up.
    pub fn read_again(&self, ids: &[Id]) {
        if self.is_forked() {
            return;
        }
        for slice in ids.chunks(SLICE) {
            let ops = {
                let mut registry = self.shared.registry.lock();
                for id in slice {
                    registry.read_again(id);
                }
                registry.begin_sending()
            };
            self.shared.send(ops);
        }
    }
}
