//! What the engine tells those who wait, and the list in which it is collected under the lock to be
//! told after it.

use crate::model::{Error, Stored};
use std::{sync::Arc, time::Duration};

/// Something that was found out about an id.
#[derive(Clone, Debug)]
pub enum Event {
    /// The record is in a READY state. Final.
    Ready {
        /// The record.
        record: Stored,
        /// As below.
        news: bool,
    },
    /// The store was looked at, or pushed a record, and the task has not finished.
    Unfinished {
        /// The record; `None` where there is none.
        record: Option<Stored>,
        /// Whether it is news (pushed, or found after a gap) rather than the answer to a read.
        news: bool,
    },
    /// This id cannot be waited for: its record cannot be read, access is refused, the app was
    /// closed. Final.
    Failed(Error),
}

/// Someone who waits for one id.
pub trait Waiter: Send + Sync {
    /// Called on any thread, without locks, and must not block. After a final event nothing
    /// more is of interest.
    fn notify(&self, event: &Event);
    /// How often to read where the store cannot push.
    fn poll_interval(&self) -> Duration;
}

/// Events to deliver once the lock is released.
pub(super) type Deliveries = Vec<(Arc<dyn Waiter>, Event)>;
