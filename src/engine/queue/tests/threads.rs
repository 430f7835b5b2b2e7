//! Several threads on one queue: nobody sleeps beside an event, and each event is taken once.

use super::{bench::*, *};
use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};

const PATIENCE: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(Some(PATIENCE))
}

#[track_caller]
fn eventually(what: &str, check: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !check() {
        assert!(Instant::now() < until, "never happened: {what}");
        thread::yield_now();
    }
}

/// Numbers without a pattern; the seed is printed, and taken from `CELERY_TEST_SEED` if given.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let clock = || u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos());
        let seed = std::env::var("CELERY_TEST_SEED").map_or_else(|_| clock(), |text| text.parse().unwrap());
        println!("CELERY_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn fork(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }
}

#[test]
fn a_blocked_thread_is_called_by_an_event_and_by_a_wake_up() {
    let bench = Bench::new();
    let cancel = Cancel::new().unwrap();
    for token in [None, Some(&cancel)] {
        for round in 0..500 {
            let id = format!("{round} {}", token.is_some());
            bench.add(round, &id);
            thread::scope(|scope| {
                let waiting = scope.spawn(|| bench.queue.next(9, soon(), token).unwrap());
                store(&bench.site, &id, "SUCCESS");
                assert_eq!(waiting.join().unwrap().len(), 1);
                let waiting = scope.spawn(|| status(bench.queue.next(9, soon(), token)));
                bench.queue.wake();
                assert_eq!(waiting.join().unwrap(), Status::Wakeup);
            });
        }
    }
}

#[test]
fn a_burst_reaches_every_blocked_thread_that_it_is_enough_for() {
    const THREADS: u64 = 4;
    let bench = Bench::new();
    for round in 0..300 {
        let tokens: Vec<_> = (0..THREADS).map(|key| bench.hold(round * THREADS + key)).collect();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| assert_eq!(bench.queue.next(1, soon(), None).unwrap().len(), 1));
            }
            for token in tokens {
                bench.tell(token, &ready("x"));
            }
        });
    }
    bench.check_level();
}

#[test]
fn events_that_come_together_reach_every_blocked_thread() {
    const THREADS: u64 = 4;
    let bench = Bench::new();
    for round in 0..100 {
        let items = items(round * THREADS..(round + 1) * THREADS);
        for item in &items {
            store(&bench.site, &item.id, "SUCCESS");
        }
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| assert_eq!(bench.queue.next(1, soon(), None).unwrap().len(), 1));
            }
            eventually("all are blocked", || bench.blocked() == 4);
            bench.queue.add(&bench.site, items).unwrap();
        });
    }
    assert_eq!(bench.blocked(), 0);
}

#[test]
fn an_event_wakes_one_of_those_who_are_blocked() {
    let bench = Bench::new();
    for round in 0..100 {
        let held = bench.hold(round);
        thread::scope(|scope| {
            let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| bench.queue.next(1, soon(), None))).collect();
            eventually("all are blocked", || bench.blocked() == 3);
            bench.tell(held, &ready("x"));
            let finished = || waiting.iter().filter(|thread| thread.is_finished()).count();
            while finished() < 1 {
                assert_eq!(bench.blocked(), 2, "nobody else was called");
            }
            for count in [2, 3] {
                bench.queue.wake();
                eventually("the next one is awake", || finished() == count);
            }
            let taken = waiting.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count();
            assert_eq!(taken, 1);
        });
    }
}

#[test]
fn one_of_several_blocked_threads_gets_the_wake_up() {
    let bench = Bench::new();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| bench.queue.next(1, soon(), None).map_err(|e| e.status())))
            .collect();
        bench.queue.wake();
        for key in 0..2 {
            let token = bench.hold(key);
            bench.tell(token, &ready("x"));
        }
        let ends: Vec<_> = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
        let woken = ends.iter().filter(|end| matches!(end, Err(Status::Wakeup))).count();
        assert_eq!((woken, ends.iter().filter(|end| end.is_ok()).count()), (1, 2), "{ends:?}");
    });
}

#[test]
fn who_is_cancelled_passes_the_call_on() {
    let bench = Bench::new();
    for round in 0..2_000 {
        let cancel = Cancel::new().unwrap();
        let held = bench.hold(round);
        thread::scope(|scope| {
            let cancelled = scope.spawn(|| bench.queue.next(1, soon(), Some(&cancel)));
            let other = scope.spawn(|| bench.queue.next(1, soon(), None));
            let trigger = scope.spawn(|| cancel.trigger());
            bench.tell(held, &ready("x"));
            trigger.join().unwrap();
            match cancelled.join().unwrap() {
                Ok(taken) => {
                    assert_eq!(taken.len(), 1);
                    bench.queue.wake();
                    assert_eq!(status(other.join().unwrap()), Status::Wakeup);
                }
                Err(error) => {
                    assert_eq!(error.status(), Status::Cancelled);
                    assert_eq!(other.join().unwrap().unwrap().len(), 1);
                }
            }
        });
    }
}

#[test]
fn the_descriptor_is_level_for_whoever_operates_the_queue_alone() {
    let bench = Bench::new();
    let tokens: Vec<_> = (0..20_000).map(|key| bench.hold(key)).collect();
    // One thread fills the queue; the other one is the only one to take, and may rely on it.
    thread::scope(|scope| {
        scope.spawn(|| {
            for token in tokens {
                bench.tell(token, &ready("x"));
            }
        });
        let mut taken = 0;
        let until = Instant::now() + PATIENCE;
        while taken < 20_000 {
            assert!(Instant::now() < until);
            let raised = bench.is_readable();
            let some = bench.queue.take(7).len();
            assert!(!raised || some > 0, "readable and nothing there");
            taken += some;
        }
    });
    bench.check_level();
}

/// Everything at once: each event is taken once, or was removed, and nobody is left waiting.
#[test]
fn stress() {
    const PER_THREAD: u64 = 5_000;
    let bench = Bench::new();
    bench.queue.report_progress(2);
    let mut random = Random::seeded();
    let taken = Mutex::new(HashSet::new());
    let removed = AtomicU64::new(0);
    let (done, live) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let mut producers = Vec::new();
        for number in 0..2 {
            let (bench, removed, mut random) = (&bench, &removed, random.fork());
            producers.push(scope.spawn(move || {
                let mut waiting = Vec::new();
                for key in (number * PER_THREAD)..((number + 1) * PER_THREAD) {
                    let id = key.to_string();
                    if random.below(4) == 0 {
                        store(&bench.site, &id, "SUCCESS");
                    }
                    bench.add(key, &id);
                    waiting.push(key);
                    let choice = usize::try_from(random.below(waiting.len() as u64)).unwrap();
                    match random.below(4) {
                        0 => {
                            store(&bench.site, &waiting.swap_remove(choice).to_string(), "SUCCESS");
                        }
                        1 => {
                            let gone = bench.queue.remove(waiting.swap_remove(choice));
                            removed.fetch_add(gone as u64, Ordering::Relaxed);
                        }
                        2 => store(&bench.site, &waiting[choice].to_string(), "PROGRESS"),
                        _ => bench.queue.wake(),
                    }
                }
                for key in waiting {
                    store(&bench.site, &key.to_string(), "SUCCESS");
                }
            }));
        }
        for _ in 0..4 {
            let (bench, taken, done, live, mut random) = (&bench, &taken, &done, &live, random.fork());
            scope.spawn(move || {
                let cancel = Cancel::new().unwrap();
                live.fetch_add(1, Ordering::Relaxed);
                while !done.load(Ordering::Relaxed) {
                    let is_short = random.below(4) == 0;
                    let short = Duration::from_micros(random.below(300));
                    let until = if is_short { Deadline::after(Some(short)) } else { soon() };
                    let stop = (random.below(2) == 0).then_some(&cancel);
                    if stop.is_some() && random.below(8) == 0 {
                        cancel.trigger();
                    }
                    match bench.queue.next(1 + usize::try_from(random.below(9)).unwrap(), until, stop) {
                        Ok(some) => {
                            let mut taken = taken.lock().unwrap();
                            for one in some.iter().filter(|one| matches!(one.event, Event::Ready { .. })) {
                                assert!(taken.insert(one.key), "{} twice", one.key);
                            }
                        }
                        Err(error) => {
                            let status = error.status();
                            assert!(
                                matches!(status, Status::Wakeup | Status::Cancelled)
                                    || (status == Status::Timeout && is_short),
                                "{error}"
                            );
                            cancel.reset();
                        }
                    }
                }
                live.fetch_sub(1, Ordering::Relaxed);
            });
        }
        for producer in producers {
            producer.join().unwrap();
        }
        let until = Instant::now() + PATIENCE;
        while !bench.queue.is_empty() {
            assert!(Instant::now() < until, "{} events are left", bench.queue.len());
            thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
        while live.load(Ordering::Relaxed) > 0 {
            bench.queue.wake();
            thread::yield_now();
        }
    });
    let (taken, removed) = (taken.lock().unwrap().len() as u64, removed.load(Ordering::Relaxed));
    assert_eq!((taken + removed, bench.counts()), (2 * PER_THREAD, (0, 0)));
    assert_eq!((bench.waiters(), others(&bench.site), bench.blocked()), (0, 0, 0));
    bench.check_level();
}

#[test]
fn what_is_refused_was_never_there_to_be_removed() {
    let mut options = Options::default();
    options.set("max_subscriptions", "1000").unwrap();
    let bench = Bench::with(site_with(&options));
    thread::scope(|scope| {
        let adding = scope.spawn(|| {
            for _ in 0..100 {
                assert_eq!(status(bench.queue.add(&bench.site, items(0..1_001))), Status::Limit);
            }
        });
        while !adding.is_finished() {
            for key in 0..1_001 {
                assert_eq!(bench.queue.remove(key), 0);
            }
        }
    });
    assert_eq!((bench.waiters(), bench.counts()), (0, (0, 0)));
}
