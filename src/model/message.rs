//! A message for workers, as it is handed to a broker: the body already serialized, headers as JSON text,
//! which way it goes, and what tasks are sent with where nobody says otherwise. How a broker wraps it is the
//! broker's own affair.

use super::{Compression, Serializer};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The serialized body, compressed where the headers say so.
    pub body: Vec<u8>,
    /// The content type of the serializer, such as `application/json`.
    pub content_type: String,
    /// `utf-8`, or `binary` for serializers that give no text.
    pub content_encoding: String,
    /// The headers, a JSON object.
    pub headers: String,
    /// The task that this belongs to.
    pub correlation_id: Option<String>,
    /// Where an answer is expected.
    pub reply_to: Option<String>,
    /// Whether a broker that can keeps it on disk.
    pub persistent: bool,
    /// From 0, which Redis serves first, to 9 (255 for AMQP).
    pub priority: u8,
    /// Milliseconds after which a broker that can drops it.
    pub expiration: Option<u64>,
}

/// Which way a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Into this queue, which is bound to an exchange so that other programs see it.
    Queue {
        /// The queue.
        name: String,
        /// The exchange that it is declared with.
        exchange: String,
        /// The routing key that it is declared with.
        routing_key: String,
    },
    /// Through an exchange.
    Exchange(Way),
}

/// A way through an exchange: to every queue that is bound to it with the routing key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    /// The exchange.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// The queue that is bound to it before, where there is one.
    pub queue: Option<TopicQueue>,
}

/// A queue as it is bound to a topic exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicQueue {
    /// The queue.
    pub name: String,
    /// The topic, in which `*` stands for a word and `#` for any text.
    pub topic: String,
}

/// How an exchange finds the queues for a routing key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExchangeType {
    /// Those that are bound with the same.
    #[default]
    Direct,
    /// Those that are bound with a topic that it belongs to.
    Topic,
    /// In a way that is not known here.
    Other(String),
}

/// What tasks are sent with where the call says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSettings {
    /// `task_default_queue`
    pub queue: String,
    /// `task_default_exchange`; the queue's name where it is not set.
    pub exchange: String,
    /// `task_default_exchange_type`
    pub exchange_type: ExchangeType,
    /// `task_default_routing_key`; the queue's name where it is not set.
    pub routing_key: String,
    /// `task_create_missing_queue_exchange_type`, of the exchanges of all other queues.
    pub other_exchange_type: ExchangeType,
    /// `task_default_priority`
    pub priority: Option<u8>,
    /// Whether messages are kept on disk by brokers that can: `task_default_delivery_mode`.
    pub persistent: bool,
    /// `task_serializer`
    pub serializer: Serializer,
    /// `task_compression`
    pub compression: Option<Compression>,
    /// `task_ignore_result`
    pub ignore_result: bool,
}
