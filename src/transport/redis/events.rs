//! The connection for events. This file is the seam behind which messages are read: nothing outside
//! it and what lies under it knows the bytes. RESP3 pushes messages between replies; in RESP2 a
//! connection with subscriptions can do nothing else.

use super::{
    burst::{Bursts, Change, Expected},
    commands::Name,
    connect::{Notify, Which},
    errors::{Refusal, Trouble},
    reader::Connection,
    resp::{Frame, Inbox, Limits, command},
    stream::{Meter, Metered},
};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Most bytes of a read behind a subscription.
pub const LONGEST_READ: usize = 64 * 1024;

/// The connection for events. Each request is made under a number of the caller's, by which its answer
/// is known.
pub struct Events {
    connection: Connection<Expected>,
    is_resp3: bool,
}

impl Events {
    /// Takes over a socket on which the greeting is done; `None` where the server has no RESP3. Of
    /// messages of more than `most` bytes nothing is kept.
    pub(super) async fn open_resp3(
        mut stream: Metered,
        meter: Arc<Meter>,
        notify: Notify,
        most: usize,
    ) -> Result<Option<Self>, Trouble> {
        let mut inbox = Inbox::new(limits(most));
        if !hello(&mut stream, &mut inbox).await? {
            return Ok(None);
        }
        Ok(Some(Self::open(stream, inbox, meter, notify, true)))
    }

    /// The same without RESP3.
    pub(super) fn open_resp2(stream: Metered, meter: Arc<Meter>, notify: Notify, most: usize) -> Self {
        Self::open(stream, Inbox::new(limits(most)), meter, notify, false)
    }

    fn open(stream: Metered, inbox: Inbox, meter: Arc<Meter>, notify: Notify, is_resp3: bool) -> Self {
        let told = Bursts(Arc::clone(&notify));
        Self { connection: Connection::open(stream, inbox, meter, told, Which::Events, notify), is_resp3 }
    }

    /// Whether reads can follow a subscription on this connection.
    pub fn can_read(&self) -> bool {
        self.is_resp3
    }

    /// The protocol it speaks.
    pub fn protocol(&self) -> &'static str {
        if self.is_resp3 { "RESP3" } else { "RESP2" }
    }

    /// Subscribes to channels, at least one; each may be refused by itself.
    pub fn subscribe<'a>(&self, number: u64, channels: impl ExactSizeIterator<Item = Name<'a>>) {
        self.connection.put(Expected::new(number, Change::Begin, channels.len(), 0), |bytes| {
            channels.for_each(|channel| subscribe(bytes, channel));
        });
    }

    /// Subscribes and reads at most `bound` bytes of the key of that name, and one more; two replies.
    /// Only where [`Self::can_read`], and no more than [`LONGEST_READ`].
    pub fn subscribe_and_get(&self, number: u64, channel: Name<'_>, bound: usize) {
        self.connection.put(Expected::new(number, Change::Begin, 1, 1), |bytes| {
            subscribe(bytes, channel);
            let bound = bound.to_string();
            command(bytes, "GETRANGE", [&channel[..], &[b"0"], &[bound.as_bytes()]].into_iter());
        });
    }

    /// Unsubscribes from channels, at least one; all are refused or none.
    pub fn unsubscribe<'a>(&self, number: u64, channels: impl ExactSizeIterator<Item = Name<'a>>) {
        self.connection.put(Expected::new(number, Change::End, channels.len(), 0), |bytes| {
            command(bytes, "UNSUBSCRIBE", channels);
        });
    }

    /// Shows that the server is there, and that every message it had sent before has been handed on.
    pub fn ping(&self, number: u64) {
        self.connection.put(Expected::new(number, Change::Begin, 0, 1), |bytes| {
            command(bytes, "PING", [[]; 0].into_iter());
        });
    }

    /// Its figures.
    pub fn meter(&self) -> &Meter {
        self.connection.meter()
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }
}

fn limits(most: usize) -> Limits {
    // A read brings one byte more, which shows that there are more.
    Limits { payload: most, reply: LONGEST_READ.saturating_add(1), in_parts: false }
}

fn subscribe(bytes: &mut Vec<u8>, channel: Name<'_>) {
    command(bytes, "SUBSCRIBE", std::iter::once(channel));
}

/// Asks for RESP3; whether the server has it.
async fn hello(stream: &mut Metered, inbox: &mut Inbox) -> Result<bool, Trouble> {
    let mut bytes = Vec::new();
    command(&mut bytes, "HELLO", [[&b"3"[..]]].into_iter());
    // As in the greeting, what a server says before it hangs up is worth more than the error of writing.
    let written = stream.write_all(&bytes).await;
    loop {
        match inbox.next().map_err(|garbage| Trouble::passing(garbage.to_string()))? {
            Some(Frame::Map) => return Ok(true),
            Some(Frame::Error(line)) => return refused(&String::from_utf8_lossy(line)).map(|()| false),
            // Nobody has subscribed, so this is not RESP3 either.
            Some(_) => return Ok(false),
            None => {}
        }
        let count = stream.read(inbox.room()).await;
        let count = count.map_err(|error| Trouble::passing(error.to_string()))?;
        if count == 0 {
            return Err(Trouble::passing(match written {
                Ok(()) => "the server closed the connection".to_owned(),
                Err(error) => error.to_string(),
            }));
        }
        inbox.came(count);
    }
}

/// Whether the answer to HELLO 3 only means that there is no RESP3.
fn refused(line: &str) -> Result<(), Trouble> {
    let refusal = Refusal::from_line(line);
    if refusal.is_unknown_command() || refusal.is_unknown_protocol() || refusal.is_permission() {
        return Ok(());
    }
    Err(Trouble::refused(refusal.verdict(), format!("the server answered HELLO 3 with {refusal}")))
}
