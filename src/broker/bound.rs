//! Where exchanges lead: the queues that were bound to them when the server was asked. Asked before the first
//! of several orders is made, so that a way that leads nowhere is known before anything is sent.

use crate::model::{Error, Result, Status};
use std::collections::HashMap;

/// An exchange and a routing key.
pub type Way = (String, String);

/// The queues of ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// By exchange and routing key.
    queues: HashMap<String, HashMap<String, Vec<String>>>,
}

impl Bound {
    /// A way leads to these queues.
    pub fn insert(&mut self, (exchange, routing_key): Way, queues: Vec<String>) {
        self.queues.entry(exchange).or_default().insert(routing_key, queues);
    }

    /// Where a way leads. Fails with `InvalidOption` where that is nowhere, or was not asked.
    pub fn queues(&self, exchange: &str, routing_key: &str) -> Result<&[String]> {
        let queues = self.queues.get(exchange).and_then(|keys| keys.get(routing_key));
        queues.filter(|queues| !queues.is_empty()).map(Vec::as_slice).ok_or_else(|| {
            let message = format!(
                "no queue is bound to exchange {exchange:?} with routing key {routing_key:?}; nothing was sent"
            );
            Error::new(Status::InvalidOption, message)
        })
    }
}
