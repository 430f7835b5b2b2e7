//! What every part of the broker uses: settings, names, figures, and the making of errors that name the
//! server.

use super::names::Names;
use crate::{
    config::{BrokerSettings, RedisSettings},
    model::{Error, Status},
    sys::{Level, Log},
    transport::redis::{Reply, Traffic, place},
};
use std::sync::Arc;

pub(super) struct Shared {
    pub(super) settings: RedisSettings,
    pub(super) names: Names,
    /// The exchange of control messages.
    pub(super) exchange: String,
    pub(super) traffic: Arc<Traffic>,
    log: Log,
    place: String,
}

impl Shared {
    pub(super) fn new(settings: RedisSettings, broker: &BrokerSettings, log: Log) -> Self {
        Self {
            names: Names::new(broker, &settings.key_prefix),
            exchange: format!("{}.pidbox", broker.control_exchange),
            place: place(&settings.endpoint),
            traffic: Arc::default(),
            settings,
            log,
        }
    }

    pub(super) fn log(&self, level: Level, message: impl FnOnce() -> String) {
        self.log.write(level, "celery_result::broker", message);
    }

    pub(super) fn warn(&self, what: &str) {
        self.log(Level::Warning, || self.error(Status::Server, what).message().to_owned());
    }

    /// An error about the way to the server.
    pub(super) fn error(&self, status: Status, what: &str) -> Error {
        Error::new(status, format!("broker, Redis at {}: {what}", self.place))
    }

    /// What the server answered where something else was expected.
    pub(super) fn strange(&self, reply: &Reply) -> Error {
        let Reply::Refused(refusal) = reply else {
            return self.error(Status::Server, "the server answered with an unexpected kind of reply");
        };
        self.error(refusal.verdict().status(), &refusal.to_string())
    }

    /// The members of a set.
    pub(super) fn members(&self, reply: &Reply) -> Result<Vec<Vec<u8>>, Error> {
        let Reply::List(members) = reply else { return Err(self.strange(reply)) };
        Ok(members.iter().filter_map(Reply::bytes).map(<[u8]>::to_vec).collect())
    }

    /// How many heard a broadcast, from the replies to it with or without its transaction.
    pub(super) fn listeners(&self, replies: &[Reply]) -> Result<u64, Error> {
        let (last, before) = match replies.split_last() {
            Some((Reply::List(carried_out), _)) => (carried_out.last(), carried_out.as_slice()),
            // The first of several is about deadlines, which an old server refuses.
            Some((last, before)) => (Some(last), before.get(1..).unwrap_or_default()),
            None => (None, replies),
        };
        let refused = before.iter().find(|reply| matches!(reply, Reply::Refused(_)));
        let Some(Reply::Number(listeners)) = last else {
            return Err(self.strange(refused.or(last).unwrap_or(&Reply::Strange)));
        };
        // A transaction goes on behind what fails in it.
        if let Some(Reply::Refused(refusal)) = refused {
            self.warn(&format!("a command was sent, and answers to it may not come: {refusal}"));
        }
        Ok(u64::try_from(*listeners).unwrap_or_default())
    }
}
