//! The whole engine on a store whose link breaks and comes back, whose reads fail and whose answers
//! are late. Whoever waits is told, nothing stays watched, and everything ends: shuttle finds a
//! wait that is lost as one that never comes to an end. Each model says which mistakes in the
//! sources it catches.

use celery_result_models::{
    backend::{self, Answer},
    bench::{codec, number, record, request, settings, wait},
    checker::{advance, choose, explore, thread},
    config::{Config, Options},
    engine::{CallOp, Engine, NoHooks, WaitRequest, call_together},
    model::{Key, Result, Status},
    server::{Server, Trouble},
    sys::{Cancel, Deadline, Log},
};
use std::{sync::Arc, time::Duration};

const BROKEN: Trouble = Trouble { losses: 2, failures: 2, unwatchable: false };
const SECOND: Duration = Duration::from_secs(1);

fn publish(server: &Arc<Server>, records: &'static [(&str, &str, u32)]) -> thread::JoinHandle<()> {
    let server = server.clone();
    thread::spawn(move || {
        for (id, state, number) in records {
            server.publish(id, record(id, state, *number));
        }
    })
}

fn in_thread<R: Send + 'static>(
    engine: &Engine,
    work: impl FnOnce(&Engine) -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    let engine = engine.clone();
    thread::spawn(move || work(&engine))
}

/// Nobody waits, nothing is watched, and with the engine the connection goes.
fn settle(engine: Engine, server: &Server, serving: thread::JoinHandle<()>) {
    server.settle();
    assert_eq!(engine.figures().0, 0);
    engine.close();
    drop(engine);
    serving.join().unwrap();
}

fn status<T>(end: Result<T>) -> Status {
    end.map(|_| ()).unwrap_err().status()
}

/// Catches: a read that fails and is not owed any more, or counts as no record; a resync that does not watch,
/// or does not read, or leaves out who came while the link was down; a ticker that is thought to run
/// when it has ended; two senders whose operations overtake each other.
#[test]
fn every_wait_ends_whatever_becomes_of_the_link() {
    explore(10_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let worker = publish(&server, &[("a", "PROGRESS", 1), ("a", "SUCCESS", 2), ("b", "SUCCESS", 3)]);
        let waits = ["a", "a", "b"]
            .map(|id| in_thread(&engine, move |engine| number(&wait(engine, id, None).unwrap())));
        assert_eq!(waits.map(|wait| wait.join().unwrap()), [2, 2, 3]);
        worker.join().unwrap();
        // Also one that begins when all had ended.
        let worker = publish(&server, &[("c", "FAILURE", 4)]);
        assert_eq!(number(&wait(&engine, "c", None).unwrap()), 4);
        worker.join().unwrap();
        settle(engine, &server, serving);
    });
}

/// Catches: a poll that is not repeated; a resync that leaves out who came while the link was down.
#[test]
fn what_cannot_be_watched_is_polled() {
    explore(5_000, || {
        let (engine, server, serving) = Server::open(Trouble { unwatchable: true, ..BROKEN });
        let worker = publish(&server, &[("a", "PROGRESS", 1), ("a", "SUCCESS", 2)]);
        let waits = [0, 1].map(|_| {
            in_thread(&engine, |engine| {
                let id = "a".into();
                let request = WaitRequest { interval: Duration::ZERO, ..request(&id) };
                number(&engine.wait(&request, &mut NoHooks).unwrap())
            })
        });
        assert_eq!(waits.map(|wait| wait.join().unwrap()), [2, 2]);
        worker.join().unwrap();
        settle(engine, &server, serving);
    });
}

/// Catches: an unwatch that is not sent while the link is down, though the watch is still on its way.
#[test]
fn those_who_leave_take_nothing_from_those_who_stay() {
    explore(10_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let cancel = Cancel::new().unwrap();
        let stays = in_thread(&engine, |engine| number(&wait(engine, "a", None).unwrap()));
        let late = in_thread(&engine, |engine| {
            let id = "b".into();
            engine.wait(&WaitRequest { timeout: Some(SECOND), ..request(&id) }, &mut NoHooks)
        });
        let cancelled = in_thread(&engine, {
            let cancel = cancel.clone();
            move |engine| wait(engine, "a", Some(&cancel))
        });
        let worker = publish(&server, &[("a", "SUCCESS", 1), ("b", "SUCCESS", 1)]);
        advance(if choose(3) == 0 { SECOND / 2 } else { SECOND * 2 });
        cancel.trigger();
        match late.join().unwrap() {
            Ok(record) => assert_eq!(number(&record), 1),
            end => assert!(matches!(status(end), Status::Timeout | Status::Unreachable)),
        }
        match cancelled.join().unwrap() {
            Ok(record) => assert_eq!(number(&record), 1),
            end => assert_eq!(status(end), Status::Cancelled),
        }
        assert_eq!(stays.join().unwrap(), 1);
        worker.join().unwrap();
        settle(engine, &server, serving);
    });
}

/// Catches: a wait that has no read of its own, or takes the answer to an older one for it; an owed read that
/// is not sent after the answer to the one before.
#[test]
fn a_wait_for_one_look_looks() {
    explore(5_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let cancel = Cancel::new().unwrap();
        let waits = ["a", "absent"].map(|id| {
            let cancel = cancel.clone();
            in_thread(&engine, move |engine| wait(engine, id, Some(&cancel)))
        });
        if choose(2) == 0 {
            thread::yield_now();
        }
        server.publish("a", record("a", "SUCCESS", 1));
        let looks = ["a", "absent"].map(|id| {
            in_thread(&engine, move |engine| {
                let id = id.into();
                engine.wait(&WaitRequest { timeout: Some(Duration::ZERO), ..request(&id) }, &mut NoHooks)
            })
        });
        let [found, absent] = looks.map(|look| look.join().unwrap());
        assert_eq!(number(&found.unwrap()), 1);
        assert_eq!(status(absent), Status::Timeout);
        cancel.trigger();
        let [found, absent] = waits.map(|wait| wait.join().unwrap());
        assert!(found.is_err() || number(&found.unwrap()) == 1);
        assert_eq!(status(absent), Status::Cancelled);
        settle(engine, &server, serving);
    });
}

/// Catches: a closed engine that still takes calls.
#[test]
fn closing_ends_everything() {
    explore(5_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let waits = ["a", "b"].map(|id| in_thread(&engine, move |engine| wait(engine, id, None)));
        let call = in_thread(&engine, |engine| engine.call(CallOp::Exists(Key::Task("a".into()))));
        let worker = publish(&server, &[("a", "SUCCESS", 1)]);
        engine.close();
        let [first, second] = waits.map(|wait| wait.join().unwrap());
        match first {
            Ok(record) => assert_eq!(number(&record), 1),
            end => assert_eq!(status(end), Status::Closed),
        }
        assert_eq!(status(second), Status::Closed);
        match call.join().unwrap() {
            Ok(answer) => assert!(matches!(answer, Answer::Exists(_))),
            end => assert_eq!(status(end), Status::Closed),
        }
        worker.join().unwrap();
        assert_eq!(engine.figures().0, 0);
        drop(engine);
        serving.join().unwrap();
    });
}

fn store(id: &str, number: u32) -> CallOp {
    let record = record(id, "SUCCESS", number);
    CallOp::Store { key: Key::Task(id.into()), record, may_replace: None, expires: None }
}

/// Catches: a call that is not sent again with the next link; a record that is sent twice though it may have
/// been stored; an operation sent after its caller has given up.
#[test]
fn calls_are_answered_or_given_up_at_their_deadline() {
    explore(10_000, || {
        let (engine, server, serving) = Server::open(BROKEN);
        let waiting = in_thread(&engine, |engine| {
            let id = "a".into();
            engine.wait(&WaitRequest { timeout: Some(SECOND * 9), ..request(&id) }, &mut NoHooks)
        });
        let calls = in_thread(&engine, |engine| {
            let until = Deadline::after(Some(SECOND));
            let read = |id: &str| (engine, CallOp::Read(Key::Task(id.into())));
            call_together(&[read("x"), (engine, store("a", 1)), read("y")], until, None)
        });
        let in_time = choose(3) > 0;
        if !in_time {
            advance(SECOND * 2);
        }
        let ends = calls.join().unwrap();
        assert_eq!(ends.len(), 3);
        let mut stores = 0..=1;
        for (place, end) in ends.into_iter().enumerate() {
            match end {
                Ok(Answer::Record(None)) => assert_ne!(place, 1),
                Ok(Answer::Stored(true)) if place == 1 => stores = 1..=1,
                Ok(answer) => panic!("{answer:?}"),
                // Whether it was stored nobody knows: it is not sent again.
                Err(error) if error.status() == Status::Uncertain => assert_eq!(place, 1),
                Err(error) => {
                    assert!(!in_time && error.status() == Status::Unreachable, "{error:?}");
                    if place == 1 {
                        stores = 0..=0;
                    }
                }
            }
        }
        server.publish("a", record("a", "SUCCESS", 1));
        assert_eq!(number(&waiting.join().unwrap().unwrap()), 1);
        server.settle();
        assert!(stores.contains(&server.stores()), "{} records stored, not {stores:?}", server.stores());
        settle(engine, &server, serving);
    });
}

/// Catches: those who wait told before the record is there for those who come.
#[test]
fn a_store_in_memory_tells_whoever_waits() {
    explore(5_000, || {
        let config = Config::new("memory://", &Options::default()).unwrap();
        let engine = Engine::new(settings(), codec(), Log::default(), |driver, sink| {
            backend::open(&config, driver, Log::default(), sink)
        });
        let engine = engine.unwrap();
        let waits = ["a", "a", "b"]
            .map(|id| in_thread(&engine, move |engine| number(&wait(engine, id, None).unwrap())));
        let stores = [("a", 1), ("b", 2)]
            .map(|(id, number)| in_thread(&engine, move |engine| engine.call(store(id, number)).map(drop)));
        assert_eq!(waits.map(|wait| wait.join().unwrap()), [1, 1, 2]);
        for store in stores {
            store.join().unwrap().unwrap();
        }
        assert_eq!(engine.figures().0, 0);
    });
}
