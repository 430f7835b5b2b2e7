//! The registry without threads: what is sent and what is told, step by step.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod holds;
mod looks;
mod surveys;

use super::{Call, CallState, Found, Owner, Registry, SLICE, Sweep, Together};
use crate::{
    backend::{Failure, Op, Ticket},
    engine::{
        CallOp,
        waiter::{Deliveries, Event, Waiter, tell},
    },
    model::{Error, Id, Key, Status, Stored},
    sys::Parking,
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Waiter for Log {
    fn notify(&self, _: u64, event: &Event) {
        self.0.lock().unwrap().push(match event {
            Event::Ready { record, .. } => format!("ready {}", text(record)),
            Event::Unfinished { record, how } => {
                let what = record.as_ref().map_or("absent".to_owned(), text);
                format!("{what}{}", if how.is_news() { " news" } else { "" })
            }
            Event::Failed(error) => format!("failed {}", error.status().code()),
        });
    }
    fn poll_interval(&self) -> Duration {
        Duration::from_millis(1)
    }
}

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn text(record: &Stored) -> String {
    String::from_utf8_lossy(record.bytes()).into_owned()
}

fn record(text: &str) -> Stored {
    Stored::new(text.as_bytes())
}

fn unfinished(text: &str) -> Found {
    Found::Unfinished(Some(record(text)))
}

/// The registry, and what it sends in short: `+id` watch, `-id` unwatch, `?id` read, `|` barrier, `*id id` a
/// survey.
struct Bench {
    registry: Registry,
    reads: Vec<(String, Ticket)>,
    barriers: Vec<Ticket>,
    surveys: Vec<Ticket>,
}

impl Bench {
    fn new() -> Self {
        Self { registry: Registry::new(10_000), reads: Vec::new(), barriers: Vec::new(), surveys: Vec::new() }
    }

    fn live() -> Self {
        let mut bench = Self::new();
        bench.registry.link_live(1);
        bench
    }

    fn add(&mut self, id: &str) -> Arc<Log> {
        let log = Arc::new(Log::default());
        self.registry.add(&Id::from(id), log.clone(), 0).unwrap();
        log
    }

    fn leave(&mut self, id: &str, log: &Arc<Log>) {
        let waiter: Arc<dyn Waiter> = log.clone();
        self.registry.remove(id, &waiter, 0);
    }

    fn sent(&mut self) -> Vec<String> {
        let mut short = Vec::new();
        while let Some(ops) = self.registry.begin_sending() {
            for op in ops {
                short.push(match op {
                    Op::Watch(id) => format!("+{id}"),
                    Op::Unwatch(id) => format!("-{id}"),
                    Op::Read(key, ticket, _) => {
                        self.reads.push((key.id().to_string(), ticket));
                        format!("?{}", key.id())
                    }
                    Op::Barrier(ticket) => {
                        self.barriers.push(ticket);
                        "|".to_owned()
                    }
                    Op::ReadMany(keys, ticket) => {
                        self.surveys.push(ticket);
                        format!("*{}", keys.iter().map(Key::id).map(|id| &**id).collect::<Vec<_>>().join(" "))
                    }
                    _ => panic!("no calls here"),
                });
            }
            self.registry.end_sending();
        }
        short
    }

    /// Answers the oldest unanswered read.
    fn answer(&mut self, result: Result<Found, Failure>) -> bool {
        let (_, ticket) = self.reads.remove(0);
        let (deliveries, swept) = self.registry.answered(ticket, result);
        tell(deliveries);
        swept
    }

    /// Answers the barrier under way.
    fn pass(&mut self, passed: &Result<(), Failure>) {
        assert!(matches!(self.registry.owner(self.barriers.remove(0)), Owner::Barrier));
        loop {
            let (deliveries, more) = self.registry.release(passed);
            assert!(deliveries.len() <= SLICE);
            tell(deliveries);
            if !more {
                return;
            }
        }
    }

    fn message(&mut self, id: &str, found: Found) {
        let mut deliveries = Deliveries::new();
        // Nobody awaits it: a backend's message is not looked into.
        if let Some(place) = self.registry.place(id) {
            self.registry.message(id, place, found, &mut deliveries);
        }
        tell(deliveries);
    }
}

fn retry() -> Failure {
    Failure::Retry(Error::new(Status::Unreachable, "LOADING"))
}

#[test]
fn a_wait_watches_then_reads_and_releases() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    assert_eq!(bench.sent(), ["+a", "?a"]);
    bench.answer(Ok(Found::Unfinished(None)));
    assert_eq!(log.take(), ["absent"]);
    bench.leave("a", &log);
    assert_eq!(bench.sent(), ["-a"]);
    assert_eq!(bench.registry.waiters(), 0);
}

#[test]
fn every_wait_gets_a_read_sent_after_it_began_and_reads_coalesce() {
    let mut bench = Bench::live();
    let first = bench.add("a");
    assert_eq!(bench.sent(), ["+a", "?a"]);
    let late: Vec<_> = (0..1_000).map(|_| bench.add("a")).collect();
    assert!(bench.sent().is_empty());
    bench.answer(Ok(Found::Unfinished(None)));
    assert_eq!((first.take().len(), late[0].take().len()), (1, 0));
    assert_eq!(bench.sent(), ["?a"]);
    bench.answer(Ok(Found::Ready(record("r"))));
    assert!(late.iter().all(|log| log.take() == ["ready r"]));
    assert_eq!(bench.sent(), ["-a"]);
}

#[test]
fn an_unfinished_answer_is_dropped_where_a_message_overtook_it() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.sent();
    bench.message("a", unfinished("2"));
    bench.answer(Ok(unfinished("1")));
    assert_eq!(log.take(), ["2 news"]);
    bench.message("a", Found::Ready(record("3")));
    assert_eq!(log.take(), ["ready 3"]);
}

#[test]
fn the_first_ready_wins_and_late_answers_do_no_harm() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.sent();
    bench.message("a", Found::Ready(record("1")));
    assert_eq!(bench.sent(), ["-a"]);
    let again = bench.add("a");
    assert_eq!(bench.sent(), ["+a", "?a"]);
    bench.answer(Ok(unfinished("old")));
    assert!(again.take().is_empty());
    bench.answer(Ok(unfinished("new")));
    assert_eq!(again.take(), ["new"]);
    assert_eq!(log.take(), ["ready 1"]);
}

#[test]
fn an_unwatch_and_a_new_watch_keep_their_order() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.leave("a", &log);
    bench.add("a");
    assert_eq!(bench.sent(), ["+a", "?a", "-a", "+a", "?a"]);
}

#[test]
fn a_failed_read_stays_owed_and_is_not_an_absence() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.sent();
    bench.answer(Err(retry()));
    assert!(log.take().is_empty() && bench.sent().is_empty());
    bench.registry.tick(Instant::now(), None);
    assert_eq!(bench.sent(), ["?a"]);
    bench.answer(Err(retry()));
    bench.registry.link_lost(Error::new(Status::Unreachable, "gone"));
    bench.registry.tick(Instant::now(), None);
    assert!(bench.sent().is_empty());
    bench.registry.link_live(2);
    assert_eq!(bench.sent(), ["+a", "?a"]);
    bench.answer(Ok(unfinished("1")));
    assert_eq!(log.take(), ["1"], "the first look is no news, however late it comes");
    bench.registry.link_lost(Error::new(Status::Unreachable, "gone"));
    bench.registry.link_live(3);
    bench.sent();
    bench.answer(Ok(unfinished("2")));
    assert_eq!(log.take(), ["2 news"]);
}

#[test]
fn an_unusable_message_owes_a_read_and_an_unusable_record_fails_its_waiters_only() {
    let mut bench = Bench::live();
    let (bad, good) = (bench.add("bad"), bench.add("good"));
    bench.sent();
    bench.answer(Ok(Found::Unfinished(None)));
    bench.answer(Ok(Found::Unfinished(None)));
    bench.message("bad", Found::Unusable(Error::new(Status::Decode, "junk")));
    assert_eq!(bench.sent(), ["?bad"]);
    bench.answer(Ok(Found::Unusable(Error::new(Status::Decode, "junk"))));
    assert_eq!(bad.take(), ["absent", "failed -400"]);
    assert_eq!(good.take(), ["absent"]);
}

#[test]
fn a_resync_goes_in_slices_and_fresh_waits_go_first() {
    let mut bench = Bench::new();
    for number in 0..SLICE * 3 {
        bench.add(&number.to_string());
    }
    bench.sent();
    while !bench.reads.is_empty() {
        bench.answer(Err(retry()));
    }
    bench.registry.link_live(1);
    let sent = bench.sent();
    assert_eq!(sent.iter().filter(|op| op.starts_with('+')).count(), SLICE);
    assert!(sent[..SLICE].iter().all(|op| op.starts_with('+')), "all watches of a slice come first");
    bench.add("fresh");
    assert_eq!(bench.sent(), ["+fresh", "?fresh"]);
    let mut watched = SLICE;
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
        watched += bench.sent().iter().filter(|op| op.starts_with('+')).count();
    }
    assert_eq!(watched, SLICE * 3);
}

#[test]
fn access_rules_are_final_only_before_anything_was_read() {
    let refused = || Err(Failure::Permanent(Error::new(Status::Permission, "NOPERM")));
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.sent();
    bench.answer(refused());
    assert_eq!(log.take(), ["failed -301"]);
    let (log, _) = (bench.add("a"), bench.sent());
    bench.answer(Ok(Found::Unfinished(None)));
    log.take();
    let (log, _) = (bench.add("b"), bench.sent());
    bench.answer(refused());
    assert!(log.take().is_empty());
}

#[test]
fn the_sweep_reads_silent_ids_within_its_budget_and_its_finds_are_counted() {
    let mut bench = Bench::live();
    for number in 0..100 {
        bench.add(&number.to_string());
    }
    bench.sent();
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
    }
    let sweep = Sweep { silence: Duration::from_secs(1), budget: 7, period: Duration::from_secs(1) };
    bench.registry.tick(Instant::now(), Some(sweep));
    assert!(bench.sent().is_empty());
    bench.registry.tick(Instant::now() + Duration::from_secs(2), Some(sweep));
    assert_eq!(bench.sent().len(), 7);
    assert!(bench.answer(Ok(Found::Ready(record("r")))));
    assert!(!bench.answer(Ok(Found::Unfinished(None))));
}

#[test]
fn an_unwatchable_id_is_polled() {
    let mut bench = Bench::live();
    bench.add("a");
    bench.sent();
    bench.answer(Ok(Found::Unfinished(None)));
    bench.registry.unwatchable(&Id::from("a"));
    for second in 1..4 {
        bench.registry.tick(Instant::now() + Duration::from_secs(second), None);
        assert_eq!(bench.sent(), ["?a"]);
        bench.answer(Ok(Found::Unfinished(None)));
    }
}

#[test]
fn the_limit_of_ids_is_a_status_that_names_the_setting() {
    let mut registry = Registry::new(1);
    registry.add(&Id::from("a"), Arc::new(Log::default()), 0).unwrap();
    registry.add(&Id::from("a"), Arc::new(Log::default()), 0).unwrap();
    let error = registry.add(&Id::from("b"), Arc::new(Log::default()), 0).unwrap_err();
    assert_eq!(error.status(), Status::Limit);
    assert!(error.message().contains("max_subscriptions"));
}

#[test]
fn closing_tells_everyone_once_in_slices() {
    let mut bench = Bench::live();
    let logs: Vec<_> = (0..2_000).map(|number| bench.add(&number.to_string())).collect();
    let reason = Error::new(Status::Closed, "closed");
    assert!(bench.registry.close(&reason) && !bench.registry.close(&reason));
    loop {
        let deliveries = bench.registry.fail_slice(&reason);
        if deliveries.is_empty() {
            break;
        }
        assert!(deliveries.len() <= SLICE);
        tell(deliveries);
    }
    assert!(logs.iter().all(|log| log.take() == ["failed -103"]));
    assert_eq!(bench.registry.waiters(), 0);
    assert!(bench.registry.add(&Id::from("x"), Arc::new(Log::default()), 0).is_err());
}

#[test]
fn an_unusable_message_does_not_void_the_read_under_way() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.sent();
    // However many come: the store was looked at, and what is stored after them is news.
    for _ in 0..3 {
        bench.message("a", Found::Unusable(Error::new(Status::Decode, "garbage")));
        assert!(bench.sent().is_empty());
    }
    bench.answer(Ok(unfinished("1")));
    assert_eq!(log.take(), ["1"]);
    assert_eq!(bench.sent(), ["?a"]);
    bench.answer(Ok(unfinished("2")));
    assert_eq!(log.take(), ["2 news"]);
    assert!(bench.sent().is_empty());
}

#[test]
fn a_polled_id_has_one_due_time_whatever_came_before() {
    let mut bench = Bench::live();
    // Waits that have ended, and a link that came back, leave their due times behind.
    for _ in 0..5 {
        let log = bench.add("a");
        bench.registry.unwatchable(&Id::from("a"));
        bench.leave("a", &log);
    }
    let _log = bench.add("a");
    for generation in 2..5 {
        bench.registry.link_live(generation);
        bench.registry.unwatchable(&Id::from("a"));
    }
    bench.sent();
    bench.reads.drain(..bench.reads.len() - 1);
    bench.answer(Ok(Found::Unfinished(None)));
    bench.registry.tick(Instant::now() + Duration::from_secs(1), None);
    assert_eq!(bench.sent(), ["?a"]);
    bench.answer(Ok(Found::Unfinished(None)));
    assert!(bench.sent().is_empty(), "only one turn was due");
}

#[test]
fn a_watch_that_is_on_its_way_when_the_link_is_lost_is_released() {
    let mut bench = Bench::live();
    let log = bench.add("a");
    bench.registry.link_lost(Error::new(Status::Unreachable, "gone"));
    bench.leave("a", &log);
    bench.registry.link_live(2);
    assert_eq!(bench.sent(), ["+a", "?a", "-a"]);
    // Nothing was sent for one that came and went without a link.
    bench.registry.link_lost(Error::new(Status::Unreachable, "gone"));
    let log = bench.add("b");
    bench.leave("b", &log);
    assert_eq!(bench.sent(), ["?b"]);
}

#[test]
fn a_call_that_is_answered_late_with_try_again_is_sent_again() {
    let mut registry = Registry::new(1);
    registry.link_live(1);
    let state = Together { calls: vec![CallState::default()], unended: 1 };
    let together = Arc::new(Parking::new(state, None).unwrap());
    let call = Arc::new(Call { op: CallOp::Connect, index: 0, together });
    let ticket = registry.begin_call(&call).unwrap();
    assert!(registry.begin_ticking());
    let mut sent = || {
        let ops = registry.begin_sending().map_or(0, |ops| ops.len());
        registry.end_sending();
        let goes_on = registry.tick(Instant::now(), None);
        registry.stall_call(ticket, Error::new(Status::Unreachable, "BUSY"));
        (ops, goes_on)
    };
    assert_eq!(sent(), (1, true), "the ticker stays as long as the answer may come");
    assert_eq!(sent(), (0, true));
    assert_eq!(sent(), (1, true));
    registry.end_call(ticket);
    assert!(!registry.tick(Instant::now(), None));
}
