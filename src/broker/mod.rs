//! The other direction: messages to workers. A broker carries out [`Order`]s on the app's engine thread
//! and ends the [`Claim`] of each; what is in a message is not its affair. It has connections of its
//! own, made when they are needed and closed when they are idle, and never uses those of the results.

mod bound;
mod claim;
#[cfg(feature = "redis")]
pub mod redis;

pub use bound::Bound;
pub use claim::{Claim, Ordered, Pending};

use crate::{
    config::{BrokerAddress, BrokerSettings},
    model::{Counters, Message, Result, Route, Way},
    sys::{Deadline, Driver, Log},
};
use std::sync::Arc;

/// Something to be sent, or asked before.
pub enum Order {
    /// Which queues are bound to exchanges. Sends nothing.
    LookUp {
        /// Which ways lead to them.
        ways: Vec<Way>,
        /// Who waits: [`Ordered::Bound`], or `InvalidOption` where a way leads to no queue.
        pending: Pending,
    },
    /// Tasks.
    Send {
        /// The messages and their ways, in order.
        messages: Vec<(Route, Message)>,
        /// Where those that name an exchange lead; looked up once for all that is sent together.
        bound: Arc<Bound>,
        /// Who waits until they are there: [`Ordered::Sent`].
        pending: Pending,
    },
    /// A control message to every worker: [`Ordered::Heard`].
    Broadcast {
        /// The message.
        message: Box<Message>,
        /// Who answers, where answers are wanted.
        replies: Option<Replies>,
        /// Who waits.
        pending: Pending,
    },
}

/// Whether an answer makes all others unnecessary. Asked once of each, on the engine thread, with no lock
/// held; it must neither block nor take long.
pub type Settles = Box<dyn Fn(&Reply) -> bool + Send>;

/// What answers a broadcast waits for.
pub struct Replies {
    /// What every answer bears, so that it is known for one.
    pub ticket: String,
    /// How many answers are wanted at most; otherwise as many as there were listeners.
    pub most: Option<usize>,
    /// Whether one may be enough.
    pub settles: Option<Settles>,
    /// When no more are waited for.
    pub until: Deadline,
}

/// Where workers are to send their answers: `reply_to` of a control message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// The exchange.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
}

/// One answer of a worker, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The serialized body.
    pub body: Vec<u8>,
    /// Its content type.
    pub content_type: String,
}

/// The way to the workers.
pub trait Broker: Send + Sync {
    /// Where answers are to go.
    fn reply_to(&self) -> ReplyTo;
    /// Takes an order and returns at once.
    fn submit(&self, order: Order);
    /// Looks for orders that were given up.
    fn nudge(&self);
    /// Figures about its connections.
    fn counters(&self) -> Counters;
    /// Ends everything. Idempotent, never blocks.
    fn close(&self);
}

/// Opens the broker that the settings name. Does no I/O. Fails where there is none that could be used.
pub fn open(settings: &BrokerSettings, driver: Driver, log: Log) -> Result<Arc<dyn Broker>> {
    match &settings.address {
        #[cfg(feature = "redis")]
        BrokerAddress::Redis(redis) => Ok(redis::RedisBroker::new((**redis).clone(), settings, driver, log)),
        #[cfg(not(feature = "redis"))]
        BrokerAddress::Redis(_) => {
            let _ = (driver, log);
            let message = "this build of the library has no Redis broker (the cargo feature `redis`)";
            Err(crate::model::Error::new(crate::model::Status::NotBuiltIn, message))
        }
        BrokerAddress::Unusable { status, why } => Err(crate::model::Error::new(*status, why.clone())),
    }
}
