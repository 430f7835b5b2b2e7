//! Many waits at once: what they cost in sockets, threads and subscriptions, that all of it is
//! given back, and that deadlines hold meanwhile. The periodic re-read is off.
//!
//! One test at a time: they count the threads of the process and measure time.
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
    config::Options,
    model::{Error, Status},
    result::{AsyncResult, GetOptions},
    sys::{Cancel, Log},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Crowd,
    eventually,
    redis_server::RedisServer,
    stores::options,
    worker::{Worker, record},
};

const NAME: &str = "scale-test";
const LONG: Duration = Duration::from_secs(20);
/// What a wait may last beyond its deadline; what it did last is printed.
const SLACK: Duration = Duration::from_secs(1);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn named() -> Options {
    let mut options = options();
    options.set("redis_client_name", NAME).unwrap();
    options
}

fn open(server: &RedisServer) -> App {
    App::open(&format!("redis://127.0.0.1:{}/0", server.port()), &named(), Log::default()).unwrap()
}

fn get(app: &App, id: &str, timeout: Duration) -> Result<String, Error> {
    let options = GetOptions { timeout: Some(timeout), ..GetOptions::default() };
    Ok(AsyncResult::new(app, id).unwrap().get(&options)?.value.json().to_owned())
}

fn ids(what: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{what}-{number}")).collect()
}

/// How many threads of this process the library has started.
fn library_threads() -> Vec<String> {
    let names = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
        // A thread may end between the two looks.
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    });
    let mut names: Vec<String> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("celery-")).collect();
    names.sort();
    names
}

/// Channels that somebody is subscribed to, as the server counts them.
fn channels(server: &RedisServer) -> usize {
    let mut client = server.client();
    let channels: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").query(&mut client).unwrap();
    channels.len()
}

#[track_caller]
fn all_is_given_back(app: &App, server: &RedisServer) {
    eventually("no subscription is left in the app", || app.stats().subscriptions == 0);
    eventually("no subscription is left on the server", || channels(server) == 0);
    assert_eq!(app.stats().waiters, 0);
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn ten_thousand_waits_cost_two_sockets_and_one_thread() {
    let _alone = alone();
    let server = RedisServer::start();
    let app = open(&server);
    assert_eq!(library_threads(), Vec::<String>::new(), "an app that nobody uses starts nothing");
    assert_eq!(server.connections(NAME).len(), 0);
    let ids = ids("many", 10_000);
    let crowd = Crowd::wait_for(&app, ids.clone());
    eventually("all is subscribed", || app.stats().subscriptions == 10_000);
    assert_eq!(channels(&server), 10_000);
    let threads = || library_threads();
    thread::scope(|scope| {
        let waits: Vec<_> = ids.iter().step_by(200).map(|id| scope.spawn(|| get(&app, id, LONG))).collect();
        eventually("the threads wait", || app.stats().waiters == 10_050);
        assert_eq!(server.connections(NAME).len(), 2);
        assert_eq!(app.stats().sockets, 2);
        // The second one runs what was given to `then`.
        assert_eq!(threads(), ["celery-callback", "celery-result"]);
        let mut worker = Worker::new(&server);
        for chunk in ids.chunks(500) {
            worker.store_all(chunk, |_| "1".to_owned());
        }
        for wait in waits {
            assert_eq!(wait.join().unwrap().unwrap(), "1");
        }
    });
    crowd.expect(|_| "1".to_owned());
    assert_eq!(app.stats().connects, 2);
    all_is_given_back(&app, &server);
    app.close_wait(Some(LONG)).unwrap();
    assert_eq!(app.stats().sockets, 0);
    eventually("the server sees it too", || server.connections(NAME).is_empty());
    eventually("the threads have ended", || threads().is_empty());
}

#[test]
fn a_thousand_threads_on_one_id_share_one_subscription() {
    let _alone = alone();
    let server = RedisServer::start();
    let app = open(&server);
    thread::scope(|scope| {
        let waits: Vec<_> = (0..1_000).map(|_| scope.spawn(|| get(&app, "shared", LONG))).collect();
        eventually("all wait", || app.stats().waiters == 1_000 && app.stats().subscriptions == 1);
        assert_eq!(channels(&server), 1);
        assert_eq!(app.stats().sockets, 2);
        Worker::new(&server).store("shared", "1");
        for wait in waits {
            assert_eq!(wait.join().unwrap().unwrap(), "1");
        }
    });
    all_is_given_back(&app, &server);
}

#[test]
fn subscriptions_end_with_timeout_cancel_panic_and_close() {
    let _alone = alone();
    let server = RedisServer::start();
    let app = open(&server);
    app.connect(Some(LONG), None).unwrap();
    assert_eq!(channels(&server), 0);
    let handles: Vec<_> = ids("unused", 1_000).iter().map(|id| AsyncResult::new(&app, id).unwrap()).collect();
    assert_eq!((channels(&server), app.stats().subscriptions), (0, 0), "a handle subscribes to nothing");

    for round in 0..5 {
        thread::scope(|scope| {
            for handle in handles.iter().skip(round * 100).take(100) {
                scope.spawn(|| handle.wait(Some(Duration::from_millis(100)), None).unwrap_err());
            }
        });
    }
    let ended = Instant::now();
    all_is_given_back(&app, &server);
    println!("subscriptions were released {:?} after the last timeout", ended.elapsed());

    let cancel = Cancel::new().unwrap();
    thread::scope(|scope| {
        let waits: Vec<_> = handles
            .iter()
            .take(200)
            .map(|handle| scope.spawn(|| handle.wait(None, Some(&cancel)).unwrap_err().status()))
            .collect();
        eventually("all is subscribed", || app.stats().subscriptions == 200);
        cancel.trigger();
        for wait in waits {
            assert_eq!(wait.join().unwrap(), Status::Cancelled);
        }
    });
    all_is_given_back(&app, &server);

    let panicking = GetOptions {
        timeout: Some(LONG),
        interval: Duration::from_millis(10),
        on_interval: Some(Arc::new(|| std::panic::resume_unwind(Box::new("of a callback")))),
        ..GetOptions::default()
    };
    for handle in handles.iter().take(20) {
        let end = catch_unwind(AssertUnwindSafe(|| handle.get(&panicking)));
        assert!(end.is_err(), "{:?}", end.map(|end| end.map(drop)));
    }
    all_is_given_back(&app, &server);

    // A handle that is dropped during its wait does not end it.
    thread::scope(|scope| {
        let handle = AsyncResult::new(&app, "dropped").unwrap();
        let waiting = handle.clone();
        let wait = scope.spawn(move || waiting.wait(Some(LONG), None));
        eventually("it is subscribed", || app.stats().subscriptions == 1);
        drop(handle);
        Worker::new(&server).store("dropped", "1");
        wait.join().unwrap().unwrap();
    });
    all_is_given_back(&app, &server);

    let crowd = Crowd::wait_for(&app, ids("closed", 1_000));
    eventually("all is subscribed", || app.stats().subscriptions == 1_000);
    app.close();
    crowd.expect_status(Status::Closed);
    all_is_given_back(&app, &server);
}

#[test]
fn closing_wakes_everyone_and_gives_everything_back() {
    let _alone = alone();
    let server = RedisServer::start();
    // At any stage: before the link is made, while it is, with all subscribed, and frozen.
    for stage in 0..20_u64 {
        let app = open(&server);
        let crowd = Crowd::wait_for(&app, ids("closing", 1_000));
        thread::scope(|scope| {
            let waits: Vec<_> = (0..50)
                .map(|number| {
                    let app = &app;
                    scope.spawn(move || get(app, &format!("closing-{number}"), LONG).unwrap_err().status())
                })
                .collect();
            match stage {
                18 => eventually("all is subscribed", || app.stats().subscriptions == 1_000),
                19 => server.freeze(),
                _ => thread::sleep(Duration::from_millis(stage)),
            }
            let begun = Instant::now();
            app.close_wait(Some(LONG)).unwrap();
            assert!(begun.elapsed() < SLACK * 2, "{:?} at stage {stage}", begun.elapsed());
            for wait in waits {
                assert_eq!(wait.join().unwrap(), Status::Closed);
            }
        });
        crowd.expect_status(Status::Closed);
        let begun = Instant::now();
        assert_eq!(get(&app, "x", LONG).unwrap_err().status(), Status::Closed);
        assert_eq!(app.connect(None, None).unwrap_err().status(), Status::Closed);
        assert!(begun.elapsed() < SLACK);
        assert_eq!((app.stats().sockets, app.stats().waiters), (0, 0));
    }
    server.thaw();
    eventually("no subscription is left on the server", || channels(&server) == 0);
    eventually("the threads have ended", || library_threads().is_empty());
}

#[test]
fn closing_an_app_in_memory_wakes_everyone() {
    let _alone = alone();
    let app = App::open("memory://", &options(), Log::default()).unwrap();
    let crowd = Crowd::wait_for(&app, ids("closing", 1_000));
    // A thread gives itself its name once it runs.
    eventually("the callback thread runs, and no engine thread", || library_threads() == ["celery-callback"]);
    thread::scope(|scope| {
        let waits: Vec<_> = (0..50).map(|_| scope.spawn(|| get(&app, "closing-0", LONG))).collect();
        eventually("all wait", || app.stats().waiters == 1_050);
        app.close_wait(Some(LONG)).unwrap();
        for wait in waits {
            assert_eq!(wait.join().unwrap().unwrap_err().status(), Status::Closed);
        }
    });
    crowd.expect_status(Status::Closed);
    eventually("the threads have ended", || library_threads().is_empty());
}

/// Waits again and again until `over`; never early, and gives the longest that a wait lasted
/// beyond its deadline.
fn longest_overshoot(app: &App, over: impl Fn() -> bool) -> (usize, Duration) {
    let (mut waits, mut longest) = (0, Duration::ZERO);
    while !over() {
        let timeout = Duration::from_millis(5 + waits % 20);
        let begun = Instant::now();
        let error = get(app, &format!("deadline-{waits}"), timeout).unwrap_err();
        let took = begun.elapsed();
        assert!(error.status().is_timeout(), "{error}");
        assert!(took >= timeout, "early: {took:?} of {timeout:?}");
        longest = longest.max(took.saturating_sub(timeout));
        waits += 1;
    }
    (usize::try_from(waits).unwrap(), longest)
}

#[test]
fn deadlines_hold_during_a_resync_of_a_hundred_thousand_ids() {
    let _alone = alone();
    let server = RedisServer::start();
    let app = open(&server);
    let begun = Instant::now();
    let all = ids("resynced", 100_000);
    let crowd = Crowd::wait_for(&app, all.clone());
    eventually("all is subscribed", || app.stats().subscriptions == 100_000);
    println!("100 000 ids were subscribed in {:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(server.kill_connections(NAME), 2);
    eventually("the app has noticed", || app.stats().subscriptions < 100_000);
    let (waits, longest) = longest_overshoot(&app, || app.stats().subscriptions >= 100_000);
    println!("resync in {:?}; {waits} waits meanwhile, at most {longest:?} late", begun.elapsed());
    assert!(waits > 0 && longest < SLACK, "{longest:?} late");
    let mut worker = Worker::new(&server);
    for chunk in all.chunks(1_000) {
        worker.store_all(chunk, |_| "1".to_owned());
    }
    crowd.expect(|_| "1".to_owned());
    all_is_given_back(&app, &server);
}

#[test]
fn deadlines_hold_while_a_hundred_megabytes_are_read() {
    let _alone = alone();
    let server = RedisServer::start();
    let app = open(&server);
    let _crowd = Crowd::in_the_background(&app, 1_000);
    let value = format!("\"{}\"", "x".repeat(100 << 20));
    Worker::new(&server).set_silently("huge", &record("huge", "SUCCESS", &value));
    thread::scope(|scope| {
        let wait = scope.spawn(|| get(&app, "huge", LONG));
        let (waits, longest) = longest_overshoot(&app, || wait.is_finished());
        println!("{waits} waits while 100 MB were read, at most {longest:?} late");
        assert!(waits > 0 && longest < SLACK, "{longest:?} late");
        assert_eq!(wait.join().unwrap().unwrap().len(), value.len());
    });
    app.close();
    assert_eq!(app.stats().recovered_by_reread, 0);
}
