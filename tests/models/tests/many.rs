//! Many waits at one time, on a store whose link breaks and comes back: one waiter for many ids,
//! and the completion queue. Each is told of each id once, and of what happens in order. Each
//! model says which mistakes in the sources it catches.

use celery_result_models::{
    bench::{number, record},
    checker::{choose, explore, thread},
    engine::{Engine, Event, How, Item, Queue, QueueSettings, Site, Waiter},
    model::{Id, Status},
    server::{Server, Trouble},
    sys::{Deadline, Mutex},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const BROKEN: Trouble = Trouble { losses: 2, failures: 3, unwatchable: false };
/// So many that they are looked at before they are watched.
const MANY: u64 = 20;

fn name(token: u64) -> Id {
    format!("task-{token}").into()
}

fn publish(server: &Server, token: u64, state: &str, number: u32) {
    server.publish(&name(token), record(&name(token), state, number));
}

fn settle(engine: Engine, server: &Server, serving: thread::JoinHandle<()>) {
    server.settle();
    assert_eq!(engine.figures().0, 0);
    engine.close();
    drop(engine);
    serving.join().unwrap();
}

/// Writes down what it is told, under each token.
#[derive(Default)]
struct Diary {
    told: Mutex<Vec<(u64, Event)>>,
}

impl Waiter for Diary {
    fn notify(&self, token: u64, event: &Event) {
        self.told.lock().push((token, event.clone()));
    }
    fn poll_interval(&self) -> Duration {
        Duration::ZERO
    }
    fn hears(&self, _: How) -> bool {
        true
    }
}

impl Diary {
    fn of(&self, token: u64) -> Vec<Event> {
        let told = self.told.lock();
        told.iter().filter(|(of, _)| *of == token).map(|(_, event)| event.clone()).collect()
    }

    /// How often the last word was told.
    fn ends(&self, token: u64) -> usize {
        self.of(token).iter().filter(|event| !matches!(event, Event::Unfinished { .. })).count()
    }

    fn wait(&self, tokens: impl Iterator<Item = u64>) {
        for token in tokens {
            while self.ends(token) == 0 {
                thread::yield_now();
            }
        }
    }
}

/// Catches: a first look taken for the last, though what was stored after it was pushed to nobody.
#[test]
fn one_waiter_for_many_is_told_of_each_once() {
    explore(2_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        for token in 0..4 {
            publish(&server, token, "SUCCESS", 1);
        }
        let diary = Arc::new(Diary::default());
        let waiter: Arc<dyn Waiter> = diary.clone();
        let worker = {
            let server = server.clone();
            thread::spawn(move || (4..MANY - 4).for_each(|token| publish(&server, token, "SUCCESS", 1)))
        };
        let ids: Vec<_> = (0..MANY).map(|token| (name(token), token)).collect();
        engine.watch_many(&ids, &waiter).unwrap();
        diary.wait(0..MANY - 4);
        engine.unwatch_many(&ids, &waiter);
        worker.join().unwrap();
        for token in 0..MANY {
            let ends = diary.ends(token);
            assert_eq!(ends, usize::from(token < MANY - 4));
        }
        settle(engine, &server, serving);
    });
}

/// Catches: an id that was looked at and is never watched; no read for who begins to wait for an id
/// that others wait for.
#[test]
fn those_who_leave_while_many_are_looked_at_leave_nothing_behind() {
    explore(2_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let (first, second) = (Arc::new(Diary::default()), Arc::new(Diary::default()));
        let worker = {
            let server = server.clone();
            thread::spawn(move || (0..MANY).for_each(|token| publish(&server, token, "SUCCESS", 1)))
        };
        let ids: Vec<_> = (0..MANY).map(|token| (name(token), token)).collect();
        let leaves = {
            let (engine, ids, waiter) = (engine.clone(), ids.clone(), first.clone() as Arc<dyn Waiter>);
            thread::spawn(move || {
                engine.watch_many(&ids, &waiter).unwrap();
                engine.unwatch_many(&ids, &waiter);
            })
        };
        let waiter: Arc<dyn Waiter> = second.clone();
        // Some of them one by one, which watches them at once.
        engine.watch(&ids[0].0, waiter.clone(), 0).unwrap();
        engine.watch_many(&ids[1..], &waiter).unwrap();
        second.wait(0..MANY);
        leaves.join().unwrap();
        worker.join().unwrap();
        settle(engine, &server, serving);
    });
}

/// Catches: an older answer told after a newer message; a newer answer told before an older message;
/// a message after a gap, or an answer, that does not say so.
#[test]
fn states_are_told_in_the_order_in_which_they_were_stored() {
    explore(10_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let diary = Arc::new(Diary::default());
        engine.watch(&name(0), diary.clone(), 0).unwrap();
        for number in 1..=3 {
            publish(&server, 0, "PROGRESS", number);
            // Each new wait reads.
            if choose(2) == 0 {
                engine.watch(&name(0), diary.clone(), u64::from(number)).unwrap();
            }
        }
        publish(&server, 0, "SUCCESS", 4);
        diary.wait(0..1);
        let (mut last, mut last_pushed) = (0, None);
        for event in diary.of(0) {
            let (record, how) = match &event {
                Event::Ready { record, how } => (Some(record), *how),
                Event::Unfinished { record, how } => (record.as_ref(), *how),
                Event::Failed(error) => panic!("{error:?}"),
            };
            let number = record.map_or(0, number);
            assert!(number >= last, "{:?}", diary.of(0));
            // Whoever hears of each that is pushed misses none, or is told so. The last word waits
            // for no message.
            let is_last = matches!(event, Event::Ready { .. });
            let missed = !is_last && last_pushed.is_some_and(|pushed| number > pushed + 1);
            assert!(!missed || how == How::AfterGap, "{:?}", diary.of(0));
            last = number;
            if how.is_news() {
                last_pushed = Some(number);
            }
        }
        settle(engine, &server, serving);
    });
}

#[derive(Clone)]
struct App(Engine);

impl Site for App {
    fn engine(&self) -> &Engine {
        &self.0
    }
}

fn items(tokens: std::ops::Range<u64>) -> Vec<Item<()>> {
    tokens.map(|key| Item { key, id: name(key), payload: () }).collect()
}

/// Catches: an event that wakes nobody, or comes twice, while the link breaks.
#[test]
fn a_queue_gives_each_event_to_one_caller() {
    explore(2_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let settings = QueueSettings { pollable: true, interval: Duration::from_secs(1), listener: None };
        let queue = Arc::new(Queue::new(settings).unwrap());
        queue.report_progress(choose(3));
        let taken = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicUsize::new(0));
        let callers = [1, 3].map(|max| {
            let (queue, taken, ended) = (queue.clone(), taken.clone(), ended.clone());
            thread::spawn(move || {
                loop {
                    match queue.next(max, Deadline::NEVER, None) {
                        Ok(events) => taken.lock().extend(events),
                        Err(error) => break assert_eq!(error.status(), Status::Wakeup),
                    }
                }
                ended.fetch_add(1, Ordering::Relaxed);
            })
        });
        let worker = {
            let server = server.clone();
            thread::spawn(move || {
                for token in 0..MANY {
                    publish(&server, token, "PROGRESS", 1);
                    publish(&server, token, "SUCCESS", 2);
                }
            })
        };
        let app = App(engine.clone());
        queue.add(&app, items(0..2)).unwrap();
        queue.add(&app, items(2..MANY)).unwrap();
        let removed = (3..6).filter(|key| queue.remove(*key) > 0).count();
        worker.join().unwrap();
        while queue.pending().items > 0 || !queue.is_empty() {
            thread::yield_now();
        }
        while ended.load(Ordering::Relaxed) < callers.len() {
            queue.wake();
            thread::yield_now();
        }
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        let taken = taken.lock();
        let finals = |key: u64| {
            let of_key = taken.iter().filter(|taken| taken.key == key);
            of_key.filter(|taken| matches!(taken.event, Event::Ready { .. })).count()
        };
        let (mut all, mut gone) = (0, 0);
        for key in 0..MANY {
            assert!(finals(key) <= 1);
            all += finals(key);
            gone += usize::from(finals(key) == 0);
        }
        assert!(gone <= removed && all + removed >= MANY as usize);
        drop(taken);
        drop(queue);
        settle(engine, &server, serving);
    });
}
