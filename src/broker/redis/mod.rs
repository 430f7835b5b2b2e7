//! kombu's Redis transport: queues as lists, broadcasts over pub/sub. Opening does no I/O; the first order
//! starts an actor on the engine thread ([`link`]), which has one connection.

pub mod envelope;
mod link;
mod names;
mod parcel;
mod replies;
mod sends;
mod session;
mod shared;

use super::{Broker, Order, ReplyTo};
use crate::{
    config::{BrokerSettings, RedisSettings},
    model::{Counters, Error, Status},
    sys::{Driver, Log, Mutex},
};
use link::{Actor, Event};
use parcel::Parcel;
use replies::Collector;
use shared::Shared;
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Queues and broadcasts in a Redis server.
pub struct RedisBroker {
    shared: Arc<Shared>,
    reply_to: ReplyTo,
    driver: Driver,
    state: Mutex<State>,
}

struct State {
    collector: Option<Collector>,
    actor: Option<UnboundedSender<Event>>,
    closed: bool,
}

impl RedisBroker {
    /// A broker that has not connected yet.
    pub fn new(settings: RedisSettings, broker: &BrokerSettings, driver: Driver, log: Log) -> Arc<Self> {
        let shared = Arc::new(Shared::new(settings, broker, log));
        let collector = Collector::new(&shared.names, &broker.control_exchange);
        let reply_to = collector.reply_to.clone();
        let state = State { collector: Some(collector), actor: None, closed: false };
        Arc::new(Self { shared, reply_to, driver, state: Mutex::new(state) })
    }

    /// Who takes orders, started if need be.
    fn actor(&self) -> Result<UnboundedSender<Event>, Error> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, "the app was closed; nothing was sent"));
        }
        if let Some(actor) = &state.actor {
            return Ok(actor.clone());
        }
        let failed = |what: &str| {
            Error::new(Status::Unreachable, format!("the engine thread could not be started: {what}"))
        };
        let (sender, receiver) = unbounded_channel();
        let collector = state.collector.take().ok_or_else(|| failed("it failed before"))?;
        let actor = Actor::new(Arc::clone(&self.shared), sender.clone(), collector);
        self.driver.spawn(actor.run(receiver)).map_err(|error| failed(&error.to_string()))?;
        state.actor = Some(sender.clone());
        Ok(sender)
    }

    fn running(&self) -> Option<UnboundedSender<Event>> {
        self.state.lock().actor.clone()
    }
}

impl Broker for RedisBroker {
    fn reply_to(&self) -> ReplyTo {
        self.reply_to.clone()
    }

    fn submit(&self, order: Order) {
        let parcel = Parcel::new(order, &self.shared);
        match self.actor() {
            // Should the actor have ended, the order is dropped and answers for itself.
            Ok(actor) => drop(actor.send(Event::Submit(parcel))),
            Err(error) => parcel.end(error),
        }
    }

    fn nudge(&self) {
        if let Some(actor) = self.running() {
            let _ = actor.send(Event::Nudge);
        }
    }

    fn counters(&self) -> Counters {
        let traffic = &self.shared.traffic;
        Counters {
            connects: traffic.connects.load(Relaxed),
            bytes_received: traffic.received.load(Relaxed),
            bytes_sent: traffic.sent.load(Relaxed),
            sockets: traffic.sockets.load(Relaxed),
            ..Counters::default()
        }
    }

    fn close(&self) {
        let actor = {
            let mut state = self.state.lock();
            state.closed = true;
            state.actor.take()
        };
        if let Some(actor) = actor {
            let _ = actor.send(Event::Close(self.driver.hold()));
        }
    }
}

impl Drop for RedisBroker {
    fn drop(&mut self) {
        self.close();
    }
}
