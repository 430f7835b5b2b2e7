//! The way to an app's store, as events of a queue. At most one event of it waits to be taken: of
//! several changes the last one counts.

use super::queue::{Events, QueueEventKind, Waited, ended};
use crate::{
    engine::{LinkObserver, LinkState},
    sys::Mutex,
};
use std::sync::{Arc, Weak};

/// Puts the changes of one app's link into a queue.
pub(super) struct LinkWatch {
    pub(super) tag: u64,
    events: Weak<Events>,
    me: Weak<Self>,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    number: u64,
    state: Option<LinkState>,
    /// Whether an event waits to be taken.
    queued: bool,
    /// Whether the last one that was taken said that there is no connection: each vain attempt to
    /// connect is no news.
    lost: bool,
}

impl LinkWatch {
    pub(super) fn new(events: &Arc<Events>, tag: u64) -> Arc<Self> {
        let events = Arc::downgrade(events);
        Arc::new_cyclic(|me| Self { tag, events, me: Weak::clone(me), now: Mutex::default() })
    }

    /// Whether an event waits to be taken.
    pub(super) fn is_queued(&self) -> bool {
        self.now.lock().queued
    }

    /// Whether the app was closed.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.now.lock().state, Some(LinkState::Ended(_)))
    }

    /// What its event says when it is taken.
    pub(super) fn take(&self) -> Option<QueueEventKind> {
        let mut now = self.now.lock();
        now.queued = false;
        now.lost = matches!(now.state, Some(LinkState::Lost(_)));
        Some(match now.state.clone()? {
            LinkState::Live => QueueEventKind::Connected,
            LinkState::Lost(error) => QueueEventKind::Disconnected(error),
            LinkState::Ended(error) => QueueEventKind::Closed(error),
        })
    }
}

impl LinkObserver for LinkWatch {
    fn link(&self, number: u64, state: LinkState) {
        {
            let mut now = self.now.lock();
            let is_over = matches!(now.state, Some(LinkState::Ended(_)));
            if number < now.number || is_over {
                return;
            }
            let is_news = !(now.lost && matches!(state, LinkState::Lost(_)));
            now.number = number;
            now.state = Some(state);
            if !is_news || std::mem::replace(&mut now.queued, true) {
                return;
            }
        }
        if let (Some(events), Some(me)) = (self.events.upgrade(), self.me.upgrade())
            && let Ok(held) = events.hold(self.tag, Some(Arc::new(Waited::Link(me))))
        {
            events.complete(held, &ended());
        }
    }
}
