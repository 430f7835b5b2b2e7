//! The engine's queue over real servers: what a worker publishes reaches it once, in order, and
//! says so where something may have been missed. How the queue itself works is tested beside it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    backend,
    codec::{Codec, Limits},
    config::Config,
    engine::{Engine, Event, How, Item, Queue, QueueSettings, Site, Taken},
    model::{Status, Stored},
    sys::{Deadline, Log},
};
use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use support::{
    PATIENCE, eventually,
    redis_server::RedisServer,
    stores::options,
    worker::{Worker, record},
};

const NAME: &str = "killed-by-test";

#[derive(Clone)]
struct Place(Engine);

impl Site for Place {
    fn engine(&self) -> &Engine {
        &self.0
    }
}

impl Place {
    fn open(url: &str) -> Self {
        let mut options = options();
        options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
        options.set("redis_client_name", NAME).unwrap();
        let config = Config::new(url, &options).unwrap();
        let codec = Codec::new(Limits {
            payload: config.max_payload_bytes,
            depth: config.max_nesting_depth,
            ..Limits::default()
        });
        let engine = Engine::new(config.engine.clone(), codec, Log::default(), |driver, sink| {
            backend::open(&config, driver, Log::default(), sink)
        });
        Self(engine.unwrap())
    }

    fn subscriptions(&self) -> u64 {
        self.0.figures().2.subscriptions
    }
}

type Events = Queue<Place, ()>;

fn queue() -> Events {
    Queue::new(QueueSettings { pollable: true, interval: Duration::from_millis(500), listener: None })
        .unwrap()
}

fn add<'a>(queue: &Events, place: &Place, ids: impl IntoIterator<Item = &'a str>) {
    let items = ids.into_iter().enumerate();
    let items = items.map(|(key, id)| Item { key: key as u64, id: id.into(), payload: () }).collect();
    queue.add(place, items).unwrap();
}

/// Both kinds of connection for events.
fn for_each_protocol(test: impl Fn(&RedisServer, &Place)) {
    for arguments in [&[][..], &["--rename-command", "HELLO", ""]] {
        let server = RedisServer::with(arguments);
        let place = Place::open(&format!("redis://127.0.0.1:{}/0", server.port()));
        test(&server, &place);
        assert_eq!(place.0.figures().1, 0, "nothing was found by reading again");
        place.0.close();
    }
}

/// The next events, at least so many, in short.
#[track_caller]
fn next(queue: &Events, count: usize) -> Vec<String> {
    let until = Deadline::after(Some(PATIENCE));
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(queue.next(usize::MAX, until, None).unwrap().iter().map(short));
    }
    assert!(queue.is_empty());
    all
}

/// `id state`, and how an intermediate state became known.
fn short(taken: &Taken<Place, ()>) -> String {
    let state = |record: &Stored| {
        String::from_utf8_lossy(record.bytes()).split('"').nth(3).unwrap_or_default().to_owned()
    };
    let what = match &taken.event {
        Event::Ready { record, .. } => state(record),
        Event::Unfinished { record: Some(record), how } => format!("{} {how:?}", state(record)),
        other => panic!("{other:?}"),
    };
    format!("{} {what}", taken.id.as_deref().unwrap())
}

#[test]
fn intermediate_states_come_once_and_in_order() {
    for_each_protocol(|server, place| {
        let mut worker = Worker::new(server);
        let queue = queue();
        queue.report_progress(100);
        worker.store_state("a", "STARTED", "null");
        add(&queue, place, ["a"]);
        assert_eq!(next(&queue, 1), ["a STARTED Read"]);
        let numbers: Vec<_> = (0..50).map(|number| format!("STEP-{number}")).collect();
        for state in &numbers {
            worker.store_state("a", state, "null");
        }
        worker.store("a", "1");
        let mut expected: Vec<_> = numbers.iter().map(|state| format!("a {state} Pushed")).collect();
        expected.push("a SUCCESS".to_owned());
        assert_eq!(next(&queue, expected.len()), expected);
        eventually("the subscription is gone", || place.subscriptions() == 0);
    });
}

#[test]
fn the_state_is_told_again_after_a_gap_and_flagged() {
    for_each_protocol(|server, place| {
        let mut worker = Worker::new(server);
        let queue = queue();
        queue.report_progress(1);
        worker.store_state("a", "FIRST", "null");
        worker.store_state("b", "FIRST", "null");
        add(&queue, place, ["a", "b"]);
        eventually("both are subscribed", || place.subscriptions() == 2);
        let first: HashSet<_> = next(&queue, 2).into_iter().collect();
        assert_eq!(first.len(), 2, "{first:?}");
        // As while the connection is down: stored, and nobody heard of it.
        worker.set_silently("a", &record("a", "MISSED", "null"));
        assert!(server.kill_connections("sub=2") > 0);
        let after: HashSet<_> = next(&queue, 2).into_iter().collect();
        assert_eq!(after, ["a MISSED AfterGap", "b FIRST AfterGap"].map(String::from).into());
        worker.store_state("a", "LAST", "null");
        assert_eq!(next(&queue, 1), ["a LAST Pushed"]);
        worker.set_silently("a", &record("a", "SUCCESS", "1"));
        assert!(server.kill_connections("sub=2") > 0);
        let mut last = next(&queue, 2);
        last.sort_unstable();
        assert_eq!(last, ["a SUCCESS", "b FIRST AfterGap"]);
    });
}

#[test]
fn thousands_finish_before_while_and_after_they_are_added() {
    const MANY: usize = 10_000;
    for_each_protocol(|server, place| {
        let ids: Vec<_> = (0..MANY).map(|number| format!("id-{number}")).collect();
        let mut worker = Worker::new(server);
        worker.store_all(&ids[..MANY / 4], |_| "1".to_owned());
        let queue = queue();
        std::thread::scope(|scope| {
            let meanwhile = scope.spawn(|| {
                for some in ids[MANY / 4..MANY / 2].chunks(100) {
                    Worker::new(server).store_all(some, |_| "1".to_owned());
                }
            });
            for some in ids.chunks(1_000) {
                add(&queue, place, some.iter().map(String::as_str));
            }
            meanwhile.join().unwrap();
        });
        let mut seen = HashSet::new();
        let mut take = |count: usize| {
            while seen.len() < count {
                for event in queue.next(999, Deadline::after(Some(PATIENCE)), None).unwrap() {
                    assert!(matches!(event.event, Event::Ready { .. }), "{:?}", event.event);
                    assert!(seen.insert(event.id.clone().unwrap()), "{:?} twice", event.id);
                }
            }
        };
        take(MANY / 2);
        assert_eq!(queue.pending().items, MANY / 2);
        eventually("the rest is subscribed", || place.subscriptions() == (MANY / 2) as u64);
        worker.store_all(&ids[MANY / 2..MANY / 4 * 3], |_| "1".to_owned());
        take(MANY / 4 * 3);
        assert_eq!(queue.len(), 0);
        drop(queue);
        eventually("nothing is subscribed", || place.subscriptions() == 0);
        assert_eq!(place.0.figures().0, 0);
    });
}

#[test]
fn a_server_that_goes_away_ends_nothing_and_closing_ends_all() {
    let mut server = RedisServer::start();
    let place = Place::open(&format!("redis://127.0.0.1:{}/0", server.port()));
    let queue = queue();
    add(&queue, &place, ["a", "b", "c"]);
    eventually("all are looked at", || queue.pending().unseen == 0);
    server.restart();
    let mut worker = Worker::new(&server);
    worker.store("b", "1");
    assert_eq!(next(&queue, 1), ["b SUCCESS"]);
    place.0.close();
    let ends = queue.next(9, Deadline::after(Some(PATIENCE)), None).unwrap();
    let closed = |taken: &&Taken<Place, ()>| matches!(&taken.event, Event::Failed(error) if error.status() == Status::Closed);
    assert_eq!((ends.len(), ends.iter().filter(closed).count(), queue.pending().items), (2, 2, 0));
}

/// Stores states with numbers that grow until it is told to end each task. Several of one task at
/// once, so that a read often finds one while the messages of those before it are on their way.
fn count_up(worker: &mut Worker, ids: &[String], is_over: &AtomicBool) {
    const BURST: u64 = 8;
    let mut next = 1;
    while !is_over.load(Ordering::Relaxed) {
        for id in ids {
            let numbers = (next..next + BURST).map(|number| number.to_string());
            worker.store_together(numbers.map(|number| (&**id, record(id, "PROGRESS", &number))));
        }
        next += BURST;
    }
    worker.store_all(ids, |_| next.to_string());
}

/// Has the tasks end, also where the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What was heard of one item.
#[derive(Default)]
struct Heard {
    last: Option<u64>,
    messages: bool,
    ended: bool,
}

impl Heard {
    #[track_caller]
    fn hear(&mut self, event: &Event) {
        let (Event::Ready { record, how } | Event::Unfinished { record: Some(record), how }) = event else {
            panic!("{event:?}")
        };
        let text = String::from_utf8_lossy(record.bytes());
        let number: u64 = text
            .split("\"result\": ")
            .nth(1)
            .and_then(|rest| rest.split(',').next())
            .unwrap()
            .parse()
            .unwrap();
        assert!(!self.ended && self.last <= Some(number), "{event:?} after {:?}", self.last);
        self.ended = matches!(event, Event::Ready { .. });
        // Once it is subscribed, none is missed of which the queue does not tell.
        if self.messages && !self.ended && *how != How::AfterGap {
            assert_eq!(self.last.map(|last| last + 1), Some(number), "{event:?}");
        }
        self.messages |= how.is_news();
        self.last = Some(number);
    }
}

#[test]
fn states_come_in_order_while_they_are_stored_and_connections_die() {
    const IDS: usize = 48;
    const ROUNDS: usize = 20;
    /// Heard between two rounds, so that the link is back and busy.
    const EVENTS: usize = 10 * IDS;
    for_each_protocol(|server, place| {
        let ids: Vec<_> = (0..IDS).map(|number| format!("id-{number}")).collect();
        let queue = queue();
        queue.report_progress(1_000_000);
        let is_over = AtomicBool::new(false);
        let mut heard: HashMap<u64, Heard> = HashMap::new();
        std::thread::scope(|scope| {
            for some in ids.chunks(IDS / 2) {
                let (mut worker, is_over) = (Worker::new(server), &is_over);
                scope.spawn(move || count_up(&mut worker, some, is_over));
            }
            let _ends = Ends(&is_over);
            let (mut added, mut round, mut fresh) = (0_u64, 0, EVENTS);
            while round < ROUNDS || queue.pending().items > 0 || !queue.is_empty() {
                if fresh >= EVENTS && round < ROUNDS {
                    (round, fresh) = (round + 1, 0);
                    // New ones are looked at first; those that wait already share what is read.
                    if round % 4 == 1 {
                        let items = ids.iter().zip(added..);
                        let items = items.map(|(id, key)| Item { key, id: id.as_str().into(), payload: () });
                        queue.add(place, items.collect()).unwrap();
                        added += IDS as u64;
                    } else {
                        // The connection for messages, or both.
                        let which = ["flags=P", NAME][round % 2];
                        eventually("there is a link to break", || server.kill_connections(which) > 0);
                    }
                    is_over.store(round == ROUNDS, Ordering::Relaxed);
                }
                for taken in queue.next(64, Deadline::after(Some(PATIENCE)), None).unwrap() {
                    fresh += 1;
                    heard.entry(taken.key).or_default().hear(&taken.event);
                }
            }
            assert!(heard.len() as u64 == added && heard.values().all(|heard| heard.ended));
        });
    });
}
