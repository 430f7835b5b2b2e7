//! Queues over an engine on a store in memory: what a caller sees, from any thread.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod adding;
mod bench;
mod bursts;
mod progress;
mod removing;
mod taking;
mod threads;

use super::*;
use crate::{
    backend,
    codec::{Codec, Limits},
    config::{Config, Options},
    engine::{CallOp, How},
    model::{Key, Stored},
    sys::{Cancel, Deadline, Log},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

#[derive(Clone)]
struct TestSite(Engine);

impl std::fmt::Debug for TestSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestSite")
    }
}

impl Site for TestSite {
    fn engine(&self) -> &Engine {
        &self.0
    }
}

fn site() -> TestSite {
    site_with(&Options::default())
}

fn site_with(options: &Options) -> TestSite {
    let config = Config::new("memory://", options).unwrap();
    let codec = Codec::new(Limits { payload: 1 << 20, depth: 100, ..Limits::default() });
    let log = Log::default();
    let engine = Engine::new(config.engine.clone(), codec, log.clone(), |driver, sink| {
        backend::open(&config, driver, log.clone(), sink)
    });
    TestSite(engine.unwrap())
}

fn store(site: &TestSite, id: &str, state: &str) {
    let record =
        Stored::new(format!("{{\"status\": \"{state}\", \"result\": 1, \"task_id\": \"{id}\"}}").as_bytes());
    let key = Key::Task(Id::from(id));
    site.0.call(CallOp::Store { key, record, may_replace: None, expires: None }).unwrap();
}

fn queue(listener: Option<Box<dyn Fn() + Send + Sync>>) -> Queue<TestSite, u32> {
    Queue::new(QueueSettings { pollable: true, interval: Duration::from_millis(500), listener }).unwrap()
}

fn add(queue: &Queue<TestSite, u32>, site: &TestSite, ids: impl IntoIterator<Item = (u64, String)>) {
    let items = ids.into_iter().map(|(key, id)| Item { key, id: id.into(), payload: 0 }).collect();
    queue.add(site, items).unwrap();
}

/// The number of events, where the descriptor, the length and what can be taken agree.
fn length(queue: &Queue<TestSite, u32>) -> usize {
    assert_eq!(is_readable(queue), !queue.is_empty());
    queue.len()
}

fn is_readable<T: Clone + Send + Sync>(queue: &Queue<TestSite, T>) -> bool {
    // What /proc tells of an eventfd is its counter, without a poll of our own.
    let fd = queue.fd().unwrap();
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
    let count = info.lines().find_map(|line| line.strip_prefix("eventfd-count:")).unwrap();
    u64::from_str_radix(count.trim(), 16).unwrap() > 0
}

fn keys(taken: &[Taken<TestSite, u32>]) -> Vec<u64> {
    taken.iter().map(|taken| taken.key).collect()
}

fn now() -> Deadline {
    Deadline::at(Instant::now())
}

#[test]
fn events_come_in_order_once_each_and_the_descriptor_is_level() {
    let (site, queue) = (site(), queue(None));
    store(&site, "b", "SUCCESS");
    add(&queue, &site, [(1, "a".into()), (2, "b".into()), (3, "a".into()), (3, "a".into())]);
    assert_eq!((length(&queue), queue.pending()), (1, Pending { items: 3, unseen: 0 }));
    store(&site, "a", "FAILURE");
    store(&site, "a", "SUCCESS");
    assert_eq!((length(&queue), queue.pending().items), (4, 0));
    let taken = queue.next(3, now(), None).unwrap();
    assert_eq!((keys(&taken), length(&queue)), (vec![2, 1, 3], 1));
    assert!(
        matches!(&taken[1].event, Event::Ready { record, .. } if record.bytes().starts_with(b"{\"status\": \"FAILURE"))
    );
    assert_eq!((keys(&queue.take(9)), length(&queue)), (vec![3], 0));
    assert_eq!(queue.next(1, now(), None).unwrap_err().status(), Status::Timeout);
    assert_eq!(queue.next(0, now(), None).unwrap_err().status(), Status::InvalidArgument);
}

#[test]
fn what_is_removed_is_never_heard_of_again() {
    let (site, queue) = (site(), queue(None));
    add(&queue, &site, (0..200).map(|number| (number % 10, number.to_string())));
    for number in 0..100 {
        store(&site, &number.to_string(), "SUCCESS");
    }
    assert_eq!(length(&queue), 100);
    for key in 0..9 {
        assert_eq!(queue.remove(key), 20);
    }
    assert_eq!(queue.remove(3), 0);
    assert_eq!((length(&queue), queue.pending().items, site.0.figures().0), (10, 10, 10));
    for number in 100..200 {
        store(&site, &number.to_string(), "SUCCESS");
    }
    assert_eq!(keys(&queue.take(100)), [9; 20]);
    assert_eq!((length(&queue), site.0.figures().0), (0, 0));
}

#[test]
fn intermediate_states_are_kept_to_the_newest_and_the_final_one_comes_last() {
    let (site, queue) = (site(), queue(None));
    let seen = |queue: &Queue<TestSite, u32>| -> Vec<String> {
        let state = |record: &Stored| {
            String::from_utf8_lossy(record.bytes()).split('"').nth(3).unwrap_or_default().to_owned()
        };
        let each = queue.take(100).into_iter().map(|taken| match taken.event {
            Event::Unfinished { record, .. } => record.as_ref().map(state).unwrap_or_default(),
            Event::Ready { record, .. } => format!("final {}", state(&record)),
            Event::Failed(_) => "failed".to_owned(),
        });
        each.collect()
    };
    add(&queue, &site, [(1, "silent".into())]);
    store(&site, "silent", "A");
    assert_eq!(length(&queue), 0);
    queue.report_progress(1);
    store(&site, "a", "FIRST");
    add(&queue, &site, [(1, "a".into())]);
    assert_eq!(seen(&queue), ["FIRST"], "the state at the beginning is reported");
    for state in ["A", "B", "C"] {
        store(&site, "a", state);
    }
    assert_eq!(length(&queue), 1);
    assert_eq!(seen(&queue), ["C"]);
    queue.report_progress(2);
    for state in ["D", "E", "F", "SUCCESS"] {
        store(&site, "a", state);
    }
    assert_eq!(length(&queue), 3);
    assert_eq!(seen(&queue), ["E", "F", "final SUCCESS"]);
    assert_eq!(length(&queue), 0);
}

#[test]
fn what_a_read_found_is_not_told_again_by_its_own_message() {
    let (site, queue) = (site(), queue(None));
    queue.report_progress(9);
    add(&queue, &site, [(1, "a".into())]);
    let core = &queue.core;
    let token = core.with(|state| state.waits(1))[0].1[0].1;
    let tell = |text: &str, how: How| {
        let record = Some(Stored::new(text.as_bytes()));
        core.notify(token, &Event::Unfinished { record, how });
        queue.take(9).len()
    };
    assert_eq!(tell("1", How::Read), 1);
    assert_eq!(tell("1", How::Pushed), 0, "the message of what was read");
    assert_eq!(tell("1", How::Pushed), 1, "a state that was stored again");
    assert_eq!(tell("1", How::Read), 0, "a sweep");
    assert_eq!(tell("1", How::AfterGap), 1, "something may have come between");
    assert_eq!(tell("1", How::Pushed), 0);
    assert_eq!(tell("2", How::Read), 1, "a message was lost");
}

#[test]
fn a_wake_is_kept_and_given_once() {
    let (site, queue) = (site(), queue(None));
    store(&site, "a", "SUCCESS");
    queue.wake();
    queue.wake();
    assert_eq!(length(&queue), 0, "it is no event");
    add(&queue, &site, [(1, "a".into())]);
    assert_eq!(queue.next(1, Deadline::NEVER, None).unwrap_err().status(), Status::Wakeup);
    assert_eq!(queue.next(1, Deadline::NEVER, None).unwrap().len(), 1);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| queue.next(1, Deadline::NEVER, None).unwrap_err().status());
        queue.wake();
        assert_eq!(blocked.join().unwrap(), Status::Wakeup);
    });
}

#[test]
fn a_cancelled_caller_returns_and_a_deadline_is_never_early() {
    let queue = queue(None);
    let cancel = Cancel::new().unwrap();
    let begun = Instant::now();
    let soon = Duration::from_millis(20);
    for token in [None, Some(&cancel)] {
        let end = queue.next(1, Deadline::after(Some(soon)), token).unwrap_err().status();
        assert_eq!(end, Status::Timeout);
    }
    assert!(begun.elapsed() >= soon * 2);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| queue.next(1, Deadline::NEVER, Some(&cancel)).unwrap_err().status());
        cancel.trigger();
        assert_eq!(blocked.join().unwrap(), Status::Cancelled);
    });
}

#[test]
fn many_callers_take_each_event_once_and_none_sleeps_on() {
    const EACH: usize = 2_000;
    let (site, queue) = (site(), queue(None));
    let taken = AtomicUsize::new(0);
    let cancel = Cancel::new().unwrap();
    add(&queue, &site, (0..EACH as u64 * 2).map(|number| (number, number.to_string())));
    thread::scope(|scope| {
        for with_token in [true, false, true, false] {
            let (queue, taken, cancel) = (&queue, &taken, &cancel);
            scope.spawn(move || {
                while taken.load(Ordering::SeqCst) < EACH * 2 {
                    let stop = with_token.then_some(cancel);
                    match queue.next(3, Deadline::NEVER, stop) {
                        Ok(events) => {
                            let all = taken.fetch_add(events.len(), Ordering::SeqCst) + events.len();
                            if all == EACH * 2 {
                                (0..4).for_each(|_| queue.wake());
                                cancel.trigger();
                            }
                        }
                        Err(error) => assert_ne!(error.status(), Status::Timeout),
                    }
                    if taken.load(Ordering::SeqCst) == EACH * 2 {
                        queue.wake();
                    }
                }
            });
        }
        for half in 0..2 {
            let site = &site;
            scope.spawn(move || {
                for number in 0..EACH {
                    store(site, &(half * EACH + number).to_string(), "SUCCESS");
                }
            });
        }
    });
    assert_eq!((taken.load(Ordering::SeqCst), length(&queue)), (EACH * 2, 0));
}

#[test]
fn the_listener_hears_when_the_queue_stops_being_empty() {
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heard);
    let queue = queue(Some(Box::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    })));
    let site = site();
    add(&queue, &site, [(1, "a".into()), (2, "b".into())]);
    store(&site, "a", "SUCCESS");
    store(&site, "b", "SUCCESS");
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    queue.take(9);
    let held = queue.hold(3, 7).unwrap();
    queue.complete(held, &Event::Failed(Error::new(Status::Closed, "over")));
    queue.complete(held, &Event::Failed(Error::new(Status::Closed, "again")));
    assert_eq!(heard.load(Ordering::SeqCst), 2);
    let taken = queue.take(9);
    assert_eq!((taken.len(), taken[0].payload, taken[0].id.is_none()), (1, 7, true));
}

#[test]
fn a_closed_engine_gives_one_event_per_id_and_refuses_more() {
    let (first, second, queue) = (site(), site(), queue(None));
    add(&queue, &first, (0..1_000).map(|number| (number, number.to_string())));
    add(&queue, &second, [(7_000, "x".into())]);
    first.0.close();
    let taken = queue.take(usize::MAX);
    assert_eq!(taken.len(), 1_000);
    assert!(
        taken
            .iter()
            .all(|taken| matches!(&taken.event, Event::Failed(error) if error.status() == Status::Closed))
    );
    let item = Item { key: 1, id: "a".into(), payload: 0 };
    assert_eq!(queue.add(&first, vec![item]).unwrap_err().status(), Status::Closed);
    assert_eq!(queue.pending().items, 1);
    store(&second, "x", "SUCCESS");
    assert_eq!(keys(&queue.take(9)), [7_000]);
}

#[test]
fn all_are_added_or_none() {
    let mut options = Options::default();
    options.set("max_subscriptions", "100").unwrap();
    let (site, queue) = (site_with(&options), queue(None));
    let items = (0..101).map(|number| Item { key: number, id: number.to_string().into(), payload: 0 });
    assert_eq!(queue.add(&site, items.collect()).unwrap_err().status(), Status::Limit);
    assert_eq!((queue.pending(), site.0.figures().0), (Pending::default(), 0));
    add(&queue, &site, (0..100).map(|number| (number, number.to_string())));
    drop(queue);
    assert_eq!(site.0.figures().0, 0);
}
