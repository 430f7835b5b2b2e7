//! A message for workers, as it is handed to a broker: the body already serialized, headers as JSON text,
//! and which way it goes. How a broker wraps it is the broker's own affair.

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
    /// To every queue that is bound to this exchange with this routing key.
    Exchange {
        /// The exchange.
        exchange: String,
        /// The routing key.
        routing_key: String,
    },
}
