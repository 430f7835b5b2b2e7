//! Beginning to wait: over engines, so that reads and stores are the real ones.

use super::{bench::*, *};
use crate::engine::queue::Held;

#[test]
fn what_is_stored_later_is_an_event() {
    let bench = Bench::new();
    bench.add(1, "a");
    bench.add(2, "b");
    assert_eq!((bench.counts(), bench.heard()), ((2, 0), 0), "memory is looked at at once");
    bench.check_level();
    store(&bench.site, "b", "SUCCESS");
    bench.check_level();
    store(&bench.site, "a", "FAILURE");
    assert_eq!((bench.queue.len(), bench.counts(), bench.heard()), (2, (0, 0), 1));
    assert_eq!(bench.waiters(), 0);
    let taken = bench.queue.next(1, Deadline::NEVER, None).unwrap();
    assert_eq!((&*taken[0].id.clone().unwrap(), taken[0].key), ("b", 2));
    assert_eq!(bench.all(), ["1 ready FAILURE"]);
    // One event of each, whatever is stored after it.
    store(&bench.site, "a", "SUCCESS");
    assert!(bench.all().is_empty());
    bench.add(3, "a");
    assert_eq!(bench.heard(), 1);
}

#[test]
fn what_is_there_already_is_an_event_at_once_in_the_order_of_the_items() {
    let bench = Bench::new();
    for number in 0..2_000 {
        store(&bench.site, &number.to_string(), "SUCCESS");
    }
    bench.queue.add(&bench.site, items(0..2_000)).unwrap();
    assert_eq!((bench.queue.len(), bench.heard()), (2_000, 1));
    let expected: Vec<_> = (0..2_000).map(|number| format!("{number} ready SUCCESS")).collect();
    assert_eq!(bench.all(), expected);
}

#[test]
fn the_same_id_twice_gives_two_events() {
    let bench = Bench::new();
    bench.queue.add(&bench.site, vec![item(1, "a"), item(1, "a"), item(2, "a")]).unwrap();
    bench.add(1, "a");
    store(&bench.site, "a", "SUCCESS");
    let mut all = bench.all();
    all.sort_unstable();
    assert_eq!(all, ["1 ready SUCCESS", "1 ready SUCCESS", "1 ready SUCCESS", "2 ready SUCCESS"]);
}

#[test]
fn one_queue_serves_several_engines_and_holds_them() {
    let bench = Bench::new();
    let other = site();
    bench.add(1, "a");
    bench.queue.add(&other, vec![item(2, "a"), item(3, "b")]).unwrap();
    assert_eq!((others(&bench.site), others(&other)), (1, 1));
    store(&other, "a", "SUCCESS");
    let taken = bench.queue.take(9);
    assert!(taken[0].site.as_ref().unwrap().engine().is_same(&other.0));
    drop(taken);
    store(&bench.site, "a", "SUCCESS");
    store(&other, "b", "SUCCESS");
    assert_eq!(bench.all(), ["1 ready SUCCESS", "3 ready SUCCESS"]);
    assert_eq!((others(&bench.site), others(&other)), (0, 0));
}

#[test]
fn where_the_engine_refuses_nothing_was_added() {
    let mut options = Options::default();
    options.set("max_subscriptions", "1000").unwrap();
    let bench = Bench::with(site_with(&options));
    for number in 0..900 {
        store(&bench.site, &number.to_string(), "SUCCESS");
    }
    let mut many = items(0..2_000);
    many.reverse();
    // Some have finished before the limit is met.
    many.splice(0..0, items(0..100));
    assert_eq!(status(bench.queue.add(&bench.site, many)), Status::Limit);
    assert_eq!((bench.all(), bench.counts(), bench.heard()), (vec![], (0, 0), 0));
    assert_eq!((bench.waiters(), others(&bench.site)), (0, 0));
    bench.queue.add(&bench.site, items(900..1_900)).unwrap();
    assert_eq!(status(bench.queue.add(&bench.site, vec![item(1, "one more")])), Status::Limit);
    assert_eq!(bench.counts(), (1_000, 0));
    bench.site.0.close();
    assert_eq!(status(bench.queue.add(&bench.site, items(0..9))), Status::Closed);
    assert_eq!(bench.all().len(), 1_000);
}

#[test]
fn what_happens_while_items_are_added_is_shown_after_that() {
    let bench = Bench::new();
    bench.queue.report_progress(1);
    let mut added = Vec::new();
    let ids: Vec<_> = ["a", "b", "c", "d"].iter().zip(1..).map(|(id, key)| item(key, id)).collect();
    let core = &bench.queue.core;
    core.with(|state| insert_slice(state, &bench.site, &mut ids.into_iter(), &mut added)).unwrap();
    assert_eq!(bench.counts(), (4, 4));
    bench.tell(added[3].1, &ready("d"));
    bench.tell(added[0].1, &unfinished("a1", How::Read));
    bench.tell(added[0].1, &unfinished("a2", How::Pushed));
    bench.tell(added[0].1, &ready("a"));
    bench.tell(added[1].1, &ready("b"));
    bench.tell(added[1].1, &failed());
    assert_eq!((bench.all(), bench.counts(), bench.heard()), (vec![], (1, 1), 0));
    assert_eq!(bench.queue.remove(2), 0, "it may be refused yet");
    core.carry_out(core.with(|state| state.show(&added)));
    assert_eq!(bench.queue.remove(2), 1);
    assert_eq!(bench.all(), ["1 Pushed a2", "1 ready a", "4 ready d"]);
    assert_eq!(bench.heard(), 1);
    bench.tell(added[2].1, &ready("c"));
    assert_eq!(bench.all(), ["3 ready c"]);
}

#[test]
fn what_somebody_else_completes() {
    let bench = Bench::new();
    let held: Vec<Held> = (1..=3).map(|key| bench.queue.hold(key, key).unwrap()).collect();
    assert_eq!(bench.counts(), (3, 0));
    bench.queue.complete(held[1], &ready("two"));
    bench.queue.complete(held[1], &failed());
    bench.queue.complete(held[0], &failed());
    assert_eq!(bench.queue.remove(3), 1);
    bench.queue.complete(held[2], &ready("three"));
    assert_eq!(bench.all(), ["2 ready two", "1 failed Closed"]);
    bench.queue.complete(held[1], &ready("two"));
    assert!(bench.all().is_empty());
}

#[test]
fn what_was_looked_at_and_what_is_absent() {
    let bench = Bench::new();
    let absent = || bench.queue.first_absent();
    assert_eq!(absent(), None);
    store(&bench.site, "b", "STARTED");
    bench.queue.add(&bench.site, vec![item(1, "a"), item(2, "b"), item(3, "c"), item(2, "d")]).unwrap();
    assert_eq!(bench.counts(), (4, 0));
    assert_eq!(absent(), Some(1));
    store(&bench.site, "a", "STARTED");
    assert_eq!(absent(), Some(3));
    store(&bench.site, "c", "SUCCESS");
    assert_eq!(absent(), Some(2));
    assert_eq!((bench.counts(), bench.all()), ((3, 0), vec!["3 ready SUCCESS".to_owned()]));
    // Excused after it was looked at; the one that is there is the oldest of its key.
    bench.queue.remove(2);
    bench.add(2, "d");
    assert_eq!(absent(), Some(2));
    bench.queue.excuse(2);
    assert_eq!((absent(), bench.queue.core.with(|state| state.absent())), (None, 0));
    bench.queue.excuse(9);
    let held = bench.hold(4);
    bench.queue.excuse(4);
    bench.tell(held, &Event::Unfinished { record: None, how: How::Read });
    assert_eq!((absent(), bench.queue.core.with(|state| state.absent())), (None, 0));
    bench.add(5, "e");
    store(&bench.site, "d", "SUCCESS");
    bench.tell(held, &failed());
    assert_eq!((absent(), bench.queue.core.with(|state| state.absent())), (Some(5), 1));
}

#[test]
fn the_absent_are_counted() {
    let bench = Bench::new();
    let count = || bench.queue.core.with(|state| state.absent());
    for name in ["gone", "ends", "comes", "is there"] {
        bench.add(1, name);
    }
    bench.add(2, "removed");
    assert_eq!(count(), 5);
    store(&bench.site, "ends", "SUCCESS");
    store(&bench.site, "comes", "STARTED");
    store(&bench.site, "is there", "STARTED");
    assert_eq!(count(), 2);
    let held = bench.hold(3);
    bench.tell(held, &absent());
    bench.tell(held, &absent());
    assert_eq!(count(), 3);
    bench.tell(held, &failed());
    bench.queue.remove(2);
    assert_eq!(count(), 1);
    bench.queue.remove(1);
    assert_eq!((count(), bench.queue.first_absent()), (0, None));
}

#[test]
fn looks_wake_whoever_heeds_them() {
    let bench = Bench::new();
    let end = || status(bench.queue.next(1, Deadline::after(Some(Duration::ZERO)), None));
    bench.add(1, "absent");
    assert_eq!(end(), Status::Timeout);
    bench.queue.heed_looks();
    assert_eq!(end(), Status::Timeout);
    bench.add(2, "absent too");
    assert_eq!((end(), end()), (Status::Wakeup, Status::Timeout));
    store(&bench.site, "begun", "STARTED");
    bench.add(3, "begun");
    assert_eq!((end(), end()), (Status::Wakeup, Status::Timeout), "all have been looked at");
    store(&bench.site, "begun", "PROGRESS");
    assert_eq!(end(), Status::Timeout);
}

#[test]
fn a_hundred_thousand_items_are_added_finish_and_are_taken() {
    let bench = Bench::new();
    let many = 100_000;
    bench.queue.add(&bench.site, items(0..many)).unwrap();
    assert_eq!(bench.counts(), (100_000, 0));
    for number in 0..many {
        store(&bench.site, &number.to_string(), "SUCCESS");
    }
    let mut taken = 0;
    while let Ok(some) = bench.queue.next(777, now(), None) {
        taken += some.len();
    }
    assert_eq!((taken, bench.counts()), (100_000, (0, 0)));
    assert_eq!((bench.waiters(), others(&bench.site)), (0, 0));
}

#[test]
fn dropping_the_queue_releases_everything() {
    let Bench { queue, site, .. } = Bench::new();
    queue.add(&site, items(0..100_000)).unwrap();
    for number in 0..1_000 {
        store(&site, &number.to_string(), "SUCCESS");
    }
    queue.remove(5_000);
    let core = Arc::downgrade(&queue.core);
    assert_eq!((site.0.figures().0, others(&site)), (98_999, 1));
    drop(queue);
    assert_eq!((site.0.figures().0, others(&site)), (0, 0));
    assert!(core.upgrade().is_none());
}

#[test]
fn what_is_removed_before_it_is_watched_is_not_waited_for() {
    let bench = Bench::new();
    thread::scope(|scope| {
        let adding = scope.spawn(|| {
            for round in 0..200 {
                bench.queue.add(&bench.site, items(round * 100..(round + 1) * 100)).unwrap();
            }
        });
        while !adding.is_finished() {
            for key in 0..20_000 {
                bench.queue.remove(key);
            }
        }
    });
    for key in 0..20_000 {
        bench.queue.remove(key);
    }
    assert_eq!((bench.waiters(), others(&bench.site), bench.counts()), (0, 0, (0, 0)));
}
