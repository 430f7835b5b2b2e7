//! Celery's Redis backend: records under string keys, pushed over pub/sub. Opening does no I/O;
//! the first operation that needs the server starts an actor on the engine thread ([`link`]),
//! which owns the connections and makes every call to the engine's sink in one order.

mod keys;
mod link;
mod reads;
mod request;
mod session;
mod shared;
mod store;
mod watches;

use crate::{
    backend::{Backend, Op, Sink, Traits, Wakes},
    config::RedisSettings,
    model::{Counters, Error, Status},
    sys::{Driver, Log, Mutex},
};
use link::{Actor, Event};
use request::{Request, closed};
use shared::Shared;
use std::sync::{Arc, Weak, atomic::Ordering::Relaxed};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// A result store in a Redis server.
pub struct RedisBackend {
    traits: Traits,
    shared: Arc<Shared>,
    driver: Driver,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    actor: Option<UnboundedSender<Event>>,
    closed: bool,
}

impl RedisBackend {
    /// A backend that has not connected yet. `uri` is its masked URL; records larger than
    /// `max_payload_bytes` are neither read nor written.
    pub fn new(
        settings: RedisSettings,
        uri: String,
        max_payload_bytes: usize,
        driver: Driver,
        log: Log,
        sink: Weak<dyn Sink>,
    ) -> Arc<Self> {
        Arc::new(Self {
            traits: Traits { wakes: Wakes::Push, groups: true, batch: reads::KEYS, uri },
            shared: Arc::new(Shared::new(settings, max_payload_bytes, log, sink)),
            driver,
            state: Mutex::default(),
        })
    }

    /// Who takes operations, started if need be.
    fn actor(&self) -> Result<UnboundedSender<Event>, Error> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(closed());
        }
        if let Some(actor) = &state.actor {
            return Ok(actor.clone());
        }
        let (sender, receiver) = unbounded_channel();
        let actor = Actor::new(Arc::clone(&self.shared), sender.clone());
        self.driver.spawn(actor.run(receiver)).map_err(|error| {
            Error::new(Status::Unreachable, format!("the engine thread could not be started: {error}"))
        })?;
        state.actor = Some(sender.clone());
        Ok(sender)
    }
}

impl Backend for RedisBackend {
    fn traits(&self) -> &Traits {
        &self.traits
    }

    fn submit(&self, ops: Vec<Op>) {
        if ops.is_empty() {
            return;
        }
        let requests: Vec<_> = ops.into_iter().map(|op| Request::new(op, &self.shared.sink)).collect();
        match self.actor() {
            // Should the actor have ended, the requests are dropped and answer for themselves.
            Ok(actor) => drop(actor.send(Event::Submit(requests))),
            Err(error) => requests.into_iter().for_each(|request| request.put_off(&error)),
        }
    }

    fn counters(&self) -> Counters {
        let traffic = &self.shared.traffic;
        Counters {
            connects: traffic.connects.load(Relaxed),
            messages: self.shared.messages.load(Relaxed),
            bytes_received: traffic.received.load(Relaxed),
            bytes_sent: traffic.sent.load(Relaxed),
            subscriptions: self.shared.subscriptions.load(Relaxed),
            sockets: traffic.sockets.load(Relaxed),
        }
    }

    fn close(&self) {
        let actor = {
            let mut state = self.state.lock();
            state.closed = true;
            state.actor.take()
        };
        if let Some(actor) = actor {
            // Fails when the engine thread has ended; then the sockets are closed already.
            let _ = actor.send(Event::Close);
        }
    }
}

impl Drop for RedisBackend {
    fn drop(&mut self) {
        self.close();
    }
}
