//! The actor that owns the broker's connection: connects when there is something to send, tries again for
//! as long as somebody waits for it, and closes the connection when it has been idle.

use super::{
    parcel::Parcel,
    replies::{Collector, Over},
    session::{Session, Step},
    shared::Shared,
};
use crate::{
    model::{Error, Status},
    sys::{Hold, Level},
    transport::redis::{
        Backoff, Commands, Notice, Notify, Reply, Trouble, attempt, connect_commands, send_after,
    },
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};

/// The longest pause before the next attempt to connect. Attempts are only made while somebody waits, and nobody
/// does for long: with the pauses of those who wait for results, calls would come and go without one.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Most bytes of an answer by a worker, which is Redis's own limit unless it is told otherwise.
const LONGEST_REPLY: usize = 512 << 20;

/// What the actor hears. A serial names one attempt to connect and what comes of it.
pub(super) enum Event {
    Submit(Parcel),
    Nudge,
    Connected(u64, Result<Commands, Trouble>),
    Notice(u64, Notice),
    Done(u64, u64, Vec<Reply>),
    Tick(u64),
    PauseOver(u64),
    Look,
    /// The thread goes on for a moment, for what has to be put away.
    Close(Hold),
}

enum State {
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
    backoff: Backoff,
    /// Why there is no connection, where making one has failed.
    trouble: Option<Error>,
    waiting: VecDeque<Parcel>,
    collector: Collector,
    /// Whether the queue for answers may still be there although nobody needs it.
    bound: bool,
    /// Whether a look at it is arranged for.
    looking: bool,
}

impl Actor {
    pub(super) fn new(shared: Arc<Shared>, events: UnboundedSender<Event>, collector: Collector) -> Self {
        let backoff = Backoff::new(&shared.settings, Arc::as_ptr(&shared).addr()).at_most(LONGEST_PAUSE);
        Self {
            shared,
            events,
            state: State::Idle,
            serial: 0,
            backoff,
            trouble: None,
            waiting: VecDeque::new(),
            collector,
            bound: false,
            looking: false,
        }
    }

    pub(super) async fn run(mut self, mut events: UnboundedReceiver<Event>) {
        let mut holds = None;
        while let Some(event) = events.recv().await {
            if let Event::Close(hold) = event {
                holds = Some(hold);
                self.close();
            } else {
                self.handle(event);
            }
            self.settle();
            if holds.is_some() && !self.has_to_put_away() {
                return;
            }
        }
    }

    /// Lets go of all orders; they answer for themselves when they are dropped.
    fn close(&mut self) {
        self.waiting.clear();
        self.collector.abandon();
        if let State::Live(session) = &mut self.state {
            session.abandon(&mut self.collector);
        }
    }

    /// Whether the queue for answers is being taken away. Where there is no connection, its time to live
    /// does that.
    fn has_to_put_away(&self) -> bool {
        matches!(&self.state, State::Live(session) if session.is_unbinding())
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Submit(order) => {
                if let Some(error) = &self.trouble {
                    order.pending().trouble(error);
                }
                self.waiting.push_back(order);
            }
            Event::Nudge => self.waiting.retain(|order| !order.pending().is_given_up()),
            Event::Look => {
                self.looking = false;
                if let State::Live(session) = &mut self.state {
                    session.look(&self.collector);
                }
            }
            Event::Connected(serial, result) if serial == self.serial => match result {
                Ok(commands) => self.connected(commands),
                Err(trouble) => self.refused(&trouble),
            },
            Event::PauseOver(serial) if serial == self.serial => self.state = State::Idle,
            Event::Notice(serial, Notice::Closed(_)) if serial == self.serial => {
                if let State::Live(session) = &self.state {
                    let how = session.how_it_ended();
                    self.lost(how);
                }
            }
            Event::Done(serial, work, replies) if serial == self.serial => {
                self.step(|session, collector| session.done(work, replies, collector));
            }
            Event::Tick(serial) if serial == self.serial => {
                self.step(|session, collector| session.tick(collector.is_used()));
            }
            _ => {}
        }
    }

    fn step(&mut self, step: impl FnOnce(&mut Session, &mut Collector) -> Step) {
        let State::Live(session) = &mut self.state else { return };
        match step(session, &mut self.collector) {
            Step::Fine => {}
            Step::Idle => {
                self.serial += 1;
                self.state = State::Idle;
            }
            Step::Broken(error) => self.lost(error),
        }
    }

    /// Does what has become possible: sends, tells, looks for answers, takes the queue for them away.
    fn settle(&mut self) {
        let over = self.collector.over();
        match &mut self.state {
            State::Live(session) => {
                if self.bound && !self.collector.is_used() {
                    self.bound = false;
                    session.unbind(&mut self.collector, over);
                } else {
                    over.into_iter().for_each(Over::tell);
                }
                for order in self.waiting.drain(..) {
                    self.bound |= matches!(order, Parcel::Broadcast { replies: Some(_), .. });
                    session.begin(order, &mut self.collector);
                }
            }
            state => {
                over.into_iter().for_each(Over::tell);
                let wanted = !self.waiting.is_empty() || self.bound || self.collector.is_used();
                if wanted && matches!(state, State::Idle) {
                    self.connect();
                }
            }
        }
        if self.collector.is_waiting() && !self.looking {
            self.looking = true;
            send_after(self.collector.pause(), &self.events, Event::Look);
        }
    }

    fn connect(&mut self) {
        self.serial += 1;
        let (serial, shared, events) = (self.serial, Arc::clone(&self.shared), self.events.clone());
        let teller = self.events.clone();
        let notify: Notify = Arc::new(move |notice| drop(teller.send(Event::Notice(serial, notice))));
        let connecting =
            async move { connect_commands(&shared.settings, LONGEST_REPLY, &shared.traffic, &notify).await };
        self.state = State::Connecting(attempt(connecting, move |result| {
            let _ = events.send(Event::Connected(serial, result));
        }));
    }

    fn connected(&mut self, commands: Commands) {
        if commands.is_closed() {
            self.backoff.failed();
            return self.try_again(self.unreachable("the server closed the connection"));
        }
        self.shared.log(Level::Info, || self.shared.error(Status::Ok, "connected").message().to_owned());
        self.trouble = None;
        let session = Session::new(commands, self.serial, Arc::clone(&self.shared), self.events.clone());
        self.state = State::Live(Box::new(session));
    }

    /// An attempt to connect has failed.
    fn refused(&mut self, trouble: &Trouble) {
        let Some(status) = trouble.lasting else {
            self.backoff.failed();
            return self.try_again(self.unreachable(&trouble.message));
        };
        let error = self.shared.error(status, &trouble.message);
        self.shared.log(Level::Error, || error.message().to_owned());
        for order in self.waiting.drain(..) {
            order.end(error.clone());
        }
        self.collector.all().into_iter().for_each(Over::tell);
        // The next order tries again; what is left of an old one is not worth it.
        self.bound = false;
        self.state = State::Idle;
    }

    /// The live link has broken.
    fn lost(&mut self, error: Error) {
        let State::Live(session) = std::mem::replace(&mut self.state, State::Pausing) else { return };
        if session.was_useful() {
            self.backoff.reset();
        } else {
            self.backoff.failed();
        }
        // It may not have been taken away.
        self.bound |= session.is_unbinding();
        for order in session.fail(&error, &mut self.collector).into_iter().rev() {
            self.waiting.push_front(order);
        }
        self.try_again(error);
    }

    fn unreachable(&self, problem: &str) -> Error {
        self.shared.error(Status::Unreachable, problem)
    }

    fn try_again(&mut self, error: Error) {
        let pause = self.backoff.pause();
        self.serial += 1;
        self.state = State::Pausing;
        self.waiting.retain(|order| !order.pending().is_given_up());
        for order in &self.waiting {
            order.pending().trouble(&error);
        }
        self.shared
            .log(Level::Warning, || format!("{}; trying again in {} ms", error.message(), pause.as_millis()));
        self.trouble = Some(error);
        send_after(pause, &self.events, Event::PauseOver(self.serial));
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        if let State::Connecting(attempt) = &self.state {
            attempt.abort();
        }
    }
}
