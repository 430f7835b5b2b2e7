//! The one task that owns the socket of a connection for events. It writes what was put into
//! [`Outgoing`], and hands on in one go what each read has brought: messages, and the answers to
//! requests. Every frame that is not pushed answers the oldest command that lacks an answer.

use super::{
    connect::{Notice, Notify},
    errors::Refusal,
    reply::Reply,
    resp::{Frame, Garbage, Inbox},
    stream::Meter,
};
use crate::{model::Stored, sys::Mutex};
use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    iter::repeat_n,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much memory for what is written is kept for the next time.
const KEPT: usize = 64 * 1024;

/// What one read has brought, in the order in which it came.
#[derive(Debug, Default)]
pub struct Burst {
    /// The names of channels, one behind the other.
    pub channels: Vec<u8>,
    /// Messages and answers.
    pub heard: Vec<Heard>,
}

/// A part of a [`Burst`].
#[derive(Debug)]
pub enum Heard {
    /// Something was published.
    Message {
        /// Where the channel's name is.
        channel: Range<usize>,
        /// What was published; `None` where it is over the limit.
        record: Option<Stored>,
    },
    /// A request has been answered.
    Answer {
        /// The number that it was made under.
        number: u64,
        /// One reply for each channel, which is the number of subscriptions that there are now; then
        /// what was read.
        replies: Vec<Reply>,
    },
}

/// The answers that a request waits for: first those about its channels.
pub(super) struct Expected {
    number: u64,
    /// Each channel by a command of its own, or all by one, which is refused as a whole.
    change: Change,
    channels: usize,
    values: usize,
    replies: Vec<Reply>,
}

/// What happens to the channels of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Begin,
    End,
}

impl Expected {
    pub(super) fn new(number: u64, change: Change, channels: usize, values: usize) -> Self {
        let replies = Vec::with_capacity(channels.saturating_add(values));
        Self { number, change, channels, values, replies }
    }

    /// Takes the next answer; tells whether it was the last one.
    fn take(&mut self, frame: &Frame<'_>) -> Result<bool, Garbage> {
        if self.channels == 0 {
            self.replies.push(value(frame)?);
            self.values = self.values.saturating_sub(1);
            return Ok(self.values == 0);
        }
        let (reply, channels) = match frame {
            Frame::Confirmation { begun, count } if *begun == (self.change == Change::Begin) => {
                (Reply::Number(i64::try_from(*count).unwrap_or(i64::MAX)), 1)
            }
            Frame::Error(line) if self.change == Change::End => (refused(line), self.channels),
            Frame::Error(line) => (refused(line), 1),
            _ => return Err(Garbage::new("a change of subscriptions that is answered with something else")),
        };
        self.replies.extend(repeat_n(reply, channels));
        self.channels = self.channels.saturating_sub(channels);
        Ok(self.channels == 0 && self.values == 0)
    }
}

fn value(frame: &Frame<'_>) -> Result<Reply, Garbage> {
    Ok(match frame {
        Frame::Nothing => Reply::Nothing,
        Frame::Bytes(bytes) => Reply::Bytes(bytes.to_vec()),
        Frame::Number(number) => Reply::Number(*number),
        Frame::Word(word) => Reply::Word(String::from_utf8_lossy(word).into_owned()),
        Frame::Error(line) => refused(line),
        Frame::Confirmation { .. } => {
            return Err(Garbage::new("a change of subscriptions that nobody asked for"));
        }
        _ => Reply::Strange,
    })
}

fn refused(line: &[u8]) -> Reply {
    Reply::Refused(Refusal::from_line(&String::from_utf8_lossy(line)))
}

/// What is to be written, and the answers to it. What is put here before the task runs leaves in one
/// write.
#[derive(Default)]
pub(super) struct Outgoing {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    expected: Vec<Expected>,
    writer: Option<Waker>,
}

impl Outgoing {
    pub(super) fn put(&self, expected: Expected, write: impl FnOnce(&mut Vec<u8>)) {
        let mut queue = self.queue.lock();
        write(&mut queue.bytes);
        queue.expected.push(expected);
        let writer = queue.writer.take();
        drop(queue);
        if let Some(writer) = writer {
            writer.wake();
        }
    }
}

/// The task.
pub(super) struct Reader<S> {
    socket: S,
    inbox: Inbox,
    outgoing: Arc<Outgoing>,
    meter: Arc<Meter>,
    notify: Notify,
    writing: Vec<u8>,
    written: usize,
    expected: VecDeque<Expected>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    pub(super) fn new(
        socket: S,
        inbox: Inbox,
        outgoing: Arc<Outgoing>,
        meter: Arc<Meter>,
        notify: Notify,
    ) -> Self {
        let (writing, expected) = (Vec::new(), VecDeque::new());
        Self { socket, inbox, outgoing, meter, notify, writing, written: 0, expected }
    }

    /// Runs until the connection ends.
    pub(super) async fn run(mut self) {
        if let Err(garbage) = poll_fn(|context| self.poll(context)).await {
            self.meter.ended(|| garbage.to_string());
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Garbage>> {
        loop {
            if let Poll::Ready(Err(_)) = self.write(context) {
                return Poll::Ready(Ok(()));
            }
            let mut room = ReadBuf::new(self.inbox.room());
            let read = ready!(Pin::new(&mut self.socket).poll_read(context, &mut room));
            let count = room.filled().len();
            if read.is_err() || count == 0 {
                return Poll::Ready(Ok(()));
            }
            let there_is_more = self.inbox.came(count);
            let mut burst = Burst::default();
            let end = self.hear(&mut burst);
            if !burst.heard.is_empty() {
                (self.notify)(Notice::Burst(burst));
            }
            if end.is_err() {
                return Poll::Ready(end);
            }
            if there_is_more {
                // Whoever has been told goes first.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Writes all there is; pending also when that is done.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while let Some(rest) = self.writing.get(self.written..).filter(|rest| !rest.is_empty()) {
                match ready!(Pin::new(&mut self.socket).poll_write(context, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => self.written = self.written.saturating_add(count),
                }
            }
            self.written = 0;
            self.writing.clear();
            self.writing.shrink_to(KEPT);
            let mut queue = self.outgoing.queue.lock();
            if queue.bytes.is_empty() {
                queue.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            std::mem::swap(&mut self.writing, &mut queue.bytes);
            self.expected.extend(queue.expected.drain(..));
        }
    }

    fn hear(&mut self, burst: &mut Burst) -> Result<(), Garbage> {
        while let Some(frame) = self.inbox.next()? {
            let heard = match frame {
                Frame::Message { channel, payload } => {
                    let channel = add(&mut burst.channels, channel);
                    Heard::Message { channel, record: Some(Stored::new(payload)) }
                }
                Frame::Oversized { channel, .. } => {
                    Heard::Message { channel: add(&mut burst.channels, channel), record: None }
                }
                Frame::Pushed => continue,
                answer => {
                    let Some(oldest) = self.expected.front_mut() else {
                        return Err(Garbage::new("an answer to nothing that was asked"));
                    };
                    if !oldest.take(&answer)? {
                        continue;
                    }
                    let Some(Expected { number, replies, .. }) = self.expected.pop_front() else { continue };
                    Heard::Answer { number, replies }
                }
            };
            burst.heard.push(heard);
        }
        Ok(())
    }
}

fn add(channels: &mut Vec<u8>, channel: &[u8]) -> Range<usize> {
    let start = channels.len();
    channels.extend_from_slice(channel);
    start..channels.len()
}
