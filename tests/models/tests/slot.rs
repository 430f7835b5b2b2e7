//! A thread that waits in `Engine::wait` against everything that can end its wait. loom finds a
//! lost wake-up as a deadlock. Each model says which mistakes in the sources it catches.

use celery_result_models::{
    bench::{SmallStore, number, record, request, wait},
    checker::{explore, thread},
    engine::{Engine, Event, Hooks, WaitRequest, Waiter},
    model::{Result, Status, Stored},
    sys::Cancel,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Nothing is left behind: nobody waits, nothing is watched.
fn settled(engine: &Engine, store: &SmallStore) {
    assert_eq!((store.watched(), engine.figures().0), (0, 0));
}

fn publish(store: &Arc<SmallStore>, state: &'static str, number: u32) -> thread::JoinHandle<()> {
    let store = store.clone();
    thread::spawn(move || store.publish("a", record("a", state, number)))
}

fn trigger(cancel: &Cancel) -> thread::JoinHandle<()> {
    let cancel = cancel.clone();
    thread::spawn(move || cancel.trigger())
}

fn ends_well_or_cancelled(end: Result<Stored>) -> bool {
    end.map(|found| assert_eq!(number(&found), 1))
        .map_err(|error| assert_eq!(error.status(), Status::Cancelled))
        .is_ok()
}

/// Catches: a watch sent after the read it belongs to; a slot that wakes its thread before it has
/// written down what it was told; a sender that does not look into the outbox again.
#[test]
fn a_record_that_is_stored_meanwhile_ends_the_wait() {
    explore(4, || {
        let (engine, store) = SmallStore::open();
        let worker = publish(&store, "SUCCESS", 1);
        assert_eq!(number(&wait(&engine, "a", None).unwrap()), 1);
        worker.join().unwrap();
        settled(&engine, &store);
    });
}

/// Catches: a token that raises its descriptor before it sets its flag; a descriptor that is
/// cleared before it is polled; an unwatch that is decided and not sent.
#[test]
fn cancelling_ends_the_wait() {
    explore(4, || {
        let (engine, store) = SmallStore::open();
        let cancel = Cancel::new().unwrap();
        let canceller = trigger(&cancel);
        assert_eq!(wait(&engine, "a", Some(&cancel)).unwrap_err().status(), Status::Cancelled);
        canceller.join().unwrap();
        settled(&engine, &store);
    });
}

/// Catches: a wake-up by the condition variable where the thread sleeps on descriptors.
#[test]
fn a_token_that_nobody_triggers_swallows_nothing() {
    explore(4, || {
        let (engine, store) = SmallStore::open();
        let cancel = Cancel::new().unwrap();
        let worker = publish(&store, "SUCCESS", 1);
        assert_eq!(number(&wait(&engine, "a", Some(&cancel)).unwrap()), 1);
        worker.join().unwrap();
        settled(&engine, &store);
    });
}

/// Catches: two senders at one time, whose operations overtake each other.
#[test]
fn a_wait_ends_by_the_record_or_by_the_token_and_the_next_one_by_the_record() {
    explore(3, || {
        let (engine, store) = SmallStore::open_prompt();
        let cancel = Cancel::new().unwrap();
        let (worker, canceller) = (publish(&store, "SUCCESS", 1), trigger(&cancel));
        if !ends_well_or_cancelled(wait(&engine, "a", Some(&cancel))) {
            // The same thread wakes by the same descriptor.
            let another = Cancel::new().unwrap();
            assert_eq!(number(&wait(&engine, "a", Some(&another)).unwrap()), 1);
        }
        worker.join().unwrap();
        canceller.join().unwrap();
        settled(&engine, &store);
    });
}

/// Catches: a close that tells only those it finds, or nobody.
#[test]
fn closing_ends_the_wait() {
    explore(4, || {
        let (engine, store) = SmallStore::open();
        let closer = thread::spawn({
            let engine = engine.clone();
            move || engine.close()
        });
        assert_eq!(wait(&engine, "a", None).unwrap_err().status(), Status::Closed);
        closer.join().unwrap();
        settled(&engine, &store);
    });
}

/// Keeps what it is handed.
#[derive(Default)]
struct Heard {
    messages: Vec<u32>,
    others: Vec<usize>,
}

impl Hooks for Heard {
    fn wants_messages(&self) -> bool {
        true
    }
    fn wants_intervals(&self) -> bool {
        false
    }
    fn message(&mut self, record: Stored) {
        self.messages.push(number(&record));
    }
    fn interval(&mut self) {}
    fn other_ready(&mut self, index: usize, _: Stored) {
        self.others.push(index);
    }
    fn others_looked_at(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Catches: a final record that goes before the messages it came after; a message kept twice.
#[test]
fn messages_come_in_order_and_the_final_one_once() {
    static BOTH_CAME: AtomicBool = AtomicBool::new(false);
    explore(3, || {
        let (engine, store) = SmallStore::open();
        let worker = thread::spawn({
            let store = store.clone();
            move || {
                store.publish("a", record("a", "PROGRESS", 1));
                store.publish("a", record("a", "SUCCESS", 2));
            }
        });
        let mut heard = Heard::default();
        assert_eq!(number(&engine.wait(&request(&"a".into()), &mut heard).unwrap()), 2);
        assert!([&[][..], &[1], &[2], &[1, 2]].contains(&&*heard.messages), "{:?}", heard.messages);
        BOTH_CAME.fetch_or(heard.messages.len() == 2, Ordering::Relaxed);
        worker.join().unwrap();
        settled(&engine, &store);
    });
    assert!(BOTH_CAME.load(Ordering::Relaxed));
}

/// Catches: a wait that ends by its own record while another one is not known.
#[test]
fn other_tasks_are_looked_at_before_the_wait_ends() {
    explore(2, || {
        let (engine, store) = SmallStore::open();
        store.publish("parent", record("parent", "SUCCESS", 7));
        let worker = publish(&store, "SUCCESS", 1);
        let mut heard = Heard::default();
        let (id, others) = ("a".into(), ["parent".into()]);
        let request = WaitRequest { others: &others, ..request(&id) };
        assert_eq!(number(&engine.wait(&request, &mut heard).unwrap()), 1);
        assert_eq!(heard.others, [0]);
        worker.join().unwrap();
        settled(&engine, &store);
    });
}

/// Catches: a final record told to the first of several.
#[test]
fn two_who_wait_for_one_task_are_both_told() {
    explore(3, || {
        let (engine, store) = SmallStore::open();
        let other = thread::spawn({
            let engine = engine.clone();
            move || number(&wait(&engine, "a", None).unwrap())
        });
        store.publish("a", record("a", "SUCCESS", 1));
        assert_eq!(number(&wait(&engine, "a", None).unwrap()), 1);
        assert_eq!(other.join().unwrap(), 1);
        settled(&engine, &store);
    });
}

/// Waits for nothing in particular.
struct Indifferent;

impl Waiter for Indifferent {
    fn notify(&self, _: u64, _: &Event) {}
    fn poll_interval(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// Catches: a watch released when one of several leaves; an unwatch that overtakes the watch
/// after it.
#[test]
fn one_who_leaves_does_not_take_the_watch_of_one_who_comes() {
    explore(3, || {
        let (engine, store) = SmallStore::open_prompt();
        let waiter: Arc<dyn Waiter> = Arc::new(Indifferent);
        engine.watch(&"a".into(), waiter.clone(), 0).unwrap();
        let leaver = thread::spawn({
            let engine = engine.clone();
            move || engine.unwatch(&"a".into(), &waiter, 0)
        });
        let worker = publish(&store, "SUCCESS", 1);
        assert_eq!(number(&wait(&engine, "a", None).unwrap()), 1);
        leaver.join().unwrap();
        worker.join().unwrap();
        settled(&engine, &store);
    });
}
