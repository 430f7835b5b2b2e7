//! Orders to the broker and their ends: one call of the user's at a time, with its deadline.

use super::App;
use crate::{
    broker::{Bound, Broker, Claim, Order, Ordered, Pending, Replies, Reply},
    model::{Error, Message, Result, Route},
    sys::{Cancel, Deadline},
};
use std::{collections::HashSet, sync::Arc};

/// What became of a broadcast.
pub(super) struct Heard {
    pub(super) listeners: Option<u64>,
    pub(super) replies: Vec<Reply>,
}

impl App {
    /// The broker. Fails where the settings name none that could be used, in a forked child, and on the
    /// engine's own thread.
    pub(super) fn broker(&self) -> Result<&Arc<dyn Broker>> {
        self.engine().check_may_call()?;
        self.inner.broker.as_ref().map_err(Error::clone)
    }

    /// Where the exchanges that messages name lead; the server is asked only where there are any.
    ///
    /// Fails with `InvalidOption` where one leads to no queue, and with `Unreachable`.
    pub(super) fn look_up(&self, messages: &[(Route, Message)], deadline: Deadline) -> Result<Arc<Bound>> {
        let ways: HashSet<_> = messages
            .iter()
            .filter_map(|(route, _)| match route {
                Route::Exchange(way) => Some(way),
                Route::Queue { .. } => None,
            })
            .collect();
        if ways.is_empty() {
            return Ok(Arc::default());
        }
        let ways = ways.into_iter().cloned().collect();
        match self.order(deadline, None, |pending| Order::LookUp { ways, pending })? {
            Ordered::Bound(bound) => Ok(Arc::new(bound)),
            Ordered::Sent | Ordered::Heard { .. } => Ok(Arc::default()),
        }
    }

    /// Sends messages.
    ///
    /// Fails with `Unreachable` where nothing was sent, and with `Uncertain` where it may have been.
    pub(super) fn send(
        &self,
        messages: Vec<(Route, Message)>,
        bound: Arc<Bound>,
        deadline: Deadline,
    ) -> Result<()> {
        self.order(deadline, None, |pending| Order::Send { messages, bound, pending }).map(drop)
    }

    /// Tells all workers something, and waits for answers where they are wanted: until then, or else
    /// within `operation_timeout_ms`.
    pub(super) fn broadcast(
        &self,
        message: Message,
        replies: Option<Replies>,
        cancel: Option<&Cancel>,
    ) -> Result<Heard> {
        let until = replies.as_ref().map(|replies| replies.until);
        let deadline = until.unwrap_or_else(|| self.engine().operation_deadline());
        let order = |pending| Order::Broadcast { message: Box::new(message), replies, pending };
        match self.order(deadline, cancel, order)? {
            Ordered::Heard { listeners, replies } => Ok(Heard { listeners, replies }),
            Ordered::Sent | Ordered::Bound(_) => Ok(Heard { listeners: None, replies: Vec::new() }),
        }
    }

    fn order(
        &self,
        deadline: Deadline,
        cancel: Option<&Cancel>,
        order: impl FnOnce(Pending) -> Order,
    ) -> Result<Ordered> {
        let broker = self.broker()?;
        let (claim, pending) = Claim::new(cancel)?;
        broker.submit(order(pending));
        claim.wait(deadline, cancel, || broker.nudge())
    }
}
