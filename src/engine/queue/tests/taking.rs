//! Waiting for events on one thread, and what ends it.

use super::{bench::*, *};
use crate::sys::{Cancel, ThreadRole, Worker, fork::Generation};
use std::sync::mpsc::channel;

#[test]
fn a_deadline_is_never_early() {
    let bench = Bench::new();
    let cancel = Cancel::new().unwrap();
    for token in [None, Some(&cancel)] {
        for micros in [1, 50, 900, 1_100, 20_000] {
            let begun = Instant::now();
            let until = Deadline::after(Some(Duration::from_micros(micros)));
            assert_eq!(status(bench.queue.next(1, until, token)), Status::Timeout);
            assert!(begun.elapsed() >= Duration::from_micros(micros));
        }
    }
}

#[test]
fn events_that_are_there_are_taken_also_after_the_deadline() {
    let bench = Bench::new();
    for key in 0..3 {
        let token = bench.hold(key);
        bench.tell(token, &ready("x"));
    }
    assert_eq!(bench.queue.next(2, now(), None).unwrap().len(), 2);
    bench.check_level();
    assert_eq!(bench.queue.next(2, now(), None).unwrap().len(), 1);
    bench.check_level();
}

#[test]
fn a_batch_may_be_larger_than_a_slice() {
    let bench = Bench::new();
    for key in 0..10_000 {
        let token = bench.hold(key);
        bench.tell(token, &ready("x"));
    }
    assert_eq!(bench.queue.next(7_000, now(), None).unwrap().len(), 7_000);
    assert_eq!(bench.queue.next(usize::MAX, now(), None).unwrap().len(), 3_000);
}

#[test]
fn a_wake_up_is_sticky_and_given_once() {
    let bench = Bench::new();
    bench.queue.wake();
    bench.queue.wake();
    bench.check_level();
    assert_eq!(bench.queue.len(), 0);
    assert_eq!(status(bench.queue.next(1, Deadline::NEVER, None)), Status::Wakeup);
    assert_eq!(status(bench.queue.next(1, now(), None)), Status::Timeout);
    // Before events, which stay; and not given to whoever just takes.
    let token = bench.hold(1);
    bench.tell(token, &ready("x"));
    bench.queue.wake();
    assert_eq!(status(bench.queue.next(1, now(), None)), Status::Wakeup);
    bench.queue.wake();
    assert_eq!(bench.all(), ["1 ready x"]);
    assert_eq!(status(bench.queue.next(1, now(), None)), Status::Wakeup);
}

#[test]
fn a_triggered_token_ends_every_wait() {
    let bench = Bench::new();
    let cancel = Cancel::new().unwrap();
    cancel.trigger();
    assert_eq!(status(bench.queue.next(1, Deadline::NEVER, Some(&cancel))), Status::Cancelled);
    let token = bench.hold(1);
    bench.tell(token, &ready("x"));
    bench.queue.wake();
    assert_eq!(status(bench.queue.next(1, now(), Some(&cancel))), Status::Wakeup);
    assert_eq!(bench.queue.next(1, now(), Some(&cancel)).unwrap().len(), 1, "what is there is given");
    assert_eq!(status(bench.queue.next(1, now(), Some(&cancel))), Status::Cancelled);
    cancel.reset();
    assert_eq!(status(bench.queue.next(1, now(), Some(&cancel))), Status::Timeout);
}

#[test]
fn a_thread_of_the_library_takes_what_is_there_and_never_blocks() {
    for role in [ThreadRole::Engine, ThreadRole::Callback] {
        let bench = Bench::new();
        let token = bench.hold(1);
        bench.tell(token, &ready("x"));
        let (sender, receiver) = channel();
        let worker = Arc::new(Worker::default());
        let on_it = move || {
            let first = bench.queue.next(9, Deadline::NEVER, None).map(|taken| taken.len());
            let looked = status(bench.queue.next(9, now(), None));
            let blocked = status(bench.queue.next(9, Deadline::NEVER, None));
            sender.send((first.unwrap(), looked, blocked)).unwrap();
        };
        worker.start("test", role, on_it).unwrap();
        assert_eq!(receiver.recv().unwrap(), (1, Status::Timeout, Status::Recursive));
        assert!(worker.join(Deadline::NEVER));
    }
}

/// Dropped where it should not be, it makes the test fail.
#[derive(Clone)]
struct Precious(Arc<()>);

#[test]
fn a_queue_from_before_a_fork_is_left_alone() {
    let settings = QueueSettings { pollable: true, interval: Duration::ZERO, listener: None };
    let mut queue: Queue<TestSite, Precious> = Queue::new(settings).unwrap();
    let precious = Precious(Arc::new(()));
    let held = queue.hold(1, precious.clone()).unwrap();
    let other = queue.hold(2, precious.clone()).unwrap();
    queue.complete(held, &ready("x"));
    Arc::get_mut(&mut queue.core).unwrap().born = Generation::stale();
    assert!(queue.is_forked());
    assert_eq!(status(queue.next(1, now(), None)), Status::Forked);
    assert_eq!(status(queue.hold(1, precious.clone())), Status::Forked);
    assert_eq!(status(queue.add(&site(), Vec::new())), Status::Forked);
    // Whoever held the lock does not exist in the child.
    let there = Arc::clone(&queue.core);
    let lock = there.lock();
    queue.complete(other, &ready("y"));
    queue.report_progress(9);
    queue.wake();
    queue.read_again(9);
    assert_eq!((queue.len(), queue.remove(1), queue.fd()), (0, 0, None));
    assert!(queue.is_empty() && queue.take(9).is_empty() && queue.first_absent().is_none());
    assert_eq!(queue.pending(), Pending::default());
    drop(lock);
    drop(queue);
    assert_eq!((there.lock().len(), Arc::strong_count(&precious.0)), (1, 3));
    assert_eq!(Arc::strong_count(&there), 2, "one is leaked");
}

#[test]
fn a_token_from_before_a_fork_cannot_be_waited_with() {
    let bench = Bench::new();
    let cancel = Cancel::of_parent().unwrap();
    assert_eq!(status(bench.queue.next(1, now(), Some(&cancel))), Status::Forked);
}

#[test]
fn a_descriptor_that_is_asked_for_late_tells_of_what_is_there() {
    for events in [0, 1, 2] {
        let bench = Bench::unpolled();
        for key in 0..events {
            let token = bench.hold(key);
            bench.tell(token, &ready("x"));
        }
        bench.check_level();
        assert_eq!(bench.all().len() as u64, events);
        let token = bench.hold(9);
        bench.tell(token, &ready("y"));
        assert_eq!(bench.all(), ["9 ready y"]);
    }
}
