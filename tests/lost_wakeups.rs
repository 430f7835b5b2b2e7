//! Nobody who waits is forgotten, however waits for one id begin and end around a store. The
//! periodic re-read is off, except where it is what is tested.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::{Error, Status},
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::{
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::{Crowd, Random},
    eventually,
    redis_server::RedisServer,
    stores::{for_each_store, open, options, success},
    worker::{Worker, record},
};

/// How many waits are in flight beside the one that is tested.
const CROWD: usize = 1_000;

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn get(app: &App, id: &str, timeout: Duration) -> Result<i64, Error> {
    let options = GetOptions { timeout: Some(timeout), ..GetOptions::default() };
    AsyncResult::new(app, id).unwrap().get(&options)?.value.as_i64()
}

const LONG: Duration = Duration::from_secs(20);

/// Both kinds of connection for events, with a crowd that waits.
fn for_each_protocol(test: impl Fn(&App, &RedisServer)) {
    for arguments in [&[][..], &["--rename-command", "HELLO", ""]] {
        let server = RedisServer::with(arguments);
        let app = open(&url(&server));
        let _crowd = Crowd::in_the_background(&app, CROWD);
        eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
        test(&app, &server);
        assert_eq!(app.stats().recovered_by_reread, 0);
        app.close();
    }
}

#[test]
fn a_second_wait_for_a_subscribed_id_looks_at_the_store() {
    for_each_protocol(|app, server| {
        let mut worker = Worker::new(server);
        for round in 0..50 {
            let id = format!("silent-{round}");
            let first = Crowd::wait_for(app, [id.clone()]);
            eventually("the first wait is subscribed", || app.stats().subscriptions == CROWD as u64 + 1);
            // Once this is answered, so is the first wait's own read.
            assert_eq!(get(app, &id, Duration::ZERO).unwrap_err().status(), Status::Timeout);
            worker.set_silently(&id, &record(&id, "SUCCESS", "7"));
            let begun = Instant::now();
            assert_eq!(get(app, &id, LONG).unwrap(), 7);
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            // What the second wait found is the first one's result too.
            first.expect(|_| "7".to_owned());
            eventually("the subscription is gone", || app.stats().subscriptions == CROWD as u64);
        }
    });
}

#[test]
fn a_wait_that_begins_while_the_last_one_unsubscribes_is_woken() {
    for_each_protocol(|app, server| {
        let mut random = Random::seeded("unsubscribe in flight");
        let seeds: Vec<u64> = (0..8).map(|_| random.below(u64::MAX)).collect();
        thread::scope(|scope| {
            for (number, seed) in seeds.into_iter().enumerate() {
                let mut worker = Worker::new(server);
                scope.spawn(move || {
                    let mut random = Random::from(seed);
                    for round in 0..150 {
                        let id = format!("crossing-{number}-{round}");
                        for _ in 0..random.below(4) {
                            // Ends by its deadline and leaves an UNSUBSCRIBE behind.
                            let _ = get(app, &id, random.micros(1_500) + Duration::from_micros(1));
                        }
                        let moment = random.micros(2_000);
                        thread::scope(|scope| {
                            let wait = scope.spawn(|| get(app, &id, LONG));
                            thread::sleep(moment);
                            worker.store(&id, "1");
                            assert_eq!(wait.join().unwrap().unwrap(), 1, "{id}");
                        });
                    }
                });
            }
        });
        eventually("only the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
    });
}

#[test]
fn a_wait_outlives_a_forget() {
    for_each_store(|app| {
        let _crowd = Crowd::in_the_background(app, CROWD);
        for round in 0..50 {
            let id = format!("forgotten-{round}");
            let result = AsyncResult::new(app, &id).unwrap();
            thread::scope(|scope| {
                let wait = scope.spawn(|| get(app, &id, LONG));
                eventually("the wait has begun", || app.stats().waiters == CROWD as u64 + 1);
                result.forget().unwrap();
                app.store(&success(&id, "3")).unwrap();
                assert_eq!(wait.join().unwrap().unwrap(), 3);
                // Another handle, so nothing is remembered.
                AsyncResult::new(app, &id).unwrap().forget().unwrap();
            });
            assert_eq!(get(app, &id, Duration::ZERO).unwrap_err().status(), Status::Timeout);
        }
        app.close();
    });
}

#[test]
fn a_timeout_of_zero_is_one_look_also_on_a_fresh_app() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    worker.set_silently("there", &record("there", "SUCCESS", "5"));
    worker.set_silently("begun", &record("begun", "STARTED", "null"));
    for _ in 0..50 {
        let app = open(&url(&server));
        assert_eq!(get(&app, "there", Duration::ZERO).unwrap(), 5);
        assert_eq!(get(&app, "begun", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        let app = open(&url(&server));
        let begun = Instant::now();
        assert_eq!(get(&app, "not-there", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        // One look ends with its answer, not with operation_timeout_ms.
        assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
}

#[test]
fn a_timeout_of_zero_sees_what_was_stored_silently_a_moment_ago() {
    for_each_protocol(|app, server| {
        let mut worker = Worker::new(server);
        let waiting = Crowd::wait_for(app, (0..200).map(|number| format!("look-{number}")));
        for number in 0..200 {
            let id = format!("look-{number}");
            worker.set_silently(&id, &record(&id, "SUCCESS", "9"));
            assert_eq!(get(app, &id, Duration::ZERO).unwrap(), 9, "{id}");
        }
        waiting.expect(|_| "9".to_owned());
    });
}

#[test]
fn a_lost_publish_is_found_by_the_sweep_and_counted() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let mut options = options();
    options.set("result_reread_interval", "1s").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let _crowd = Crowd::in_the_background(&app, CROWD);
    let ids: Vec<String> = (0..100).map(|number| format!("unpublished-{number}")).collect();
    let waiting = Crowd::wait_for(&app, ids.clone());
    eventually("all is subscribed", || app.stats().subscriptions == (CROWD + ids.len()) as u64);
    for id in &ids {
        // The first read of each was asked for before this one: only the sweep can find what comes now.
        assert_eq!(get(&app, id, Duration::from_millis(0)).unwrap_err().status(), Status::Timeout);
        worker.set_silently(id, &record(id, "SUCCESS", "4"));
    }
    waiting.expect(|_| "4".to_owned());
    assert_eq!(app.stats().recovered_by_reread, 100);
    app.close();
}

#[test]
fn a_wait_reads_once_more_shortly_before_its_deadline() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let mut options = options();
    // The sweep is on but comes too late for this wait.
    options.set("result_reread_interval", "60s").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    app.connect(Some(LONG), None).unwrap();
    thread::scope(|scope| {
        let wait = scope.spawn(|| get(&app, "late", Duration::from_secs(1)));
        eventually("the wait is subscribed", || app.stats().subscriptions == 1);
        assert_eq!(get(&app, "late", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        worker.set_silently("late", &record("late", "SUCCESS", "2"));
        assert_eq!(wait.join().unwrap().unwrap(), 2);
    });
    assert_eq!(app.stats().recovered_by_reread, 1);
}

#[test]
fn a_silent_set_is_not_found_while_the_sweep_is_off() {
    // What the other tests rely on: nothing but the protocol finds their results.
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let app = open(&url(&server));
    app.connect(Some(LONG), None).unwrap();
    thread::scope(|scope| {
        let wait = scope.spawn(|| get(&app, "silent", Duration::from_millis(500)));
        eventually("the wait is subscribed", || app.stats().subscriptions == 1);
        assert_eq!(get(&app, "silent", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        worker.set_silently("silent", &record("silent", "SUCCESS", "2"));
        assert_eq!(wait.join().unwrap().unwrap_err().status(), Status::Timeout);
    });
}
