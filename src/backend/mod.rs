//! The seam between the engine and a result store: stored bytes in, stored bytes out. A backend
//! has no waiters and no list of ids of its own; it carries out the engine's operations in order
//! and tells the engine's [`Sink`] what it hears. Adding a backend is one folder here and one line
//! in [`open`].

mod memory;
#[cfg(feature = "redis")]
pub mod redis;

use crate::{
    config::{BackendAddress, Config},
    model::{Counters, Error, Id, Key, Result, Status, Stored},
    sys::{Driver, Log},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// How the engine learns that a record has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wakes {
    /// The storing thread calls [`Sink::messages`] itself; nothing can be missed.
    Direct,
    /// Records are pushed while an id is watched, over a connection that can break.
    Push,
    /// Nothing is pushed: the engine reads again and again.
    Poll,
}

/// What a backend is like; fixed when it is opened.
#[derive(Clone, Debug)]
pub struct Traits {
    /// How changes become known.
    pub wakes: Wakes,
    /// Whether groups can be saved and restored.
    pub groups: bool,
    /// How many records one [`Op::ReadMany`] may ask for.
    pub batch: usize,
    /// The store's URL with the password masked as `**`, as `Backend.as_uri()` gives it.
    pub uri: String,
}

/// Names one operation that is answered exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

impl Ticket {
    /// No operation that is waited for.
    pub const NONE: Self = Self(0);
}

/// Whom a read is for: what is waited for now goes before what is merely checked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A caller waits for this very answer, or a watch has just begun.
    Now,
    /// After a reconnect, or a periodic re-read.
    Later,
}

/// Decides, from the record stored so far, whether a store may replace it. Called by the backend
/// between reading and writing; must not block.
pub type MayReplace = Arc<dyn Fn(&Stored) -> bool + Send + Sync>;

/// One operation.
#[derive(Clone)]
pub enum Op {
    /// Begin to push records of this id to [`Sink::messages`]. Only ids of tasks are watched.
    Watch(Id),
    /// Stop pushing them.
    Unwatch(Id),
    /// Read a record: [`Answer::Record`]. A read that follows the [`Op::Watch`] of its id in one
    /// `submit` must look at the store after the watch has taken effect.
    Read(Key, Ticket, Urgency),
    /// Read records in one request: [`Answer::Records`]. In no order with watches; at most
    /// [`Traits::batch`] keys.
    ReadMany(Vec<Key>, Ticket),
    /// Is there a record: [`Answer::Exists`].
    Exists(Key, Ticket),
    /// Remove a record: [`Answer::Deleted`].
    Delete(Key, Ticket),
    /// Store a record and tell everyone who watches: [`Answer::Stored`].
    Store {
        /// What to store it under.
        key: Key,
        /// The bytes.
        record: Stored,
        /// Asked about the record stored so far, if there is one.
        may_replace: Option<MayReplace>,
        /// How long the store keeps it; `None` is for ever.
        expires: Option<Duration>,
        /// Whom to answer.
        ticket: Ticket,
    },
    /// Connect if need be and check credentials: [`Answer::Connected`].
    Connect(Ticket),
    /// Let everything through that was pushed before this: [`Answer::Passed`], when
    /// [`Sink::messages`] has been called for each record that was pushed before this was submitted.
    Barrier(Ticket),
}

impl Op {
    /// Whom to answer; watches are not answered.
    pub fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Watch(_) | Self::Unwatch(_) => None,
            Self::Read(_, ticket, _)
            | Self::ReadMany(_, ticket)
            | Self::Exists(_, ticket)
            | Self::Delete(_, ticket)
            | Self::Store { ticket, .. }
            | Self::Connect(ticket)
            | Self::Barrier(ticket) => Some(*ticket),
        }
    }
}

/// How an operation ended well.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The record, or that there is none.
    Record(Option<Stored>),
    /// What each of several reads gave, in the order of the keys.
    Records(Vec<std::result::Result<Option<Stored>, Failure>>),
    /// Whether there is a record.
    Exists(bool),
    /// Whether there was a record to remove.
    Deleted(bool),
    /// Whether the record was stored; false where `may_replace` refused.
    Stored(bool),
    /// The store can be reached and accepts the credentials.
    Connected,
    /// Nothing that was pushed before is still on the way.
    Passed,
}

impl Answer {
    /// The answer to a read. Fails with `Panic` where it answers something else.
    pub fn into_record(self) -> Result<Option<Stored>> {
        match self {
            Self::Record(record) => Ok(record),
            other => Err(Error::new(Status::Panic, format!("a read was answered with {other:?}"))),
        }
    }
}

/// How an operation ended otherwise.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It was certainly not carried out and may be tried again: no link, LOADING, BUSY, READONLY.
    Retry(Error),
    /// A write left, and the link broke before the answer: it may have been carried out.
    Uncertain(Error),
    /// Trying again is of no use: access rules, wrong type of key.
    Permanent(Error),
    /// The record is larger than `max_payload_bytes`.
    TooLarge(Error),
    /// This backend cannot do it.
    Unsupported(Error),
}

impl Failure {
    /// Why.
    pub fn into_error(self) -> Error {
        match self {
            Self::Retry(error)
            | Self::Uncertain(error)
            | Self::Permanent(error)
            | Self::TooLarge(error)
            | Self::Unsupported(error) => error,
        }
    }
}

/// The state of the way to the store.
#[derive(Clone, Debug)]
pub enum Link {
    /// Connected anew: watches of older generations are gone. The engine watches and reads again.
    Live(u64),
    /// The connection broke, or could not be made; the backend goes on trying.
    Lost(Error),
    /// The first connection was refused for a reason that waiting cannot cure (credentials,
    /// database number). The backend tries again only when something is submitted.
    Refused(Error),
    /// Watching this id is refused by the server's access rules; it must be polled.
    Unwatchable(Id, Error),
}

/// A record that was stored.
#[derive(Clone, Debug)]
pub struct Pushed<'a> {
    /// The task.
    pub id: &'a str,
    /// The record; `None` where it is larger than `max_payload_bytes`.
    pub record: Option<Stored>,
}

/// What a backend tells the engine. Any thread, also from inside [`Backend::submit`]; never
/// called while the backend holds a lock.
pub trait Sink: Send + Sync {
    /// Records of watched ids were stored, in this order.
    fn messages(&self, pushed: &[Pushed<'_>]);
    /// An operation has ended. Every ticket is answered exactly once.
    fn answer(&self, ticket: Ticket, result: std::result::Result<Answer, Failure>);
    /// The way to the store has changed.
    fn link(&self, link: Link);
}

/// A result store.
pub trait Backend: Send + Sync {
    /// What it is like.
    fn traits(&self) -> &Traits;
    /// Takes operations in order and returns at once; never called under a lock of the engine.
    fn submit(&self, ops: Vec<Op>);
    /// Carries out an operation that is answered on the calling thread, and gives the answer instead
    /// of telling it: how calls are made where [`Traits::wakes`] is [`Wakes::Direct`]. `None` where
    /// answers take time.
    fn carry_out(&self, op: Op) -> Option<std::result::Result<Answer, Failure>> {
        let _ = op;
        None
    }
    /// Figures about its connections.
    fn counters(&self) -> Counters;
    /// Ends everything; outstanding tickets are answered with [`Failure::Retry`]. Idempotent,
    /// never blocks.
    fn close(&self);
}

/// Opens the backend that the settings name. Does no I/O.
pub fn open(config: &Config, driver: Driver, log: Log, sink: Weak<dyn Sink>) -> Result<Arc<dyn Backend>> {
    let (uri, max_payload) = (config.uri.clone(), config.max_payload_bytes);
    match &config.backend {
        BackendAddress::Memory { name } => {
            Ok(memory::MemoryBackend::open(name.as_deref(), uri, max_payload, sink))
        }
        #[cfg(feature = "redis")]
        BackendAddress::Redis(settings) => {
            Ok(redis::RedisBackend::new((**settings).clone(), uri, max_payload, driver, log, sink))
        }
        #[cfg(not(feature = "redis"))]
        BackendAddress::Redis(_) => {
            let _ = (driver, log);
            Err(crate::model::Error::new(
                crate::model::Status::NotBuiltIn,
                format!("{uri}: this build of the library has no Redis backend (the cargo feature `redis`)"),
            ))
        }
    }
}
