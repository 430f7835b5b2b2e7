//! The actor that owns the connections: connects, tries again for ever, hands operations to the
//! live [`Session`] and takes it down when a connection dies. It is the only caller of the sink
//! while the engine thread runs, so what the engine hears has one order.

use super::{
    request::{Request, closed},
    session::{Session, Step},
    shared::Shared,
};
use crate::{
    backend::{Answer, Link},
    model::{Error, Status},
    sys::Level,
    transport::redis::{Backoff, Connected, Notice, Notify, Reply, Trouble, attempt, connect, send_after},
};
use std::sync::Arc;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};

/// How many events are taken before requests are sent on: what came together leaves together.
const BURST: usize = 512;

/// What the actor hears. A serial names one attempt to connect and what comes of it; what an
/// older one still has to say is ignored.
pub(super) enum Event {
    Submit(Vec<Request>),
    Connected(u64, Result<Connected, Trouble>),
    Notice(u64, Notice),
    Done(u64, u64, Vec<Reply>),
    Tick(u64),
    PauseOver(u64),
    Rested(u64),
    Close,
}

enum State {
    /// Nothing was asked for yet, or the server refused us for good.
    Idle,
    Connecting(JoinHandle<()>),
    Pausing,
    Live(Box<Session>),
}

pub(super) struct Actor {
    shared: Arc<Shared>,
    events: UnboundedSender<Event>,
    state: State,
    serial: u64,
    generation: u64,
    backoff: Backoff,
    cause: Error,
}

impl Actor {
    pub(super) fn new(shared: Arc<Shared>, events: UnboundedSender<Event>) -> Self {
        let cause = shared.error(Status::Unreachable, "connecting");
        let backoff = Backoff::new(&shared.settings, Arc::as_ptr(&shared).addr());
        Self { shared, events, state: State::Idle, serial: 0, generation: 0, backoff, cause }
    }

    pub(super) async fn run(mut self, mut events: UnboundedReceiver<Event>) {
        let mut burst = Vec::with_capacity(BURST);
        while events.recv_many(&mut burst, BURST).await > 0 {
            for event in burst.drain(..) {
                if matches!(event, Event::Close) {
                    // What is queued behind this answers for itself when it is dropped.
                    return self.close();
                }
                self.handle(event);
            }
            if let State::Live(session) = &mut self.state {
                session.send_on();
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Submit(requests) => self.submit(requests),
            Event::Connected(serial, result) if serial == self.serial => match result {
                Ok(connected) => self.connected(connected),
                Err(trouble) => self.refused(&trouble),
            },
            Event::PauseOver(serial) if serial == self.serial => self.connect(),
            Event::Notice(serial, notice) if serial == self.serial => self.step(|s| s.notice(notice)),
            Event::Done(serial, work, replies) if serial == self.serial => {
                self.step(|session| session.done(work, replies));
            }
            Event::Rested(serial) if serial == self.serial => {
                self.step(|session| {
                    session.rouse();
                    Step::Fine
                });
            }
            Event::Tick(serial) if serial == self.serial => self.step(Session::tick),
            _ => {}
        }
    }

    fn step(&mut self, step: impl FnOnce(&mut Session) -> Step) {
        if let State::Live(session) = &mut self.state
            && let Step::Broken(cause) = step(session)
        {
            self.lost(&cause);
        }
    }

    fn submit(&mut self, requests: Vec<Request>) {
        if matches!(self.state, State::Idle) && requests.iter().any(Request::needs_link) {
            self.connect();
        }
        let State::Live(session) = &mut self.state else {
            return requests.into_iter().for_each(|request| request.put_off(&self.cause));
        };
        for request in requests {
            match request {
                Request::Connect(pending) => pending.answer(Ok(Answer::Connected)),
                other => session.submit(other),
            }
        }
    }

    fn connect(&mut self) {
        self.serial += 1;
        let (serial, shared, events) = (self.serial, Arc::clone(&self.shared), self.events.clone());
        let teller = self.events.clone();
        let notify: Notify = Arc::new(move |notice| drop(teller.send(Event::Notice(serial, notice))));
        let connecting = async move {
            connect(&shared.settings, shared.max_payload_bytes, &shared.traffic, &notify).await
        };
        self.state = State::Connecting(attempt(connecting, move |result| {
            let _ = events.send(Event::Connected(serial, result));
        }));
    }

    fn connected(&mut self, connected: Connected) {
        if connected.commands.is_closed() || connected.events.is_closed() {
            return self.failed("the server closed the connection");
        }
        self.generation += 1;
        let (generation, protocol) = (self.generation, connected.events.protocol());
        self.shared.log(Level::Info, || {
            self.shared.error(Status::Ok, &format!("connected with {protocol}")).message().to_owned()
        });
        let session = Session::new(connected, self.serial, Arc::clone(&self.shared), self.events.clone());
        self.state = State::Live(Box::new(session));
        self.shared.link(Link::Live(generation));
    }

    /// An attempt to connect has failed.
    fn refused(&mut self, trouble: &Trouble) {
        match trouble.lasting {
            // A server that has let us in once is only being set up anew.
            Some(status) if self.generation == 0 => {
                let error = self.shared.error(status, &trouble.message);
                self.shared.log(Level::Error, || error.message().to_owned());
                self.cause = error.clone();
                self.state = State::Idle;
                self.shared.link(Link::Refused(error));
            }
            _ => self.failed(&trouble.message),
        }
    }

    fn failed(&mut self, cause: &str) {
        self.backoff.failed();
        self.try_again(cause);
    }

    /// A live link has broken.
    fn lost(&mut self, cause: &str) {
        let State::Live(session) = std::mem::replace(&mut self.state, State::Pausing) else { return };
        // A server that lets us in only to break the link again is not asked at full speed.
        if session.was_useful() {
            self.backoff.reset();
        } else {
            self.backoff.failed();
        }
        session.fail(&self.shared.error(Status::Unreachable, cause));
        self.try_again(cause);
    }

    fn try_again(&mut self, cause: &str) {
        self.cause = self.shared.error(Status::Unreachable, cause);
        let pause = self.backoff.pause();
        self.serial += 1;
        self.state = State::Pausing;
        self.shared.log(Level::Warning, || {
            format!("{}; trying again in {} ms", self.cause.message(), pause.as_millis())
        });
        self.shared.link(Link::Lost(self.cause.clone()));
        if pause.is_zero() {
            return self.connect();
        }
        send_after(pause, &self.events, Event::PauseOver(self.serial));
    }

    fn close(self) {
        match self.state {
            State::Live(session) => session.fail(&closed()),
            State::Connecting(attempt) => attempt.abort(),
            State::Idle | State::Pausing => {}
        }
        self.shared.log(Level::Info, || self.shared.error(Status::Ok, "closed").message().to_owned());
    }
}
