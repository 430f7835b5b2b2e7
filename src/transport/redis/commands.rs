//! The connection for commands, and the requests made of it.

use super::{
    answers::{Answers, Asked},
    connect::{Notify, Which},
    reader::Connection,
    reply::Reply,
    resp::{Inbox, Limits, command},
    stream::{Meter, Metered},
};
use std::sync::Arc;

/// Longest line: errors, words, numbers.
const LONGEST_LINE: usize = 64 * 1024;

/// The name of a key or channel, in two parts.
pub type Name<'a> = [&'a [u8]; 2];

/// A request: one or more Redis commands that leave in one write and are answered in order.
pub struct Request {
    bytes: Vec<u8>,
    commands: usize,
}

impl Request {
    pub(super) fn new(command: &str, arguments: &[&[u8]]) -> Self {
        Self::nothing().and(command, arguments)
    }

    /// Nothing yet.
    pub fn nothing() -> Self {
        Self { bytes: Vec::new(), commands: 0 }
    }

    pub(super) fn and(self, name: &str, arguments: &[&[u8]]) -> Self {
        self.and_each(name, arguments.iter().map(std::slice::from_ref))
    }

    /// The same with arguments in parts.
    fn and_each<'a>(
        mut self,
        name: &str,
        arguments: impl ExactSizeIterator<Item: AsRef<[&'a [u8]]>>,
    ) -> Self {
        command(&mut self.bytes, name, arguments);
        self.commands = self.commands.saturating_add(1);
        self
    }

    /// As it is sent, and how many replies there will be.
    pub(super) fn into_bytes(self) -> (Vec<u8>, usize) {
        (self.bytes, self.commands)
    }

    /// Shows that the server is there.
    pub fn ping() -> Self {
        Self::new("PING", &[])
    }

    /// The whole value; the reply can be of any size.
    pub fn get(key: &[u8]) -> Self {
        Self::new("GET", &[key])
    }

    /// At most `bound` bytes of a value and one more, which shows that there are more. A key that
    /// does not exist looks like an empty value.
    pub fn get_bounded(key: &[u8], bound: usize) -> Self {
        Self::new("GETRANGE", &[key, b"0", last_index(bound).as_bytes()])
    }

    /// The values of several keys.
    pub fn get_many<'a>(keys: impl ExactSizeIterator<Item = Name<'a>>) -> Self {
        Self::nothing().and_each("MGET", keys)
    }

    /// Whether a key exists.
    pub fn exists(key: &[u8]) -> Self {
        Self::new("EXISTS", &[key])
    }

    /// Removes a key.
    pub fn delete(key: &[u8]) -> Self {
        Self::new("DEL", &[key])
    }

    /// Sets a key and tells who is subscribed to the channel of the same name, in one
    /// transaction; the reply that counts is the last. `expires` is in seconds.
    pub fn set_and_publish(key: &[u8], value: &[u8], expires: Option<u64>) -> Self {
        let request = Self::new("MULTI", &[]);
        match expires {
            Some(seconds) => request.and("SETEX", &[key, seconds.to_string().as_bytes(), value]),
            None => request.and("SET", &[key, value]),
        }
        .and("PUBLISH", &[key, value])
        .and("EXEC", &[])
    }
}

fn last_index(bound: usize) -> String {
    i64::try_from(bound).unwrap_or(i64::MAX).to_string()
}

/// The connection for commands.
pub struct Commands {
    connection: Connection<Asked>,
}

impl Commands {
    /// Takes over a socket on which the greeting is done. Of values of more than `most` bytes nothing is
    /// kept.
    pub(super) fn open(stream: Metered, meter: Arc<Meter>, notify: Notify, most: usize) -> Self {
        let inbox = Inbox::new(Limits { payload: most, reply: LONGEST_LINE, in_parts: true });
        Self { connection: Connection::open(stream, inbox, meter, Answers, Which::Commands, notify) }
    }

    /// Sends a request. Requests reach the server in the order of these calls. `done` is handed one reply
    /// to each of its commands, later; it is dropped where the connection ends before. It must not block.
    pub fn send(&self, request: Request, done: impl FnOnce(Vec<Reply>) + Send + 'static) {
        let (request, commands) = request.into_bytes();
        self.connection.put(Asked::new(commands, done), |bytes| {
            if bytes.is_empty() {
                *bytes = request;
            } else {
                bytes.extend_from_slice(&request);
            }
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
