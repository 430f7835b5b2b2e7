//! A store at the end of a connection that breaks: what it is asked is carried out later, what it
//! tells may be lost, and reads fail. One thread carries everything out, as in a backend whose
//! sockets one thread serves; what happens next is the checker's choice.

use crate::{
    backend::{Answer, Backend, Failure, Link, Op, Sink, Ticket, Traits, Wakes},
    bench::{codec, settings},
    checker::{Condvar, Mutex, MutexGuard, choose, thread},
    engine::Engine,
    model::{Counters, Error, Id, Key, Status, Stored},
    sys::Log,
};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, OnceLock, PoisonError, Weak},
};

/// What may go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// How often the link breaks.
    pub losses: usize,
    /// How many operations fail though the link stands.
    pub failures: usize,
    /// Whether watching is refused.
    pub unwatchable: bool,
}

/// The store and the connection to it.
pub struct Server {
    state: Mutex<State>,
    changed: Condvar,
    sink: OnceLock<Weak<dyn Sink>>,
    traits: Traits,
}

#[derive(Default)]
struct State {
    trouble: Trouble,
    records: HashMap<Key, Stored>,
    watched: BTreeSet<Id>,
    live: bool,
    generation: u64,
    asked: VecDeque<Op>,
    /// What comes over the connection for messages.
    messages: VecDeque<Pushed>,
    answers: VecDeque<(Ticket, Result<Answer, Failure>)>,
    /// Whether something is being told at this moment.
    telling: bool,
    closed: bool,
    stores: usize,
}

/// What comes in order with messages.
enum Pushed {
    Message(Id, Stored),
    Barrier(Ticket),
}

/// What can happen next.
#[derive(Clone, Copy)]
enum Step {
    Connect,
    Lose,
    CarryOut,
    Message,
    Answer,
}

/// What is told once the lock is released.
enum Told {
    Link(Link),
    Message(Id, Stored),
    Answers(Vec<(Ticket, Result<Answer, Failure>)>),
}

impl Server {
    /// An engine on a store that is not connected yet, and the thread that serves it until the
    /// engine is closed.
    ///
    /// # Panics
    /// Where there can be no engine.
    pub fn open(trouble: Trouble) -> (Engine, Arc<Self>, thread::JoinHandle<()>) {
        let traits = Traits { wakes: Wakes::Push, groups: true, batch: 512, uri: "model://".to_owned() };
        let state = Mutex::new(State { trouble, ..State::default() });
        let server = Arc::new(Self { state, changed: Condvar::new(), sink: OnceLock::new(), traits });
        let backend = Arc::clone(&server);
        let engine = Engine::new(settings(), codec(), Log::default(), |_, sink| {
            let _ = backend.sink.set(sink);
            Ok(backend)
        });
        let serving = Arc::clone(&server);
        let thread = thread::spawn(move || serving.serve());
        (engine.expect("an engine"), server, thread)
    }

    /// Stores a record and then pushes it, as a worker does.
    pub fn publish(&self, id: &str, record: Stored) {
        self.lock().records.insert(Key::Task(id.into()), record.clone());
        let mut state = self.lock();
        if state.watched.contains(id) {
            state.messages.push_back(Pushed::Message(id.into(), record));
        }
        drop(state);
        self.changed.notify_all();
    }

    /// How many records it was asked to store, and did.
    pub fn stores(&self) -> usize {
        self.lock().stores
    }

    /// Waits until everything asked has been carried out and told, and nothing is watched. A watch
    /// that is never released keeps the model from coming to an end.
    pub fn settle(&self) {
        loop {
            let state = self.lock();
            let idle = state.asked.is_empty() && state.messages.is_empty() && state.answers.is_empty();
            if idle && !state.telling && state.watched.is_empty() {
                return;
            }
            drop(state);
            thread::yield_now();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        loop {
            let mut state = self.lock();
            let told = loop {
                let steps = state.steps();
                if !steps.is_empty() {
                    let step = steps[choose(steps.len())];
                    break state.take(step);
                }
                if state.closed {
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            state.telling = told.is_some();
            drop(state);
            if let (Some(told), Some(sink)) = (told, self.sink.get().and_then(Weak::upgrade)) {
                tell(&*sink, told);
            }
            self.lock().telling = false;
        }
    }
}

fn tell(sink: &dyn Sink, told: Told) {
    match told {
        Told::Link(link) => sink.link(link),
        Told::Message(id, record) => {
            sink.messages(&[crate::backend::Pushed { id: &id, record: Some(record) }])
        }
        Told::Answers(answers) => {
            answers.into_iter().for_each(|(ticket, answer)| sink.answer(ticket, answer))
        }
    }
}

fn unreachable() -> Error {
    Error::new(Status::Unreachable, "the link broke")
}

impl State {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.closed {
            if !self.asked.is_empty() || !self.answers.is_empty() || !self.messages.is_empty() {
                steps.push(Step::Lose);
            }
            return steps;
        }
        if !self.answers.is_empty() {
            steps.push(Step::Answer);
        }
        if !self.live {
            steps.push(Step::Connect);
            return steps;
        }
        if self.trouble.losses > 0 {
            steps.push(Step::Lose);
        }
        if !self.asked.is_empty() {
            steps.push(Step::CarryOut);
        }
        if !self.messages.is_empty() {
            steps.push(Step::Message);
        }
        steps
    }

    fn take(&mut self, step: Step) -> Option<Told> {
        match step {
            Step::Connect => {
                self.live = true;
                self.generation += 1;
                Some(Told::Link(Link::Live(self.generation)))
            }
            Step::Lose if self.closed => Some(Told::Answers(self.unanswered(true))),
            Step::Lose => {
                self.trouble.losses -= 1;
                self.live = false;
                self.watched.clear();
                let lost = Told::Link(Link::Lost(unreachable()));
                // What was asked and not carried out waits for the next link, or is given back.
                let answers = self.unanswered(choose(2) == 0);
                self.answers = answers.into();
                Some(lost)
            }
            Step::CarryOut => self.asked.pop_front().and_then(|op| self.carry_out(op)),
            Step::Message => self.messages.pop_front().map(|pushed| match pushed {
                Pushed::Message(id, record) => Told::Message(id, record),
                Pushed::Barrier(ticket) => Told::Answers(vec![(ticket, Ok(Answer::Passed))]),
            }),
            Step::Answer => self.answers.pop_front().map(|answer| Told::Answers(vec![answer])),
        }
    }

    /// The answers that are lost with the link.
    fn unanswered(&mut self, with_asked: bool) -> Vec<(Ticket, Result<Answer, Failure>)> {
        let lost = |answer: Result<Answer, Failure>| match answer {
            Ok(Answer::Stored(_)) => Err(Failure::Uncertain(Error::new(
                Status::Uncertain,
                "the link broke after the record was sent",
            ))),
            Ok(_) => Err(Failure::Retry(unreachable())),
            failed => failed,
        };
        let mut answers: Vec<_> =
            self.answers.drain(..).map(|(ticket, answer)| (ticket, lost(answer))).collect();
        answers.extend(self.messages.drain(..).filter_map(|pushed| match pushed {
            Pushed::Message(..) => None,
            Pushed::Barrier(ticket) => Some((ticket, lost(Ok(Answer::Passed)))),
        }));
        if with_asked {
            let tickets = self.asked.iter().filter_map(Op::ticket);
            answers.extend(tickets.map(|ticket| (ticket, Err(Failure::Retry(unreachable())))));
            self.asked.clear();
        }
        answers
    }

    fn carry_out(&mut self, op: Op) -> Option<Told> {
        if let Some(ticket) = op.ticket()
            && self.trouble.failures > 0
            && choose(2) == 0
        {
            self.trouble.failures -= 1;
            self.answers.push_back((ticket, Err(Failure::Retry(Error::new(Status::Unreachable, "LOADING")))));
            return None;
        }
        let answer = match op {
            Op::Watch(id) if self.trouble.unwatchable => {
                let refused = Error::new(Status::Permission, "NOPERM");
                return Some(Told::Link(Link::Unwatchable(id, refused)));
            }
            Op::Watch(id) => {
                self.watched.insert(id);
                return None;
            }
            Op::Unwatch(id) => {
                self.watched.remove(&id);
                return None;
            }
            Op::Read(key, ticket, _) => (ticket, Ok(Answer::Record(self.records.get(&key).cloned()))),
            Op::ReadMany(keys, ticket) => {
                let records = keys.iter().map(|key| Ok(self.records.get(key).cloned()));
                (ticket, Ok(Answer::Records(records.collect())))
            }
            Op::Exists(key, ticket) => (ticket, Ok(Answer::Exists(self.records.contains_key(&key)))),
            Op::Delete(key, ticket) => (ticket, Ok(Answer::Deleted(self.records.remove(&key).is_some()))),
            Op::Connect(ticket) => (ticket, Ok(Answer::Connected)),
            Op::Barrier(ticket) => {
                self.messages.push_back(Pushed::Barrier(ticket));
                return None;
            }
            Op::Store { key, record, ticket, .. } => {
                if let Key::Task(id) = &key
                    && self.watched.contains(id)
                {
                    self.messages.push_back(Pushed::Message(id.clone(), record.clone()));
                }
                self.records.insert(key, record);
                self.stores += 1;
                (ticket, Ok(Answer::Stored(true)))
            }
        };
        self.answers.push_back(answer);
        None
    }
}

impl Backend for Server {
    fn traits(&self) -> &Traits {
        &self.traits
    }

    fn submit(&self, ops: Vec<Op>) {
        self.lock().asked.extend(ops);
        self.changed.notify_all();
    }

    fn counters(&self) -> Counters {
        Counters::default()
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}
