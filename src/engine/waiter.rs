//! What the engine tells those who wait, and the list in which it is collected under the lock to be
//! told after it.

use crate::model::{Error, Stored};
use smallvec::SmallVec;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How a record came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It answers a read.
    Read,
    /// The store pushed it.
    Pushed,
    /// It was read after a gap: what was pushed meanwhile is lost, or could not be used.
    AfterGap,
}

impl How {
    /// Whether it is news to those who have looked before.
    pub fn is_news(self) -> bool {
        self != Self::Read
    }
}

/// Something that was found out about an id.
#[derive(Clone, Debug)]
pub enum Event {
    /// The record is in a READY state. Final.
    Ready {
        /// The record.
        record: Stored,
        /// How it came to be known.
        how: How,
    },
    /// The store was looked at, or pushed a record, and the task has not finished.
    Unfinished {
        /// The record; `None` where there is none.
        record: Option<Stored>,
        /// How it came to be known.
        how: How,
    },
    /// This id cannot be waited for: its record cannot be read, access is refused, the app was
    /// closed. Final.
    Failed(Error),
}

/// Someone who waits for ids. A token, given when a wait began, tells its waits apart.
pub trait Waiter: Send + Sync {
    /// Called on any thread, without locks, and must not block. After a final event nothing
    /// more is of interest.
    fn notify(&self, token: u64, event: &Event);
    /// [`Self::notify`] of several events, in this order: for one who is to be woken once.
    fn notify_all(&self, told: &[Told]) {
        for told in told {
            self.notify(told.token, &told.event);
        }
    }
    /// How often to read where the store cannot push.
    fn poll_interval(&self) -> Duration;
    /// Whether intermediate states that became known in this way are of interest one by one, so that
    /// none may come after a newer one. Called under the registry's lock: must not take another.
    fn hears(&self, how: How) -> bool {
        let _ = how;
        false
    }
}

/// An event on its way.
pub struct Told {
    pub(super) waiter: Arc<dyn Waiter>,
    pub(super) token: u64,
    pub(super) event: Event,
}

impl Told {
    fn address(&self) -> usize {
        Arc::as_ptr(&self.waiter).addr()
    }
}

/// Events to deliver once the lock is released; of a message there is nearly always one.
pub(super) type Deliveries = SmallVec<[Told; 1]>;

/// Tells everyone; what is for one waiter is told together, in its order, and who was to be told first
/// is.
pub(super) fn tell(mut deliveries: Deliveries) {
    if deliveries.len() > 1 {
        let mut turns = HashMap::new();
        for told in &deliveries {
            let next = turns.len();
            turns.entry(told.address()).or_insert(next);
        }
        // Stable.
        deliveries.sort_by_key(|told| turns.get(&told.address()).copied());
    }
    for told in deliveries.chunk_by(|one, other| one.address() == other.address()) {
        match told {
            [one] => one.waiter.notify(one.token, &one.event),
            [first, ..] => first.waiter.notify_all(told),
            [] => {}
        }
    }
}
