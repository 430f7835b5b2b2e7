//! Who is told when the way to the store changes, for programs that show it or act on it. Waits need
//! nobody to be told: they go on by themselves.

use super::{Engine, Shared};
use crate::model::{Error, Result};
use std::sync::{Arc, Weak};

/// How the way to the store is.
#[derive(Clone, Debug)]
pub enum LinkState {
    /// There is a connection.
    Live,
    /// There is none, and this is why; the engine goes on trying.
    Lost(Error),
    /// The engine has ended.
    Ended(Error),
}

/// Told of each change, on any thread and without locks. Must not block. A number that grows with
/// the changes tells which of two is the later one.
pub trait LinkObserver: Send + Sync {
    /// The state after this change.
    fn link(&self, number: u64, state: LinkState);
}

impl Engine {
    /// Tells of the present state, where there is a connection, and of every change from now on.
    /// Fails when the engine has ended, and in a forked child.
    pub fn observe_link(&self, observer: &Arc<dyn LinkObserver>) -> Result<()> {
        self.shared.check_process()?;
        {
            let mut observers = self.shared.link_observers.lock();
            // As many as there is room for anyway may be gone; so each is looked at twice on average.
            if observers.len() == observers.capacity() {
                observers.retain(|observer| observer.strong_count() > 0);
            }
            observers.push(Arc::downgrade(observer));
        }
        let (number, live) = self.shared.registry.lock().check_link()?;
        if live {
            observer.link(number, LinkState::Live);
        }
        Ok(())
    }
}

impl Shared {
    pub(super) fn tell_link(&self, state: &LinkState) {
        let number = self.registry.lock().link_number();
        let observers: Vec<_> = self.link_observers.lock().iter().filter_map(Weak::upgrade).collect();
        for observer in observers {
            observer.link(number, state.clone());
        }
    }
}
