//! Where exchanges lead: the queues that were bound to them when the server was asked. Asked before the first
//! of several orders is made, so that a way that leads nowhere is known before anything is sent.

use crate::model::{Error, Result, Status, Way};
use std::collections::HashMap;

/// The queues of ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    queues: HashMap<Way, Vec<String>>,
}

impl Bound {
    /// A way leads to these queues.
    pub fn insert(&mut self, way: Way, queues: Vec<String>) {
        self.queues.insert(way, queues);
    }

    /// Where a way leads. Fails with `InvalidOption` where that is nowhere, or was not asked.
    pub fn queues(&self, way: &Way) -> Result<&[String]> {
        let queues = self.queues.get(way).filter(|queues| !queues.is_empty());
        queues.map(Vec::as_slice).ok_or_else(|| {
            let Way { exchange, routing_key, .. } = way;
            let message = format!(
                "no queue is bound to exchange {exchange:?} with routing key {routing_key:?}; nothing was sent"
            );
            Error::new(Status::InvalidOption, message)
        })
    }
}
