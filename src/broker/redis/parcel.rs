//! Orders as they are sent: every message in its envelope. That is done on the thread of the caller, since
//! the engine's has others to serve.

use super::{envelope, shared::Shared};
use crate::{
    broker::{Bound, Order, Pending, Replies},
    model::{Error, Route, Way},
};
use std::sync::Arc;

/// A message in its envelope, and which way it goes.
pub(super) struct Letter {
    pub(super) route: Route,
    pub(super) priority: u8,
    pub(super) text: String,
}

/// An order that is ready to be sent.
pub(super) enum Parcel {
    LookUp { ways: Vec<Way>, pending: Pending },
    Send { letters: Vec<Letter>, bound: Arc<Bound>, pending: Pending },
    Broadcast { text: String, replies: Option<Replies>, pending: Pending },
}

impl Parcel {
    pub(super) fn new(order: Order, shared: &Shared) -> Self {
        match order {
            Order::LookUp { ways, pending } => Self::LookUp { ways, pending },
            Order::Send { messages, bound, pending } => {
                let letter = |(route, message)| {
                    let text = match &route {
                        Route::Queue { name, .. } => envelope::write(&message, "", name),
                        Route::Exchange(Way { exchange, routing_key, .. }) => {
                            envelope::write(&message, exchange, routing_key)
                        }
                    };
                    Letter { route, priority: message.priority, text }
                };
                Self::Send { letters: messages.into_iter().map(letter).collect(), bound, pending }
            }
            Order::Broadcast { message, replies, pending } => {
                Self::Broadcast { text: envelope::write(&message, &shared.exchange, ""), replies, pending }
            }
        }
    }

    /// Who waits for it.
    pub(super) fn pending(&self) -> &Pending {
        match self {
            Self::LookUp { pending, .. } | Self::Send { pending, .. } | Self::Broadcast { pending, .. } => {
                pending
            }
        }
    }

    /// It has failed.
    pub(super) fn end(self, error: Error) {
        match self {
            Self::LookUp { pending, .. } | Self::Send { pending, .. } | Self::Broadcast { pending, .. } => {
                pending.end(Err(error));
            }
        }
    }
}
