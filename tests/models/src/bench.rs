//! What the models share: an engine on a small store that pushes what is stored while it is
//! watched, and answers each read on a thread of its own.

use crate::{
    backend::{Answer, Backend, Link, Op, Pushed, Sink, Traits, Wakes},
    checker::{now, thread},
    codec::{Codec, Limits},
    config::EngineSettings,
    engine::{Engine, NoHooks, WaitRequest},
    model::{Counters, Id, Key, Result, Stored},
    sys::{Cancel, Log, Mutex},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock, PoisonError, Weak},
    time::Duration,
};

/// Settings under which nothing happens but what a model lets happen: no sweep, no limits.
pub fn settings() -> EngineSettings {
    EngineSettings {
        operation_timeout: Duration::from_secs(1),
        reread_interval: None,
        reread_rate: 20_000,
        trust_messages: true,
        max_subscriptions: 1_000_000,
        max_queued_messages: 1_000,
    }
}

pub fn codec() -> Codec {
    Codec::new(Limits { payload: 1024, depth: 10, ..Limits::default() })
}

/// A record of a task in this state; `number` tells it from others.
pub fn record(id: &str, state: &str, number: u32) -> Stored {
    Stored::new(format!(r#"{{"task_id":"{id}","status":"{state}","result":{number}}}"#).into_bytes())
}

/// The number that [`record`] was given.
pub fn number(record: &Stored) -> u32 {
    let text = String::from_utf8_lossy(record.bytes());
    let digits = text.rsplit(':').next().map(|tail| tail.trim_end_matches('}'));
    digits.and_then(|digits| digits.parse().ok()).expect("a record of this bench")
}

/// A store that tells of its records while they are watched.
#[derive(Default)]
pub struct SmallStore {
    state: Mutex<Records>,
    sink: OnceLock<Weak<dyn Sink>>,
    traits: OnceLock<Traits>,
    answering: std::sync::Mutex<Vec<thread::JoinHandle<()>>>,
    /// Whether reads are answered from inside `submit`.
    prompt: bool,
}

#[derive(Default)]
struct Records {
    stored: BTreeMap<Id, Stored>,
    watched: BTreeSet<Id>,
}

impl SmallStore {
    /// An engine on a new store, connected, that answers each read on a thread of its own.
    pub fn open() -> (Engine, Arc<Self>) {
        Self::open_with(false)
    }

    /// An engine on a new store, connected, that answers each read at once: where a model has no
    /// threads left for the answers.
    pub fn open_prompt() -> (Engine, Arc<Self>) {
        Self::open_with(true)
    }

    fn open_with(prompt: bool) -> (Engine, Arc<Self>) {
        let store = Arc::new(Self { prompt, ..Self::default() });
        let backend = Arc::clone(&store);
        let engine = Engine::new(settings(), codec(), Log::default(), |_, sink| {
            let traits = Traits { wakes: Wakes::Push, groups: true, batch: 512, uri: "model://".to_owned() };
            let _ = backend.traits.set(traits);
            let _ = backend.sink.set(sink);
            Ok(backend)
        });
        store.tell(|sink| sink.link(Link::Live(1)));
        (engine.expect("an engine"), store)
    }

    /// Stores a record and pushes it to whoever watches, as a worker's `SET` and `PUBLISH` do.
    pub fn publish(&self, id: &str, record: Stored) {
        let watched = {
            let mut state = self.state.lock();
            state.stored.insert(id.into(), record.clone());
            state.watched.contains(id)
        };
        if watched {
            self.tell(|sink| sink.messages(&[Pushed { id, record: Some(record) }]));
        }
    }

    /// How many ids are watched once every read has been answered.
    ///
    /// # Panics
    /// Where an answer panicked.
    pub fn watched(&self) -> usize {
        while let Some(answer) = self.answering().pop() {
            answer.join().expect("an answer that ends");
        }
        self.state.lock().watched.len()
    }

    fn answering(&self) -> std::sync::MutexGuard<'_, Vec<thread::JoinHandle<()>>> {
        self.answering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, tell: impl FnOnce(&dyn Sink)) {
        if let Some(sink) = self.sink.get().and_then(Weak::upgrade) {
            tell(&*sink);
        }
    }
}

impl Backend for SmallStore {
    fn traits(&self) -> &Traits {
        self.traits.get().expect("an open store")
    }

    fn submit(&self, ops: Vec<Op>) {
        for op in ops {
            match op {
                Op::Watch(id) => drop(self.state.lock().watched.insert(id)),
                Op::Unwatch(id) => drop(self.state.lock().watched.remove(&id)),
                Op::Read(Key::Task(id), ticket, _) => {
                    let found = self.state.lock().stored.get(&id).cloned();
                    let sink = self.sink.get().cloned();
                    let answer = move || {
                        if let Some(sink) = sink.as_ref().and_then(Weak::upgrade) {
                            sink.answer(ticket, Ok(Answer::Record(found)));
                        }
                    };
                    if self.prompt {
                        answer();
                    } else {
                        self.answering().push(thread::spawn(answer));
                    }
                }
                // Nothing is on the way but what a thread is telling.
                Op::Barrier(ticket) => self.tell(|sink| sink.answer(ticket, Ok(Answer::Passed))),
                _ => unreachable!("the models make no calls here"),
            }
        }
    }

    fn counters(&self) -> Counters {
        Counters::default()
    }

    fn close(&self) {}
}

/// A wait for ever.
pub fn request(id: &Id) -> WaitRequest<'_> {
    WaitRequest {
        id,
        known: None,
        others: &[],
        timeout: None,
        begun: now(),
        cancel: None,
        interval: Duration::from_millis(500),
        absent_timeout: None,
    }
}

/// Waits for ever, unless it is cancelled.
pub fn wait(engine: &Engine, id: &str, cancel: Option<&Cancel>) -> Result<Stored> {
    engine.wait(&WaitRequest { cancel, ..request(&id.into()) }, &mut NoHooks)
}
