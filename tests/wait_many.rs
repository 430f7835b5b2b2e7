//! Waiting for any, all or some of several results, of any kinds and apps. The periodic re-read is
//! off.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod support;

use celery_result::{
    app::App,
    model::{Error, Status},
    result::{AsyncResult, EagerResult, ResultBase, ResultSet, wait_all, wait_any, wait_some},
    sys::Cancel,
};
use std::{
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Random,
    eventually,
    members::{LONG, failure, group, ids, set, task, tasks},
    redis_server::RedisServer,
    stores::{all_is_given_back, for_each_store, open, options, success},
    worker::Worker,
};

const SOON: Option<Duration> = Some(Duration::from_millis(40));
const LOOK: Option<Duration> = Some(Duration::ZERO);

fn store(app: &App, id: &str) {
    app.store(&success(id, "1")).unwrap();
}

#[test]
fn any_is_the_first_to_finish_and_of_several_the_lowest() {
    for_each_store(|app| {
        let results = vec![task(app, "a"), task(app, "b"), group(app, "g", ["x", "y"]), task(app, "c")];
        thread::scope(|scope| {
            let any = scope.spawn(|| wait_any(&results, Some(LONG), None).unwrap());
            eventually("it waits", || app.stats().waiters == 5);
            store(app, "x");
            app.store(&failure("b", "KeyError", "k")).unwrap();
            assert_eq!(any.join().unwrap(), 1, "whatever the outcome");
        });
        all_is_given_back(app);
        for id in ["c", "y"] {
            store(app, id);
        }
        for timeout in [Some(LONG), LOOK] {
            // Other handles, so that nothing is known.
            let results = vec![task(app, "a"), group(app, "g", ["x", "y"]), task(app, "c"), task(app, "b")];
            assert_eq!(wait_any(&results, timeout, None).unwrap(), 1);
        }
        // What a handle knows costs nothing, not even where the others are.
        all_is_given_back(app);
        let before = app.stats().bytes_sent;
        assert_eq!(wait_any(&results, Some(LONG), None).unwrap(), 1);
        assert_eq!(app.stats().bytes_sent, before);
        assert_eq!(wait_any(&[], None, None).unwrap_err().status(), Status::InvalidArgument);
        all_is_given_back(app);
    });
}

#[test]
fn some_are_all_that_have_finished() {
    for_each_store(|app| {
        let results = tasks(app, ["a", "b", "c", "d", "e"]);
        store(app, "d");
        thread::scope(|scope| {
            let some = scope.spawn(|| wait_some(&results, 3, Some(LONG), None).unwrap());
            eventually("it waits", || app.stats().waiters == 4);
            store(app, "e");
            eventually("one has come", || app.stats().waiters == 3);
            assert!(!some.is_finished());
            store(app, "b");
            // Two threads may tell of the last two: one that looked first, and one that stores.
            let ready = some.join().unwrap();
            assert!(ready == [3, 4, 1] || ready == [3, 1, 4], "{ready:?}");
        });
        // Those that are known before come in their order.
        assert_eq!(wait_some(&results, 1, LOOK, None).unwrap(), [1, 3, 4]);
        let error = wait_some(&results, 4, SOON, None).unwrap_err();
        assert_eq!((error.status(), error.member()), (Status::Timeout, Some(0)));
        assert_eq!(wait_some(&results, 5, LOOK, None).unwrap_err().status(), Status::Timeout);
        for least in [0, 6] {
            let error = wait_some(&results, least, None, None).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains(&least.to_string()), "{error}");
        }
        all_is_given_back(app);
    });
}

#[test]
fn all_wait_for_every_kind() {
    for_each_store(|app| {
        let eager = ResultBase::Eager(EagerResult::new(&success("eager", "1")).unwrap());
        let inner = set(app, ["x", "y"]);
        let twice = task(app, "a");
        let results = vec![eager, twice.clone(), ResultBase::Set(inner.clone()), twice, task(app, "a")];
        thread::scope(|scope| {
            let all = scope.spawn(|| wait_all(&results, Some(LONG), None));
            eventually("it waits", || app.stats().waiters == 5);
            // A set may change meanwhile.
            inner.add(&task(app, "z")).unwrap();
            inner.remove_id("x").unwrap();
            eventually("that was noticed", || app.stats().waiters == 5);
            for id in ["y", "a"] {
                store(app, id);
            }
            eventually("one is missing", || app.stats().waiters == 1);
            assert!(!all.is_finished());
            app.store(&failure("z", "KeyError", "k")).unwrap();
            all.join().unwrap().unwrap();
        });
        wait_all(&results, LOOK, None).unwrap();
        wait_all(&[], None, None).unwrap();
        all_is_given_back(app);
    });
}

#[test]
fn apps_on_several_stores_are_waited_for_together() {
    let server = RedisServer::start();
    let apps =
        [open("memory://"), open(&format!("redis://127.0.0.1:{}/0", server.port())), open("memory://")];
    let names: Vec<_> = ids("n", 30);
    let results: Vec<_> = names.iter().enumerate().map(|(number, id)| task(&apps[number % 3], id)).collect();
    for number in (0..30).rev() {
        thread::scope(|scope| {
            let some = scope.spawn(|| wait_some(&results, 30 - number, Some(LONG), None).unwrap());
            let waiting = || apps.iter().map(|app| app.stats().waiters).sum::<u64>();
            eventually("it waits", || waiting() == number as u64 + 1);
            store(&apps[number % 3], &names[number]);
            assert_eq!(some.join().unwrap().len(), 30 - number);
        });
        assert_eq!(wait_any(&results, Some(LONG), None).unwrap(), number);
    }
    wait_all(&results, LOOK, None).unwrap();
    for app in &apps {
        all_is_given_back(app);
    }
}

#[test]
fn deadlines_tokens_and_looks_are_those_of_one_result() {
    for_each_store(|app| {
        app.connect(Some(LONG), None).unwrap();
        let results = tasks(app, ["a", "b"]);
        let each = |timeout, cancel: Option<&Cancel>| -> [Error; 3] {
            [
                wait_any(&results, timeout, cancel).unwrap_err(),
                wait_all(&results, timeout, cancel).unwrap_err(),
                wait_some(&results, 2, timeout, cancel).unwrap_err(),
            ]
        };
        let begun = Instant::now();
        for error in each(SOON, None) {
            assert_eq!((error.status(), error.member()), (Status::Timeout, Some(0)), "{error}");
        }
        assert!(begun.elapsed() >= SOON.unwrap() * 3);
        for error in each(LOOK, None) {
            assert_eq!(error.status(), Status::Timeout);
        }
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        for error in each(None, Some(&cancel)) {
            assert_eq!(error.status(), Status::Cancelled);
        }
        all_is_given_back(app);
    });
}

#[test]
fn a_result_that_cannot_be_waited_for_fails_where_nothing_else_has_finished() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    worker.set_silently("garbage", b"no record");
    let app = open(&format!("redis://127.0.0.1:{}/0", server.port()));
    let closed = open("memory://");
    closed.close();
    for timeout in [Some(LONG), LOOK] {
        for (bad, status) in [("garbage", Status::Decode), ("closed", Status::Closed)] {
            let on = if bad == "closed" { &closed } else { &app };
            let results = vec![task(&app, "open"), task(on, bad)];
            for error in [wait_any(&results, timeout, None), wait_all(&results, timeout, None).map(|()| 0)] {
                let error = error.unwrap_err();
                assert_eq!((error.status(), error.member()), (status, Some(1)), "{error}");
                assert_eq!(error.task_id().unwrap().as_ref(), bad);
            }
        }
    }
    worker.store("open", "1");
    for timeout in [Some(LONG), LOOK] {
        let results = vec![task(&app, "garbage"), task(&app, "open"), task(&app, "never")];
        assert_eq!(wait_any(&results, timeout, None).unwrap(), 1);
        assert_eq!(wait_some(&results, 2, timeout, None).unwrap_err().member(), Some(0));
        assert_eq!(wait_all(&results, timeout, None).unwrap_err().member(), Some(0));
    }
    all_is_given_back(&app);
}

#[test]
fn each_result_is_taken_once_while_connections_are_killed() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "killed-by-test").unwrap();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    let url = format!("redis://127.0.0.1:{}/0", server.port());
    let app = App::open(&url, &options, celery_result::sys::Log::default()).unwrap();
    let mut random = Random::seeded("wait_some under kills");
    let ids = ids("picked", 300);
    let mut open: Vec<_> = ids.iter().map(|id| AsyncResult::new(&app, id).unwrap()).collect();
    let seed = random.below(u64::MAX);
    thread::scope(|scope| {
        let (ids, server) = (&ids, &server);
        scope.spawn(move || {
            let (mut random, mut worker) = (Random::from(seed), Worker::new(server));
            for id in ids {
                worker.store(id, &format!("\"{id}\""));
                thread::sleep(random.micros(1_000));
                if random.below(40) == 0 {
                    server.kill_connections("killed-by-test");
                }
            }
        });
        while !open.is_empty() {
            let results: Vec<_> = open.iter().cloned().map(ResultBase::Async).collect();
            let mut finished = wait_some(&results, 1, Some(LONG), None).unwrap();
            finished.sort_unstable();
            for index in finished.into_iter().rev() {
                assert!(open.swap_remove(index).peek().is_some());
            }
        }
    });
    all_is_given_back(&app);
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_set_that_is_emptied_has_finished() {
    for_each_store(|app| {
        let inner = set(app, ["never"]);
        let results = vec![task(app, "a"), ResultBase::Set(inner.clone())];
        thread::scope(|scope| {
            let any = scope.spawn(|| wait_any(&results, Some(LONG), None).unwrap());
            eventually("it waits", || app.stats().waiters == 2);
            inner.clear();
            assert_eq!(any.join().unwrap(), 1);
        });
        let empty = ResultBase::Set(ResultSet::new(app, Vec::new()).unwrap());
        assert_eq!(wait_any(&[task(app, "a"), empty], LOOK, None).unwrap(), 1);
        all_is_given_back(app);
    });
}
