//! Checked settings: plain typed data, grouped by the layer that reads it. How they come about is
//! in `check.rs`, `redis.rs` and `broker.rs`; nothing here knows text.

use super::{Routes, Secret};
pub use crate::model::SendSettings;
use crate::model::{Compression, Error, Result, Serializer, Status};
use std::{path::PathBuf, time::Duration};

/// Checked settings of one app. Made by [`Config::new`]; shows no passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Which result store, and how to reach it.
    pub backend: BackendAddress,
    /// The store's URL with the password masked as `**` and without its query.
    pub uri: String,
    /// How records are written.
    pub result: ResultSettings,
    /// In what records are written, and may be read.
    pub formats: FormatSettings,
    /// How results are waited for.
    pub engine: EngineSettings,
    /// The way to the workers.
    pub broker: BrokerSettings,
    /// Largest record that is read or written, in bytes.
    pub max_payload_bytes: usize,
    /// Deepest nesting of arrays and objects in a record.
    pub max_nesting_depth: usize,
    /// How many times as large as stored a record may become.
    pub max_expansion_ratio: usize,
    /// Settings that were given and have no effect here; a URL's query keys begin with `?`, and `;` stands for
    /// the brokers behind the first of several.
    pub ignored: Vec<&'static str>,
}

/// Which result store, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendAddress {
    /// A store inside this process: `memory://`, or `memory://NAME` for a shared one.
    Memory {
        /// The shared store's name; `None` is a store of the app's own.
        name: Option<String>,
    },
    /// A Redis server.
    Redis(Box<RedisSettings>),
}

/// How to reach a Redis server, and how its keys begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// Where the server listens.
    pub endpoint: Endpoint,
    /// The ACL user; `None` is the server's default user.
    pub username: Option<String>,
    /// The password, if one is to be sent.
    pub password: Option<Secret>,
    /// The database number.
    pub db: i64,
    /// What the connections call themselves (`CLIENT SETNAME`).
    pub client_name: Option<String>,
    /// Longest that one attempt to connect may take; `None` leaves it to `health_interval`.
    pub connect_timeout: Option<Duration>,
    /// Whether TCP keepalive is turned on.
    pub keepalive: bool,
    /// The protocol version that the URL demands; `None` is 3 where the server has it, else 2.
    pub protocol: Option<Protocol>,
    /// What every key begins with, the separating underscore included.
    pub key_prefix: String,
    /// Upper bound of the first pause between attempts to reconnect; it doubles from there.
    pub backoff_base: Duration,
    /// Upper bound of every pause between attempts to reconnect.
    pub backoff_max: Duration,
    /// A link is dead when bytes are owed and none came for this long; an idle one is asked.
    pub health_interval: Duration,
}

/// Where a Redis server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// On a port.
    Tcp {
        /// Name or address, IPv6 addresses without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// On a unix socket.
    Unix {
        /// The socket's absolute path.
        path: PathBuf,
    },
}

/// A version of the Redis protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2: messages need a connection of their own.
    Resp2,
    /// RESP3.
    Resp3,
}

/// How records are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultSettings {
    /// How long the store keeps a record; `None` is for ever.
    pub expires: Option<Duration>,
    /// The same for records of state FAILURE: `result_failure_expires`, else `result_expires`.
    pub failure_expires: Option<Duration>,
    /// Whether name, args, kwargs, worker, retries and queue are written too.
    pub extended: bool,
}

/// In what records are written, and may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSettings {
    /// The serializer; `None` recognises it when reading, and writes json.
    pub serializer: Option<Serializer>,
    /// How records that this program writes are compressed.
    pub compression: Option<Compression>,
    /// The serializers that may be read; `None` is all of them.
    pub accept: Option<Vec<Serializer>>,
    /// The setting that says what may be read: `result_accept_content`, else `accept_content`.
    pub accept_setting: &'static str,
}

/// How results are waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// Longest that a call without a timeout of its own may take.
    pub operation_timeout: Duration,
    /// Ids unheard of for this long are read again; `None` turns that off.
    pub reread_interval: Option<Duration>,
    /// How many keys a second are read again at most.
    pub reread_rate: u32,
    /// Whether a pushed record is believed; otherwise the record is read again.
    pub trust_messages: bool,
    /// How many ids may be watched at one time.
    pub max_subscriptions: usize,
    /// How many messages may be queued for one waiter before the oldest give way.
    pub max_queued_messages: usize,
}

/// The way to the workers: where control messages and tasks are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerSettings {
    /// Which broker, and how to reach it, or why there is none.
    pub address: BrokerAddress,
    /// The broker's URL with the password masked as `**` and without its query; empty where there is none.
    pub uri: String,
    /// The exchange of control messages, `.pidbox` not included: `control_exchange`.
    pub control_exchange: String,
    /// What the names of broadcast channels begin with: kombu's `fanout_prefix`, with the database number
    /// filled in; empty where it is off.
    pub fanout_prefix: String,
    /// The priorities that have a list of their own, ascending, at least one: kombu's `priority_steps`. What is
    /// below the first goes to the last, as in kombu.
    pub priority_steps: Vec<u8>,
    /// What stands between the parts of a binding, and of the name of a priority's list: kombu's `sep`.
    pub separator: String,
    /// What tasks are sent with where neither the call nor `routes` says anything.
    pub sending: SendSettings,
    /// `task_routes`
    pub routes: Routes,
}

/// Which broker, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerAddress {
    /// A Redis server. The prefix of keys is kombu's: as it was given, nothing added.
    Redis(Box<RedisSettings>),
    /// None that could be used: what every call that sends something fails with.
    Unusable {
        /// [`Status::Unsupported`] or [`Status::NotBuiltIn`].
        status: Status,
        /// The reason, for people; shows no password.
        why: String,
    },
}

impl BrokerAddress {
    /// The Redis server; the error says why there is none to send to.
    pub fn redis(&self) -> Result<&RedisSettings> {
        match self {
            Self::Redis(settings) => Ok(settings),
            Self::Unusable { status, why } => Err(Error::new(*status, why.as_str())),
        }
    }
}
