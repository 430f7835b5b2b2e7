//! A socket that counts: bytes for the app's figures, and progress for the health check. A reply
//! that takes a minute to arrive is alive as long as its bytes come.

use crate::sys::Mutex;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

/// Figures about all connections of one app.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Connections made.
    pub connects: AtomicU64,
    /// Bytes received.
    pub received: AtomicU64,
    /// Bytes sent.
    pub sent: AtomicU64,
    /// Sockets open at this moment.
    pub sockets: AtomicU64,
}

/// Figures about one connection.
#[derive(Debug)]
pub struct Meter {
    traffic: Arc<Traffic>,
    progress: AtomicU64,
    sent: AtomicU64,
    owed: AtomicU64,
    end: Mutex<Option<String>>,
}

impl Meter {
    pub(super) fn new(traffic: &Arc<Traffic>) -> Arc<Self> {
        Arc::new(Self {
            traffic: Arc::clone(traffic),
            progress: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            owed: AtomicU64::new(0),
            end: Mutex::new(None),
        })
    }

    /// Changes whenever the server has shown itself alive.
    pub fn progress(&self) -> u64 {
        self.progress.load(Relaxed)
    }

    /// Bytes that the system has taken from us so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// Whether a reply is outstanding.
    pub fn is_owed(&self) -> bool {
        self.owed.load(Relaxed) > 0
    }

    /// A request leaves.
    pub fn owe(&self) {
        self.owed.fetch_add(1, Relaxed);
    }

    /// Its reply is complete.
    pub fn settle(&self) {
        self.owed.fetch_sub(1, Relaxed);
    }

    /// How the connection ended, if it has.
    pub fn end(&self) -> Option<String> {
        self.end.lock().clone()
    }

    pub(super) fn ended(&self, how: impl FnOnce() -> String) {
        let mut end = self.end.lock();
        if end.is_none() {
            *end = Some(how());
        }
    }
}

/// Either kind of socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A socket with its [`Meter`].
pub(super) struct Metered {
    socket: Socket,
    meter: Arc<Meter>,
    // Bytes taken at once only show that our own buffers had room; bytes taken after a wait show
    // that the other side reads.
    waited: bool,
}

impl Metered {
    pub(super) fn new(socket: Socket, meter: Arc<Meter>) -> Self {
        meter.traffic.sockets.fetch_add(1, Relaxed);
        Self { socket, meter, waited: false }
    }

    fn wrote(&mut self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Pending => self.waited = true,
            Poll::Ready(Ok(count)) => {
                let count = *count as u64;
                self.meter.sent.fetch_add(count, Relaxed);
                self.meter.traffic.sent.fetch_add(count, Relaxed);
                if std::mem::take(&mut self.waited) {
                    self.meter.progress.fetch_add(1, Relaxed);
                }
            }
            Poll::Ready(Err(error)) => self.meter.ended(|| error.to_string()),
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        self.meter.traffic.sockets.fetch_sub(1, Relaxed);
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        };
        match &result {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                let count = buffer.filled().len().saturating_sub(before) as u64;
                if count == 0 {
                    self.meter.ended(|| "the server closed the connection".to_owned());
                }
                self.meter.progress.fetch_add(1, Relaxed);
                self.meter.traffic.received.fetch_add(count, Relaxed);
            }
            Poll::Ready(Err(error)) => self.meter.ended(|| error.to_string()),
        }
        result
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(context, bytes),
        };
        self.wrote(&result);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(context),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}
