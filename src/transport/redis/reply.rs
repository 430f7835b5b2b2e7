//! Replies as plain data, free of the `redis` crate's types, and the one way to send: in the
//! order of the calls.

use super::errors::Refusal;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// One reply of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// There is nothing.
    Nothing,
    /// Bytes.
    Bytes(Vec<u8>),
    /// A number.
    Number(i64),
    /// A word such as `OK`.
    Word(String),
    /// Several replies.
    List(Vec<Self>),
    /// An error.
    Refused(Refusal),
    /// A kind of reply that no command of ours has.
    Strange,
}

impl Reply {
    /// The bytes, if these are bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// Whether the user's access rules forbid what was asked.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_permission())
    }
}

/// The replies to one request, in order, or how the connection broke.
pub type Outcome = Result<Vec<Reply>, String>;

/// A request on its way.
pub type Sent = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl From<redis::Value> for Reply {
    fn from(value: redis::Value) -> Self {
        use redis::Value;
        match value {
            Value::Nil => Self::Nothing,
            Value::BulkString(bytes) => Self::Bytes(bytes),
            Value::Int(number) => Self::Number(number),
            Value::Okay => Self::Word("OK".to_owned()),
            Value::SimpleString(word) => Self::Word(word),
            Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
                Self::List(values.into_iter().map(Self::from).collect())
            }
            Value::Attribute { data, .. } => Self::from(*data),
            Value::ServerError(error) => {
                Self::Refused(Refusal::new(error.code(), error.details().unwrap_or_default()))
            }
            _ => Self::Strange,
        }
    }
}

/// Sends a request and hands its outcome to `done`, later. Requests reach the socket in the order
/// of these calls.
pub fn send_in_order(sent: Sent, done: impl FnOnce(Outcome) + Send + 'static) {
    // The crate queues a request when its future is first polled, so that is done here and now.
    // Unconstrained: with its budget used up, tokio would answer "later" without queueing it.
    let mut sent = Box::pin(tokio::task::unconstrained(sent));
    match sent.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => done(outcome),
        // Runs to its end whatever happens: a subscription that is dropped early may never
        // have been sent.
        Poll::Pending => drop(tokio::spawn(async move { done(sent.await) })),
    }
}
