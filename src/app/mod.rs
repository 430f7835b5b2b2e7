//! Celery's *app* as a client sees it: settings, an engine and a result store behind one handle.
//! What can be asked of a single result lives in [`crate::result`].

use crate::{
    codec::Codec,
    config::Options,
    model::{Record, Result},
    sys::{Cancel, Log},
};
use std::time::Duration;

/// Figures about an app, for monitoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Waits in progress, `then` registrations included.
    pub waiters: u64,
    /// Ids subscribed to, as confirmed by the server.
    pub subscriptions: u64,
    /// Sockets open.
    pub sockets: u64,
    /// Connections made since the app was opened.
    pub connects: u64,
    /// Records pushed by the store since the app was opened.
    pub messages: u64,
    /// Bytes received since the app was opened.
    pub bytes_received: u64,
    /// Bytes sent since the app was opened.
    pub bytes_sent: u64,
    /// Results that only the periodic re-read found: each one is a lost or missing PUBLISH.
    pub recovered_by_reread: u64,
}

/// An open app; cloning gives another reference. Dropping the last one closes it.
#[derive(Clone)]
pub struct App {}

impl App {
    /// Opens an app on a result store. Does no I/O.
    pub fn open(url: &str, options: &Options, log: Log) -> Result<Self> {
        let _ = (url, options, log);
        todo!()
    }
    /// Connects and checks credentials; for the start of a daemon.
    pub fn connect(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        let _ = (timeout, cancel);
        todo!()
    }
    /// Wakes every waiter with [`crate::model::Status::Closed`]. Idempotent, never blocks.
    pub fn close(&self) {
        todo!()
    }
    /// [`Self::close`], then waits until the library's threads for this app have ended.
    pub fn close_wait(&self, timeout: Option<Duration>) -> Result<()> {
        let _ = timeout;
        todo!()
    }
    /// The store's URL with the password masked.
    pub fn uri(&self) -> &str {
        todo!()
    }
    /// Stores a record as a worker does; false where a stored SUCCESS was kept.
    pub fn store(&self, record: &Record) -> Result<bool> {
        let _ = record;
        todo!()
    }
    /// Figures for monitoring. Never blocks.
    pub fn stats(&self) -> Stats {
        todo!()
    }
    /// The codec with this app's limits.
    pub fn codec(&self) -> &Codec {
        todo!()
    }
    /// Whether the calling process is not the one that opened the app.
    pub fn is_forked(&self) -> bool {
        todo!()
    }
}
