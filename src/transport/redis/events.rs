//! The connection for events. This file is the seam behind which the reader of pushed messages
//! can be replaced: nothing outside it knows which of the crate's two readers is at work. RESP3
//! pushes messages between replies; RESP2 needs a connection that does nothing else.

use super::{
    commands::{Request, config, silent},
    connect::{Notice, Notify, Which, closing},
    errors::{Refusal, Trouble},
    reply::{Outcome, Reply, Sent},
    stream::{Meter, Metered},
};
use futures_core::Stream;
use redis::{
    ErrorKind, ProtocolVersion, PushInfo, PushKind, RedisError, Value,
    aio::{MultiplexedConnection, PubSub, PubSubSink, PubSubStream},
};
use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::{JoinHandle, unconstrained},
};

/// The connection for events.
pub struct Events {
    reader: Reader,
    meter: Arc<Meter>,
    task: JoinHandle<()>,
}

enum Reader {
    Resp3(MultiplexedConnection),
    Resp2 { sink: PubSubSink, forwarder: UnboundedSender<Emptied> },
}

/// Told when no message is left that came before this was sent.
type Emptied = oneshot::Sender<()>;

impl Events {
    /// Takes over a socket on which the greeting is done; `None` where the server has no RESP3.
    pub(super) async fn open_resp3(
        stream: Metered,
        meter: Arc<Meter>,
        notify: Notify,
    ) -> Result<Option<Self>, Trouble> {
        let told = Arc::clone(&notify);
        let config = config().set_push_sender(move |push: PushInfo| {
            if push.kind == PushKind::Message
                && let Ok([Value::BulkString(channel), Value::BulkString(payload)]) =
                    <[Value; 2]>::try_from(push.data)
            {
                told(Notice::Message { channel, payload });
            }
            Ok::<(), Infallible>(())
        });
        let opened =
            MultiplexedConnection::new_with_config(&silent(ProtocolVersion::RESP3), stream, config).await;
        let (connection, driver) = match opened {
            Ok(opened) => opened,
            Err(error) if has_no_resp3(&error) => return Ok(None),
            Err(error) => return Err(trouble_with_hello(&error)),
        };
        let task = tokio::spawn(closing(driver, Which::Events, notify));
        Ok(Some(Self { reader: Reader::Resp3(connection), meter, task }))
    }

    /// Takes over a socket on which the greeting is done.
    pub(super) async fn open_resp2(
        stream: Metered,
        meter: Arc<Meter>,
        notify: Notify,
    ) -> Result<Self, Trouble> {
        let connection = PubSub::new(&silent(ProtocolVersion::RESP2), stream)
            .await
            .map_err(|error| Trouble::passing(error.to_string()))?;
        let (sink, messages) = connection.split();
        let (forwarder, asked) = unbounded_channel();
        let driver = forward(messages, asked, Arc::clone(&notify));
        let task = tokio::spawn(closing(driver, Which::Events, notify));
        Ok(Self { reader: Reader::Resp2 { sink, forwarder }, meter, task })
    }

    /// Whether reads can follow a subscription on this connection.
    pub fn can_read(&self) -> bool {
        matches!(self.reader, Reader::Resp3(_))
    }

    /// The protocol it speaks.
    pub fn protocol(&self) -> &'static str {
        if self.can_read() { "RESP3" } else { "RESP2" }
    }

    /// Subscribes; one reply per channel.
    pub fn subscribe(&self, channels: Vec<Vec<u8>>) -> Sent {
        match &self.reader {
            Reader::Resp3(connection) => Request::each("SUBSCRIBE", &channels).send(connection),
            Reader::Resp2 { sink, .. } => Box::pin(subscribe_resp2(sink.clone(), channels)),
        }
    }

    /// Subscribes and reads at most `bound` bytes of the key of that name, and one more; two
    /// replies. Only where [`Self::can_read`].
    pub fn subscribe_and_get(&self, key: &[u8], bound: usize) -> Sent {
        match &self.reader {
            Reader::Resp3(connection) => Request::subscribe_and_get(key, bound).send(connection),
            Reader::Resp2 { .. } => Box::pin(async { Err("RESP2 cannot read here".to_owned()) }),
        }
    }

    /// Unsubscribes; one reply per channel.
    pub fn unsubscribe(&self, channels: Vec<Vec<u8>>) -> Sent {
        match &self.reader {
            Reader::Resp3(connection) => Request::each("UNSUBSCRIBE", &channels).send(connection),
            Reader::Resp2 { sink, .. } => {
                let mut sink = sink.clone();
                Box::pin(async move { Ok(vec![one(sink.unsubscribe(&channels).await)?; channels.len()]) })
            }
        }
    }

    /// Shows that the server is there, and that every message it had sent before has been handed on.
    pub fn ping(&self) -> Sent {
        match &self.reader {
            Reader::Resp3(connection) => Request::ping().send(connection),
            Reader::Resp2 { sink, forwarder } => {
                Box::pin(ping_resp2(sink.clone(), UnboundedSender::clone(forwarder)))
            }
        }
    }

    /// Its figures.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // The task owns the socket, in RESP2 by way of the stream of messages.
        self.task.abort();
    }
}

async fn forward(mut messages: PubSubStream, mut asked: UnboundedReceiver<Emptied>, notify: Notify) {
    // Unconstrained: with its budget used up, tokio would say that there is no message where there is.
    unconstrained(poll_fn(|context| forward_all(&mut messages, &mut asked, &notify, context))).await;
}

/// Hands on all messages that are there, and says so to those who had asked before; ready when the
/// connection has ended.
fn forward_all(
    messages: &mut PubSubStream,
    asked: &mut UnboundedReceiver<Emptied>,
    notify: &Notify,
    context: &mut Context<'_>,
) -> Poll<()> {
    let mut asking = Vec::new();
    while let Poll::Ready(Some(emptied)) = asked.poll_recv(context) {
        asking.push(emptied);
    }
    while let Poll::Ready(message) = Pin::new(&mut *messages).poll_next(context) {
        let Some(message) = message else { return Poll::Ready(()) };
        if let Ok(channel) = message.get_channel() {
            notify(Notice::Message { channel, payload: message.get_payload_bytes().to_vec() });
        }
    }
    for emptied in asking {
        let _ = emptied.send(());
    }
    Poll::Pending
}

/// The crate hands on messages and replies by different ways, so the reply alone says nothing of the
/// messages before it.
async fn ping_resp2(mut sink: PubSubSink, forwarder: UnboundedSender<Emptied>) -> Outcome {
    let reply = one(sink.ping::<Value>().await.map(drop))?;
    let (emptied, is_empty) = oneshot::channel();
    let gone = || "the connection was closed".to_owned();
    forwarder.send(emptied).map_err(|_| gone())?;
    is_empty.await.map_err(|_| gone())?;
    Ok(vec![reply])
}

/// One command for all channels. Where an access rule refuses it, nobody knows which channel was
/// meant, so each is asked for by itself.
async fn subscribe_resp2(mut sink: PubSubSink, channels: Vec<Vec<u8>>) -> Outcome {
    match one(sink.subscribe(&channels).await)? {
        Reply::Refused(refusal) if channels.len() > 1 && refusal.is_permission() => {
            let mut replies = Vec::with_capacity(channels.len());
            for channel in channels {
                replies.push(one(sink.subscribe(channel).await)?);
            }
            Ok(replies)
        }
        reply => Ok(vec![reply; channels.len()]),
    }
}

fn one(result: Result<(), RedisError>) -> Result<Reply, String> {
    match result {
        Ok(()) => Ok(Reply::Word("OK".to_owned())),
        Err(error) => refusal(&error).map(Reply::Refused).ok_or_else(|| error.to_string()),
    }
}

/// The server's error reply, if that is what the error is.
fn refusal(error: &RedisError) -> Option<Refusal> {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            Some(Refusal::new(error.code().unwrap_or("ERR"), error.detail().unwrap_or_default()))
        }
        _ => None,
    }
}

fn has_no_resp3(error: &RedisError) -> bool {
    error.kind() == ErrorKind::RESP3NotSupported
        || refusal(error).is_some_and(|refusal| {
            refusal.is_unknown_command() || refusal.is_unknown_protocol() || refusal.is_permission()
        })
}

fn trouble_with_hello(error: &RedisError) -> Trouble {
    match refusal(error) {
        Some(refusal) => {
            Trouble::refused(refusal.verdict(), format!("the server answered HELLO 3 with {refusal}"))
        }
        None => Trouble::passing(error.to_string()),
    }
}
