//! The completion queue against those who add, complete, remove, take, wake and cancel at one time.
//! loom finds a lost wake-up as a deadlock. Each model says which mistakes in the sources it
//! catches.

use celery_result_models::{
    bench::{SmallStore, number, record},
    checker::{explore, thread},
    engine::{Engine, Event, Item, Queue, QueueSettings, Site},
    model::{Error, Status},
    sys::{Cancel, Deadline, is_readable},
};
use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[derive(Clone)]
struct App(Engine);

impl Site for App {
    fn engine(&self) -> &Engine {
        &self.0
    }
}

type AppQueue = Queue<App, ()>;

fn queue() -> Arc<AppQueue> {
    queue_with(None)
}

fn queue_with(listener: Option<Box<dyn Fn() + Send + Sync>>) -> Arc<AppQueue> {
    let settings = QueueSettings { pollable: true, interval: Duration::from_secs(1), listener };
    let queue = Queue::new(settings).unwrap();
    // From the beginning, as a poll loop asks for it: before that it is not kept.
    assert!(queue.fd().is_some());
    Arc::new(queue)
}

fn over() -> Event {
    Event::Failed(Error::new(Status::Closed, "over"))
}

fn add(queue: &AppQueue, engine: &Engine, key: u64, id: &str) {
    queue.add(&App(engine.clone()), vec![Item { key, id: id.into(), payload: () }]).unwrap();
}

/// Takes one event, waiting for it as long as it takes.
fn next(queue: &AppQueue, cancel: Option<&Cancel>) -> Result<u64, Status> {
    let taken = queue.next(1, Deadline::NEVER, cancel).map_err(|error| error.status())?;
    assert_eq!(taken.len(), 1);
    Ok(taken[0].key)
}

fn spawn<R: Send + 'static>(
    queue: &Arc<AppQueue>,
    work: impl FnOnce(&AppQueue) -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    let queue = queue.clone();
    thread::spawn(move || work(&queue))
}

/// Nothing happens any more: the descriptor tells whether there is an event.
fn level(queue: &AppQueue) -> usize {
    let len = queue.len();
    assert_eq!(is_readable(queue.fd().unwrap()), len > 0);
    len
}

/// Catches: a descriptor that is not lowered, or changed after the lock; a caller that is woken before its flag is set, or goes to sleep without another look.
#[test]
fn a_blocked_caller_is_woken() {
    explore(4, || {
        let queue = queue();
        let held = queue.hold(1, ()).unwrap();
        let producer = spawn(&queue, move |queue| queue.complete(held, &over()));
        assert_eq!(next(&queue, None), Ok(1));
        producer.join().unwrap();
        assert_eq!(level(&queue), 0);
    });
}

/// Catches: the same on descriptors.
#[test]
fn a_blocked_caller_with_a_token_is_woken() {
    explore(4, || {
        let (queue, cancel) = (queue(), Cancel::new().unwrap());
        let held = queue.hold(1, ()).unwrap();
        let producer = spawn(&queue, move |queue| queue.complete(held, &over()));
        assert_eq!(next(&queue, Some(&cancel)), Ok(1));
        producer.join().unwrap();
        assert_eq!(level(&queue), 0);
    });
}

/// Catches: one wake-up for several events that nobody passes on.
#[test]
fn two_blocked_callers_are_both_woken() {
    explore(3, || {
        let queue = queue();
        let (first, second) = (queue.hold(1, ()).unwrap(), queue.hold(2, ()).unwrap());
        let other = spawn(&queue, |queue| next(queue, None).unwrap());
        let producer = spawn(&queue, move |queue| {
            queue.complete(first, &over());
            queue.complete(second, &over());
        });
        let mut got = [next(&queue, None).unwrap(), other.join().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        producer.join().unwrap();
        assert_eq!(level(&queue), 0);
    });
}

/// Catches: the same for events that come together, of which one caller is woken.
#[test]
fn what_was_added_at_once_frees_as_many_callers() {
    explore(3, || {
        let ((engine, store), queue) = (SmallStore::open_prompt(), queue());
        store.publish("a", record("a", "SUCCESS", 1));
        store.publish("b", record("b", "SUCCESS", 2));
        let callers = [0, 1].map(|_| spawn(&queue, |queue| next(queue, None).unwrap()));
        let item = |(key, id): (u64, &str)| Item { key, id: id.into(), payload: () };
        queue.add(&App(engine.clone()), [(1, "a"), (2, "b")].map(item).into()).unwrap();
        let mut got = callers.map(|caller| caller.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        assert_eq!((store.watched(), engine.figures().0, level(&queue)), (0, 0, 0));
    });
}

/// Catches: a cancelled caller that neither takes what it was woken for nor passes it on, or that
/// stays on the list of the blocked.
#[test]
fn one_who_leaves_passes_on_what_it_was_woken_for() {
    explore(3, || {
        let (queue, cancel) = (queue(), Cancel::new().unwrap());
        let held = queue.hold(1, ()).unwrap();
        let other = spawn(&queue, |queue| next(queue, None).unwrap());
        let producer = spawn(&queue, move |queue| queue.complete(held, &over()));
        let canceller = {
            let cancel = cancel.clone();
            thread::spawn(move || cancel.trigger())
        };
        match next(&queue, Some(&cancel)) {
            // Another one for the other caller.
            Ok(key) => {
                assert_eq!(key, 1);
                let held = queue.hold(2, ()).unwrap();
                queue.complete(held, &over());
                assert_eq!(other.join().unwrap(), 2);
            }
            Err(status) => {
                assert_eq!(status, Status::Cancelled);
                assert_eq!(other.join().unwrap(), 1);
            }
        }
        producer.join().unwrap();
        canceller.join().unwrap();
        assert_eq!(level(&queue), 0);
    });
}

/// Catches: a wake-up that is forgotten where nobody is blocked, or that is given twice.
#[test]
fn a_wake_and_an_event_free_one_caller_each() {
    explore(3, || {
        let queue = queue();
        let held = queue.hold(1, ()).unwrap();
        let other = spawn(&queue, |queue| next(queue, None));
        let waker = spawn(&queue, Queue::wake);
        let producer = spawn(&queue, move |queue| queue.complete(held, &over()));
        let got = [next(&queue, None), other.join().unwrap()];
        assert!(got.contains(&Ok(1)) && got.contains(&Err(Status::Wakeup)), "{got:?}");
        waker.join().unwrap();
        producer.join().unwrap();
        assert_eq!(level(&queue), 0);
    });
}

/// Catches: a descriptor that is lowered while an event is left.
#[test]
fn the_descriptor_is_level() {
    explore(4, || {
        let queue = queue();
        let held = [1, 2, 3].map(|key| queue.hold(key, ()).unwrap());
        let producer = spawn(&queue, move |queue| held.map(|held| queue.complete(held, &over())));
        let remover = spawn(&queue, |queue| queue.remove(2));
        let taken = queue.take(1).len();
        producer.join().unwrap();
        assert_eq!(remover.join().unwrap() + taken + level(&queue), 3);
    });
}

/// Catches: an event of an item that was removed; a descriptor that a removal leaves raised.
#[test]
fn what_was_removed_is_not_heard_of_and_not_watched() {
    explore(3, || {
        let ((engine, store), queue) = (SmallStore::open(), queue());
        add(&queue, &engine, 1, "a");
        let worker = {
            let store = store.clone();
            thread::spawn(move || store.publish("a", record("a", "SUCCESS", 1)))
        };
        assert_eq!(queue.remove(1), 1);
        assert!(queue.take(9).is_empty());
        worker.join().unwrap();
        assert_eq!((store.watched(), engine.figures().0), (0, 0));
        assert_eq!((level(&queue), queue.pending().items), (0, 0));
    });
}

/// Catches: a removal that comes between keeping an item and watching its id, and so ends nothing.
#[test]
fn what_is_removed_while_it_is_added_is_not_watched() {
    explore(3, || {
        let ((engine, store), queue) = (SmallStore::open_prompt(), queue());
        let adder = {
            let engine = engine.clone();
            spawn(&queue, move |queue| add(queue, &engine, 1, "a"))
        };
        let removed = queue.remove(1);
        adder.join().unwrap();
        assert_eq!(queue.pending().items, 1 - removed);
        assert_eq!((store.watched(), engine.figures().0), (1 - removed, 1 - removed as u64));
    });
}

/// Catches: an item that ends twice.
#[test]
fn what_two_complete_ends_once() {
    explore(4, || {
        let queue = queue();
        let held = queue.hold(1, ()).unwrap();
        let other = spawn(&queue, move |queue| queue.complete(held, &over()));
        queue.complete(held, &over());
        other.join().unwrap();
        assert_eq!((level(&queue), queue.take(9).len(), level(&queue)), (1, 1, 0));
    });
}

/// Catches: an app that ends without telling the queue, or that takes an id when it has ended.
#[test]
fn an_app_that_ends_gives_each_item_its_end() {
    explore(2, || {
        let ((engine, store), queue) = (SmallStore::open(), queue());
        add(&queue, &engine, 1, "a");
        let closer = {
            let engine = engine.clone();
            thread::spawn(move || engine.close())
        };
        let adder = {
            let engine = engine.clone();
            // The same id, as the order among several is no choice of loom's.
            let item = Item { key: 2, id: "a".into(), payload: () };
            spawn(&queue, move |queue| queue.add(&App(engine), vec![item]).is_ok())
        };
        let mut keys = vec![next(&queue, None).unwrap()];
        closer.join().unwrap();
        if adder.join().unwrap() {
            keys.push(next(&queue, None).unwrap());
        }
        keys.sort_unstable();
        assert!(keys == [1] || keys == [1, 2], "{keys:?}");
        assert_eq!((store.watched(), engine.figures().0, level(&queue)), (0, 0, 0));
    });
}

/// Catches: a queue that is dropped and still waits.
#[test]
fn a_queue_that_goes_leaves_nothing_behind() {
    explore(3, || {
        let ((engine, store), queue) = (SmallStore::open(), queue());
        add(&queue, &engine, 1, "a");
        let worker = {
            let store = store.clone();
            thread::spawn(move || store.publish("a", record("a", "PROGRESS", 1)))
        };
        drop(queue);
        worker.join().unwrap();
        assert_eq!((store.watched(), engine.figures().0), (0, 0));
    });
}

/// Catches: a listener called before the event is there, or not for every time that the queue stops
/// being empty.
#[test]
fn whoever_empties_the_queue_when_the_listener_calls_gets_everything() {
    explore(3, || {
        let taken = Arc::new(AtomicUsize::new(0));
        let drained: Arc<OnceLock<Weak<AppQueue>>> = Arc::default();
        let listener = {
            let (drained, taken) = (drained.clone(), taken.clone());
            move || {
                if let Some(queue) = drained.get().and_then(Weak::upgrade) {
                    taken.fetch_add(queue.take(9).len(), Ordering::Relaxed);
                }
            }
        };
        let queue = queue_with(Some(Box::new(listener)));
        drained.set(Arc::downgrade(&queue)).unwrap();
        let (first, second) = (queue.hold(1, ()).unwrap(), queue.hold(2, ()).unwrap());
        let producer = spawn(&queue, move |queue| queue.complete(first, &over()));
        queue.complete(second, &over());
        producer.join().unwrap();
        assert_eq!((taken.load(Ordering::Relaxed), level(&queue)), (2, 0));
    });
}

/// Catches: a final event that overtakes; a state told by the read and again by its message.
#[test]
fn intermediate_states_come_in_order_before_the_final_one() {
    explore(3, || {
        let ((engine, store), queue) = (SmallStore::open_prompt(), queue());
        queue.report_progress(1);
        let worker = {
            let store = store.clone();
            thread::spawn(move || {
                store.publish("a", record("a", "PROGRESS", 1));
                store.publish("a", record("a", "PROGRESS", 2));
                store.publish("a", record("a", "SUCCESS", 3));
            })
        };
        add(&queue, &engine, 1, "a");
        let mut seen = Vec::new();
        while seen.last() != Some(&3) {
            for taken in queue.next(2, Deadline::NEVER, None).unwrap() {
                seen.push(match taken.event {
                    Event::Ready { record, .. } | Event::Unfinished { record: Some(record), .. } => {
                        number(&record)
                    }
                    other => panic!("{other:?}"),
                });
            }
        }
        assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
        worker.join().unwrap();
        assert_eq!((store.watched(), engine.figures().0, level(&queue)), (0, 0, 0));
    });
}
