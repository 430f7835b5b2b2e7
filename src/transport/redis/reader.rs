//! A connection, and the one task that owns its socket: it writes what was put there, and has somebody hear
//! what each read has brought. What that means is for [`Hears`] and [`Expects`].

use super::{
    connect::{Notify, Which, closing},
    resp::{Frame, Garbage, Inbox},
    stream::{Meter, Metered},
};
use crate::sys::Mutex;
use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::JoinHandle,
};

/// As much memory for what is written is kept for the next time.
const KEPT: usize = 64 * 1024;

/// A request that waits for its answers.
pub(super) trait Expects: Send + 'static {
    /// Takes the next answer; tells whether it was the last one.
    fn take(&mut self, frame: &Frame<'_>) -> Result<bool, Garbage>;
}

/// An answer has come, to the oldest of the requests; gives that one when it was its last.
pub(super) fn answer<E: Expects>(
    expected: &mut VecDeque<E>,
    frame: &Frame<'_>,
) -> Result<Option<E>, Garbage> {
    let Some(oldest) = expected.front_mut() else {
        return Err(Garbage::new("an answer to nothing that was asked"));
    };
    Ok(if oldest.take(frame)? { expected.pop_front() } else { None })
}

/// Who hears what comes.
pub(super) trait Hears: Send + 'static {
    /// What is answered by what comes.
    type Expected: Expects;

    /// Something has come. The oldest of what is expected comes first.
    fn hear(&mut self, inbox: &mut Inbox, expected: &mut VecDeque<Self::Expected>) -> Result<(), Garbage>;
}

/// A connection. Dropping it ends its task and closes the socket.
pub(super) struct Connection<E> {
    outgoing: Arc<Outgoing<E>>,
    meter: Arc<Meter>,
    task: JoinHandle<()>,
}

impl<E: Expects> Connection<E> {
    /// Takes over a socket on which the greeting is done; `notify` is told when it has ended.
    pub(super) fn open(
        stream: Metered,
        inbox: Inbox,
        meter: Arc<Meter>,
        hearer: impl Hears<Expected = E>,
        which: Which,
        notify: Notify,
    ) -> Self {
        let outgoing = Arc::new(Outgoing::default());
        let reader = Reader::new(stream, inbox, Arc::clone(&outgoing), Arc::clone(&meter), hearer);
        let task = tokio::spawn(closing(reader.run(), which, notify));
        Self { outgoing, meter, task }
    }

    /// Writes a request, behind all before it.
    pub(super) fn put(&self, expected: E, write: impl FnOnce(&mut Vec<u8>)) {
        self.outgoing.put(expected, write);
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Whether it has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.task.is_finished()
    }
}

impl<E> Drop for Connection<E> {
    fn drop(&mut self) {
        // The task owns the socket.
        self.task.abort();
    }
}

/// What is to be written, and the answers to it. What is put here before the task runs leaves in one
/// write.
struct Outgoing<E> {
    queue: Mutex<Queue<E>>,
}

struct Queue<E> {
    bytes: Vec<u8>,
    expected: Vec<E>,
    writer: Option<Waker>,
}

impl<E> Default for Outgoing<E> {
    fn default() -> Self {
        Self { queue: Mutex::new(Queue { bytes: Vec::new(), expected: Vec::new(), writer: None }) }
    }
}

impl<E> Outgoing<E> {
    fn put(&self, expected: E, write: impl FnOnce(&mut Vec<u8>)) {
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
struct Reader<S, H: Hears> {
    socket: S,
    inbox: Inbox,
    outgoing: Arc<Outgoing<H::Expected>>,
    meter: Arc<Meter>,
    hearer: H,
    writing: Vec<u8>,
    written: usize,
    expected: VecDeque<H::Expected>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, H: Hears> Reader<S, H> {
    fn new(
        socket: S,
        inbox: Inbox,
        outgoing: Arc<Outgoing<H::Expected>>,
        meter: Arc<Meter>,
        hearer: H,
    ) -> Self {
        let (writing, expected) = (Vec::new(), VecDeque::new());
        Self { socket, inbox, outgoing, meter, hearer, writing, written: 0, expected }
    }

    /// Runs until the connection ends.
    async fn run(mut self) {
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
            if let Err(garbage) = self.hearer.hear(&mut self.inbox, &mut self.expected) {
                return Poll::Ready(Err(garbage));
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
}
