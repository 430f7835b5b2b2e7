//! A backend under test with a sink that writes down everything it is told, and checks at the end
//! that every ticket was answered exactly once.

use super::PATIENCE;
use celery_result::{
    backend::{
        Answer, Backend, Failure, Link, MayReplace, Op, Pushed, Sink, Ticket, Urgency, redis::RedisBackend,
    },
    config::{Endpoint, RedisSettings},
    model::{Counters, Error, Key, Stored},
    sys::{Deadline, Driver, Log},
};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, Weak},
    time::{Duration, Instant},
};

/// What a sink was told.
#[derive(Default)]
pub struct Heard {
    pub messages: Vec<(String, Stored)>,
    /// The ids of records that were too large.
    pub too_large: Vec<String>,
    /// How many messages were told together.
    pub bursts: Vec<usize>,
    pub answers: HashMap<u64, Vec<Result<Answer, Failure>>>,
    pub links: Vec<Link>,
    pub log: Vec<String>,
}

impl Heard {
    /// The generation of the link that is live now.
    pub fn live(&self) -> Option<u64> {
        match self.links.iter().rev().find(|link| !matches!(link, Link::Unwatchable(..))) {
            Some(Link::Live(generation)) => Some(*generation),
            _ => None,
        }
    }

    pub fn lost(&self) -> Vec<Error> {
        let lost = self.links.iter().filter_map(|link| match link {
            Link::Lost(error) => Some(error.clone()),
            _ => None,
        });
        lost.collect()
    }

    pub fn refused(&self) -> Option<Error> {
        self.links.iter().find_map(|link| match link {
            Link::Refused(error) => Some(error.clone()),
            _ => None,
        })
    }
}

#[derive(Default)]
struct Recorder {
    heard: Mutex<Heard>,
    changed: Condvar,
}

impl Recorder {
    fn note(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard.lock().unwrap());
        self.changed.notify_all();
    }
}

impl Sink for Recorder {
    fn messages(&self, pushed: &[Pushed<'_>]) {
        self.note(|heard| {
            heard.bursts.push(pushed.len());
            for Pushed { id, record } in pushed {
                match record {
                    Some(record) => heard.messages.push(((*id).to_owned(), record.clone())),
                    None => heard.too_large.push((*id).to_owned()),
                }
            }
        });
    }

    fn answer(&self, ticket: Ticket, result: Result<Answer, Failure>) {
        self.note(|heard| heard.answers.entry(ticket.0).or_default().push(result));
    }

    fn link(&self, link: Link) {
        self.note(|heard| heard.links.push(link));
    }
}

/// Settings for a server on this port: prompt in everything, as tests want it.
pub fn settings(port: u16) -> RedisSettings {
    RedisSettings {
        endpoint: Endpoint::Tcp { host: "127.0.0.1".to_owned(), port },
        username: None,
        password: None,
        db: 0,
        client_name: Some("celery-result-test".to_owned()),
        connect_timeout: Some(Duration::from_secs(2)),
        keepalive: false,
        protocol: None,
        key_prefix: String::new(),
        backoff_base: Duration::from_millis(10),
        backoff_max: Duration::from_millis(200),
        health_interval: Duration::from_secs(5),
    }
}

/// A backend under test.
pub struct Bench {
    pub backend: Arc<RedisBackend>,
    recorder: Arc<Recorder>,
    driver: Driver,
    next: Mutex<u64>,
}

impl Bench {
    pub fn new(settings: RedisSettings) -> Self {
        Self::with_limit(settings, 256 * 1024 * 1024)
    }

    pub fn with_limit(settings: RedisSettings, max_payload_bytes: usize) -> Self {
        let recorder = Arc::new(Recorder::default());
        let sink: Arc<dyn Sink> = recorder.clone();
        let sink: Weak<dyn Sink> = Arc::downgrade(&sink);
        let driver = Driver::new("celery-test");
        let teller = Arc::downgrade(&recorder);
        let log = Log::new(move |_, _, line: &str| {
            if let Some(recorder) = teller.upgrade() {
                recorder.note(|heard| heard.log.push(line.to_owned()));
            }
        });
        driver.on_panic(|panic| panic!("the engine thread panicked: {panic}"));
        let uri = "redis://test//".to_owned();
        let backend = RedisBackend::new(settings, uri, max_payload_bytes, driver.clone(), log, sink);
        Self { backend, recorder, driver, next: Mutex::new(0) }
    }

    /// A bench whose backend is connected.
    pub fn live(settings: RedisSettings) -> Self {
        let bench = Self::new(settings);
        bench.connect();
        bench
    }

    pub fn connect(&self) {
        let ticket = self.ticket();
        self.submit(vec![Op::Connect(ticket)]);
        self.wait_live(1);
    }

    pub fn ticket(&self) -> Ticket {
        let mut next = self.next.lock().unwrap();
        *next += 1;
        Ticket(*next)
    }

    pub fn submit(&self, ops: Vec<Op>) {
        self.backend.submit(ops);
    }

    pub fn counters(&self) -> Counters {
        self.backend.counters()
    }

    /// What has been heard so far.
    pub fn heard<R>(&self, look: impl FnOnce(&Heard) -> R) -> R {
        look(&self.recorder.heard.lock().unwrap())
    }

    /// Waits until `look` finds something.
    #[track_caller]
    pub fn wait<R>(&self, what: &str, mut look: impl FnMut(&Heard) -> Option<R>) -> R {
        let until = Instant::now() + PATIENCE;
        let mut heard = self.recorder.heard.lock().unwrap();
        loop {
            if let Some(found) = look(&heard) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never heard: {what}; links {:?}; log {:?}", heard.links, heard.log);
            heard = self.recorder.changed.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// Waits for a link of at least this generation.
    #[track_caller]
    pub fn wait_live(&self, generation: u64) -> u64 {
        self.wait("Link::Live", |heard| heard.live().filter(|live| *live >= generation))
    }

    #[track_caller]
    pub fn answer(&self, ticket: Ticket) -> Result<Answer, Failure> {
        self.wait("an answer", |heard| heard.answers.get(&ticket.0).map(|answers| answers[0].clone()))
    }

    #[track_caller]
    pub fn read(&self, id: &str) -> Result<Answer, Failure> {
        let ticket = self.ticket();
        self.submit(vec![Op::Read(Key::Task(id.into()), ticket, Urgency::Now)]);
        self.answer(ticket)
    }

    /// The record under this id.
    #[track_caller]
    pub fn record(&self, id: &str) -> Option<Vec<u8>> {
        record(self.read(id))
    }

    /// Watches and reads ids in one go.
    pub fn watch(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Ticket> {
        let mut ops = Vec::new();
        let mut tickets = Vec::new();
        for id in ids {
            let ticket = self.ticket();
            ops.push(Op::Watch(id.as_ref().into()));
            ops.push(Op::Read(Key::Task(id.as_ref().into()), ticket, Urgency::Now));
            tickets.push(ticket);
        }
        self.submit(ops);
        tickets
    }

    /// Begins to store a record.
    pub fn store(&self, id: &str, bytes: &[u8], may_replace: Option<MayReplace>) -> Ticket {
        let ticket = self.ticket();
        self.submit(vec![Op::Store {
            key: Key::Task(id.into()),
            record: Stored::new(bytes),
            may_replace,
            expires: Some(Duration::from_secs(1000)),
            ticket,
        }]);
        ticket
    }

    #[track_caller]
    pub fn wait_message(&self, id: &str, bytes: &[u8]) {
        self.wait("a message", |heard| {
            heard.messages.iter().any(|(of, record)| of == id && record.bytes() == bytes).then_some(())
        });
    }

    /// Ends the engine thread under the backend's feet.
    pub fn stop_driver(&self) {
        self.driver.stop();
        assert!(self.driver.join(Deadline::after(Some(PATIENCE))), "the engine thread did not end");
    }

    /// Closes the backend and checks that every ticket was answered exactly once.
    pub fn finish(self) {
        self.backend.close();
        self.backend.close();
        let tickets = *self.next.lock().unwrap();
        self.wait("all answers", |heard| {
            (1..=tickets).all(|ticket| heard.answers.contains_key(&ticket)).then_some(())
        });
        super::eventually("all sockets are closed", || self.counters().sockets == 0);
        self.stop_driver();
        self.heard(|heard| {
            for (ticket, answers) in &heard.answers {
                assert_eq!(answers.len(), 1, "ticket {ticket} was answered with {answers:?}");
            }
            assert_eq!(heard.answers.len() as u64, tickets, "answers to tickets that were never given");
        });
    }
}

/// The bytes of a read that went well.
#[track_caller]
pub fn record(answer: Result<Answer, Failure>) -> Option<Vec<u8>> {
    match answer {
        Ok(Answer::Record(record)) => record.map(|record| record.bytes().to_vec()),
        other => panic!("not a record: {other:?}"),
    }
}
