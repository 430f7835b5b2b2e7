//! The connection for commands, and the requests made of it.

use super::{
    connect::{Notify, Which, closing},
    errors::Trouble,
    reply::{Outcome, Reply, Sent},
    stream::{Meter, Metered},
};
use redis::{
    AsyncConnectionConfig, Pipeline, ProtocolVersion, RedisConnectionInfo, aio::MultiplexedConnection,
};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// More requests than ever wait at one time, so that each is queued at once when it is sent.
const QUEUE: usize = 4096;

/// A request: one or more Redis commands that leave in one write and are answered in order.
pub struct Request {
    pipeline: Pipeline,
}

impl Request {
    pub(super) fn new(command: &str, arguments: &[&[u8]]) -> Self {
        Self::nothing().and(command, arguments)
    }

    /// Nothing yet.
    pub fn nothing() -> Self {
        Self { pipeline: Pipeline::new() }
    }

    pub(super) fn and(mut self, command: &str, arguments: &[&[u8]]) -> Self {
        self.pipeline.cmd(command);
        for argument in arguments {
            self.pipeline.arg(argument);
        }
        self
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
    pub fn get_many<'a>(keys: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        Self::new("MGET", &keys)
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

fn complete(replies: redis::RedisResult<Vec<Reply>>, expected: usize) -> Outcome {
    let replies = replies.map_err(|error| error.to_string())?;
    if replies.len() == expected {
        Ok(replies)
    } else {
        Err(format!("the server sent {} replies to {expected} commands", replies.len()))
    }
}

/// The connection for commands.
pub struct Commands {
    connection: MultiplexedConnection,
    meter: Arc<Meter>,
    task: JoinHandle<()>,
}

impl Commands {
    /// Takes over a socket on which the greeting is done.
    pub(super) async fn open(stream: Metered, meter: Arc<Meter>, notify: Notify) -> Result<Self, Trouble> {
        let (connection, driver) = MultiplexedConnection::new_with_config(&silent(), stream, config())
            .await
            .map_err(|error| Trouble::passing(error.to_string()))?;
        let task = tokio::spawn(closing(driver, Which::Commands, notify));
        Ok(Self { connection, meter, task })
    }

    /// Sends a request.
    pub fn send(&self, request: Request) -> Sent {
        let mut connection = self.connection.clone();
        Box::pin(async move {
            let count = request.pipeline.len();
            let values = connection.send_packed_commands(&request.pipeline, 0, count).await;
            complete(values.map(|values| values.into_iter().map(Reply::from).collect()), count)
        })
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

impl Drop for Commands {
    fn drop(&mut self) {
        // The task owns the socket.
        self.task.abort();
    }
}

/// Connection settings with which the crate greets nobody: that is done before.
fn silent() -> RedisConnectionInfo {
    RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name()
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE)
}
