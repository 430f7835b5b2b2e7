//! What every part of the backend uses: settings, figures, the sink, and the making of errors
//! that name the server.

use super::keys::Keys;
use crate::{
    backend::{Failure, Link, Pushed, Sink},
    config::RedisSettings,
    model::{Error, Key, Status, Stored},
    sys::{Level, Log},
    transport::redis::{Refusal, Reply, Traffic, Verdict, place},
};
use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// What every part of the backend uses.
pub(super) struct Shared {
    pub(super) settings: RedisSettings,
    pub(super) keys: Keys,
    pub(super) max_payload_bytes: usize,
    pub(super) traffic: Arc<Traffic>,
    pub(super) messages: AtomicU64,
    pub(super) subscriptions: AtomicU64,
    pub(super) sink: Weak<dyn Sink>,
    /// Whether the log says already which access rule is missing.
    pub(super) rule_named: AtomicBool,
    log: Log,
    place: String,
}

impl Shared {
    pub(super) fn new(
        settings: RedisSettings,
        max_payload_bytes: usize,
        log: Log,
        sink: Weak<dyn Sink>,
    ) -> Self {
        Self {
            keys: Keys::new(&settings.key_prefix),
            place: place(&settings.endpoint),
            traffic: Arc::default(),
            messages: AtomicU64::new(0),
            subscriptions: AtomicU64::new(0),
            rule_named: AtomicBool::new(false),
            settings,
            max_payload_bytes,
            log,
            sink,
        }
    }

    pub(super) fn log(&self, level: Level, message: impl FnOnce() -> String) {
        self.log.write(level, "celery_result::redis", message);
    }

    /// Tells of what was pushed.
    pub(super) fn push(&self, pushed: &mut Vec<Pushed<'_>>) {
        if pushed.is_empty() {
            return;
        }
        self.messages.fetch_add(pushed.len() as u64, Relaxed);
        if let Some(sink) = self.sink.upgrade() {
            sink.messages(pushed);
        }
        pushed.clear();
    }

    pub(super) fn link(&self, link: Link) {
        if let Some(sink) = self.sink.upgrade() {
            sink.link(link);
        }
    }

    /// An error about the way to the server.
    pub(super) fn error(&self, status: Status, what: &str) -> Error {
        Error::new(status, format!("Redis at {}: {what}", self.place))
    }

    /// How an operation on `key` failed that the server answered with an error.
    pub(super) fn failure(&self, key: &Key, refusal: &Refusal) -> Failure {
        let what = format!("{refusal} (key {})", String::from_utf8_lossy(&self.keys.of(key)));
        match refusal.verdict() {
            Verdict::Retry => Failure::Retry(self.error(Status::Unreachable, &what)),
            Verdict::Permanent(status) => Failure::Permanent(self.error(status, &what)),
        }
    }

    /// How an operation on `key` failed that the server answered with something else than asked.
    pub(super) fn strange(&self, key: &Key, reply: &Reply) -> Failure {
        let kind = match reply {
            Reply::Nothing => "nothing",
            Reply::Bytes(_) | Reply::Skipped => "bytes",
            Reply::Number(_) => "a number",
            Reply::Word(_) => "a word",
            Reply::List(_) => "a list",
            Reply::Refused(refusal) => return self.failure(key, refusal),
            Reply::Strange => "an unknown kind of reply",
        };
        let key = String::from_utf8_lossy(&self.keys.of(key)).into_owned();
        Failure::Permanent(
            self.error(Status::Server, &format!("the server answered with {kind} (key {key})")),
        )
    }

    /// What a read of `key` found.
    pub(super) fn found(&self, key: &Key, reply: Reply) -> Result<Option<Stored>, Failure> {
        match reply {
            Reply::Nothing => Ok(None),
            // A bounded read of a key that does not exist; no record is empty.
            Reply::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Reply::Skipped => Err(self.too_large(key)),
            Reply::Bytes(bytes) if bytes.len() > self.max_payload_bytes => Err(self.too_large(key)),
            Reply::Bytes(bytes) => Ok(Some(Stored::new(bytes))),
            other => Err(self.strange(key, &other)),
        }
    }

    pub(super) fn too_large(&self, key: &Key) -> Failure {
        let key = String::from_utf8_lossy(&self.keys.of(key)).into_owned();
        Failure::TooLarge(Error::new(
            Status::TooLarge,
            format!("the record of key {key} is larger than max_payload_bytes ({})", self.max_payload_bytes),
        ))
    }
}
