//! What goes wrong with a server, and the status and the time that a wait has then: never early,
//! `Timeout` where the record was read since the call began, otherwise `Unreachable`; and at once
//! for what waiting cannot cure, as long as the app has never been connected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    config::Options,
    model::{Error, Status},
    result::{AsyncResult, GetOptions},
    sys::{Level, Log},
};
use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Crowd,
    eventually,
    redis_server::{RedisServer, free_port},
    stores::{self, options, success},
    worker::Worker,
};

const CROWD: usize = 1_000;
const LONG: Duration = Duration::from_secs(20);
/// What a wait may last beyond its deadline on a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(1);

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn patient() -> Options {
    let mut options = options();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    options
}

fn open(url: &str) -> App {
    App::open(url, &patient(), Log::default()).unwrap()
}

/// With the time that an operation has by default, for tests of what happens then.
fn open_bounded(url: &str) -> App {
    let mut options = patient();
    options.set("operation_timeout_ms", "1000").unwrap();
    App::open(url, &options, Log::default()).unwrap()
}

fn get_with(app: &App, id: &str, options: GetOptions) -> Result<i64, Error> {
    AsyncResult::new(app, id).unwrap().get(&options)?.value.as_i64()
}

fn get(app: &App, id: &str, timeout: Duration) -> Result<i64, Error> {
    get_with(app, id, GetOptions { timeout: Some(timeout), ..GetOptions::default() })
}

/// The wait ends with this status exactly at its deadline.
#[track_caller]
fn ends_at_deadline(app: &App, id: &str, millis: u64, status: Status) {
    let timeout = Duration::from_millis(millis);
    let begun = Instant::now();
    let error = get(app, id, timeout).unwrap_err();
    let took = begun.elapsed();
    assert_eq!(error.status(), status, "{error}");
    assert!(took >= timeout && took < timeout + SLACK, "{timeout:?} took {took:?}");
}

/// The call ends with this status long before its deadline.
#[track_caller]
fn ends_at_once<T: std::fmt::Debug>(status: Status, call: impl FnOnce() -> Result<T, Error>) -> Error {
    let begun = Instant::now();
    let error = call().unwrap_err();
    assert_eq!(error.status(), status, "{error}");
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    error
}

#[test]
fn a_server_that_is_not_there_is_unreachable_at_the_deadline() {
    let app = open_bounded(&format!("redis://127.0.0.1:{}/0", free_port()));
    let _crowd = Crowd::in_the_background(&app, CROWD);
    ends_at_deadline(&app, "x", 300, Status::Unreachable);
    let begun = Instant::now();
    let error = get(&app, "x", Duration::ZERO).unwrap_err();
    assert_eq!(error.status(), Status::Unreachable);
    assert!(error.message().contains("127.0.0.1"), "{error}");
    // One look has the time of an operation: a server may be just starting.
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(app.store(&success("x", "1")).unwrap_err().status(), Status::Unreachable);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let timeout = Some(Duration::from_millis(200));
    assert_eq!(app.connect(timeout, None).unwrap_err().status(), Status::Unreachable);
    let begun = Instant::now();
    assert_eq!(app.connect(Some(Duration::ZERO), None).unwrap_err().status(), Status::Unreachable);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    app.close();
}

#[test]
fn a_server_that_appears_during_the_wait_is_found() {
    let mut server = RedisServer::start();
    server.kill();
    let app = open(&url(&server));
    let crowd = Crowd::wait_for(&app, (0..CROWD).map(|number| format!("early-{number}")));
    thread::scope(|scope| {
        let wait = scope.spawn(|| get(&app, "early", LONG));
        // Several attempts have failed by the end of this.
        ends_at_deadline(&app, "early", 200, Status::Unreachable);
        server.restart();
        let mut worker = Worker::new(&server);
        worker.store("early", "6");
        let ids: Vec<String> = (0..CROWD).map(|number| format!("early-{number}")).collect();
        worker.store_all(&ids, |_| "6".to_owned());
        assert_eq!(wait.join().unwrap().unwrap(), 6);
    });
    crowd.expect(|_| "6".to_owned());
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_server_that_goes_away_never_ends_a_wait_early() {
    let mut server = RedisServer::start();
    let app = open(&url(&server));
    let _crowd = Crowd::in_the_background(&app, CROWD);
    eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
    thread::scope(|scope| {
        let before = scope.spawn(|| ends_at_deadline(&app, "read-before", 1_500, Status::Timeout));
        eventually("the wait is subscribed", || app.stats().subscriptions == CROWD as u64 + 1);
        // Once this is answered, so is the read of the wait before.
        assert_eq!(get(&app, "read-before", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        server.kill();
        eventually("the app has noticed", || app.stats().sockets == 0);
        ends_at_deadline(&app, "read-before", 300, Status::Unreachable);
        ends_at_deadline(&app, "never-read", 300, Status::Unreachable);
        before.join().unwrap();
    });
    app.close();
}

#[test]
fn a_frozen_server_never_ends_a_wait_early_and_is_used_again_when_it_thaws() {
    let server = RedisServer::start();
    let mut options = patient();
    options.set("health_interval", "300ms").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let ids: Vec<String> = (0..CROWD).map(|number| format!("frozen-{number}")).collect();
    let crowd = Crowd::wait_for(&app, ids.clone());
    eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
    thread::scope(|scope| {
        let wait = scope.spawn(|| get(&app, "frozen", LONG));
        let before = scope.spawn(|| ends_at_deadline(&app, "read-before", 1_200, Status::Timeout));
        eventually("both are subscribed", || app.stats().subscriptions == CROWD as u64 + 2);
        assert_eq!(get(&app, "read-before", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        server.freeze();
        ends_at_deadline(&app, "read-before", 200, Status::Unreachable);
        ends_at_deadline(&app, "other", 200, Status::Unreachable);
        before.join().unwrap();
        server.thaw();
        let mut worker = Worker::new(&server);
        worker.store("frozen", "8");
        worker.store_all(&ids, |_| "8".to_owned());
        assert_eq!(wait.join().unwrap().unwrap(), 8);
    });
    crowd.expect(|_| "8".to_owned());
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_wrong_password_fails_at_once_before_the_first_connect() {
    let server = RedisServer::with(&["--requirepass", "right"]);
    for credentials in [":wrong@", "", "nobody:right@"] {
        let app = open(&format!("redis://{credentials}127.0.0.1:{}/0", server.port()));
        let crowd = Crowd::wait_for(&app, (0..CROWD).map(|number| format!("locked-{number}")));
        let error = ends_at_once(Status::Auth, || get(&app, "x", LONG));
        assert!(!error.message().contains("wrong"), "{error}");
        crowd.expect_status(Status::Auth);
        ends_at_once(Status::Auth, || AsyncResult::new(&app, "x").unwrap().state());
        ends_at_once(Status::Auth, || app.store(&success("x", "1")));
        ends_at_once(Status::Auth, || app.connect(None, None));
        assert_eq!(app.stats().waiters, 0);
    }
}

#[test]
fn a_wrong_password_after_the_first_connect_is_waited_out() {
    let server = RedisServer::with(&["--requirepass", "right"]);
    let app = open(&format!("redis://:right@127.0.0.1:{}/0", server.port()));
    let ids: Vec<String> = (0..CROWD).map(|number| format!("rotated-{number}")).collect();
    let crowd = Crowd::wait_for(&app, ids.clone());
    eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
    let mut admin = server.client();
    let mut worker = Worker::new(&server);
    let mut set_password = |password: &str| {
        redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(password).exec(&mut admin).unwrap();
        redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").exec(&mut admin).unwrap();
    };
    set_password("rotated");
    eventually("the app is locked out", || app.stats().sockets == 0);
    ends_at_deadline(&app, "x", 300, Status::Unreachable);
    worker.store_all(&ids, |_| "2".to_owned());
    assert_eq!(crowd.ended(), 0);
    set_password("right");
    crowd.expect(|_| "2".to_owned());
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_database_that_does_not_exist_fails_at_once() {
    let server = RedisServer::with(&["--databases", "4"]);
    let app = open(&format!("redis://127.0.0.1:{}/4", server.port()));
    ends_at_once(Status::BadDatabase, || get(&app, "x", LONG));
    ends_at_once(Status::BadDatabase, || app.connect(Some(LONG), None));
}

/// Adds a user with these rules and opens an app as that user.
fn open_as(server: &RedisServer, user: &str, rules: &str, log: Log) -> App {
    server.run(&format!("ACL SETUSER {user} on >pw {rules}"));
    let url = format!("redis://{user}:pw@127.0.0.1:{}/0", server.port());
    App::open(&url, &patient(), log).unwrap()
}

#[test]
fn reads_that_the_access_rules_forbid_fail_at_once() {
    let server = RedisServer::start();
    let app = open_as(&server, "blind", "allchannels allkeys +@all -@read", Log::default());
    let crowd = Crowd::wait_for(&app, (0..CROWD).map(|number| format!("forbidden-{number}")));
    ends_at_once(Status::Permission, || get(&app, "x", LONG));
    crowd.expect_status(Status::Permission);
    // One key out of reach is no reason to give up the others.
    let app = open_as(&server, "half", "allchannels ~celery-task-meta-mine* +@all", Log::default());
    Worker::new(&server).store("mine", "1");
    assert_eq!(get(&app, "mine", LONG).unwrap(), 1);
    let writer = open_as(&server, "reader", "allchannels allkeys +@all -@write", Log::default());
    ends_at_once(Status::Permission, || writer.store(&success("x", "1")));
}

#[test]
fn where_subscribe_is_forbidden_records_are_polled_and_the_log_names_the_rule() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let log = Log::new(move |level, _, message| {
        if level == Level::Error {
            told.lock().unwrap().push(message.to_owned());
        }
    });
    for arguments in [&[][..], &["--rename-command", "HELLO", ""]] {
        let server = RedisServer::with(arguments);
        let app = open_as(&server, "deaf", "resetchannels allkeys +@all", log.clone());
        let _crowd = Crowd::in_the_background(&app, CROWD);
        let mut worker = Worker::new(&server);
        let often = || GetOptions {
            timeout: Some(LONG),
            interval: Duration::from_millis(100),
            ..GetOptions::default()
        };
        app.connect(Some(LONG), None).unwrap();
        thread::scope(|scope| {
            let wait = scope.spawn(|| get_with(&app, "polled", often()));
            eventually("it waits", || app.stats().waiters == CROWD as u64 + 1);
            let look = get(&app, "polled", Duration::ZERO);
            assert_eq!(look.unwrap_err().status(), Status::Timeout);
            worker.store("polled", "5");
            let stored = Instant::now();
            assert_eq!(wait.join().unwrap().unwrap(), 5);
            assert!(stored.elapsed() < Duration::from_millis(100) + SLACK, "{:?}", stored.elapsed());
        });
        let named = |line: &String| line.contains("+subscribe &celery-task-meta-*");
        assert!(lines.lock().unwrap().drain(..).any(|line| named(&line)), "the log names the rule");
        assert_eq!(app.stats().subscriptions, 0);
        assert_eq!(app.stats().recovered_by_reread, 0);
        app.close();
    }
}

#[test]
fn polling_does_not_become_more_frequent_with_every_wait() {
    let server = RedisServer::start();
    let app = open_as(&server, "deaf", "resetchannels allkeys +@all", Log::default());
    for _ in 0..200 {
        // Each begins and ends its own wait for an id that is polled every 500 ms.
        let _ = get(&app, "again", Duration::from_millis(2));
    }
    let before = server.reads();
    ends_at_deadline(&app, "again", 2_000, Status::Timeout);
    let made = server.reads() - before;
    assert!(made <= 10, "{made} reads in 2 s at an interval of 500 ms");
}

#[test]
fn a_replica_takes_no_stores_and_wakes_waits_all_the_same() {
    let (main, replica) = (RedisServer::start(), RedisServer::start());
    replica.run(&format!("REPLICAOF 127.0.0.1 {}", main.port()));
    eventually("the replica is in sync", || {
        let info: String = redis::cmd("INFO").arg("replication").query(&mut replica.client()).unwrap();
        info.contains("master_link_status:up")
    });
    let app = open_bounded(&url(&replica));
    let ids: Vec<String> = (0..CROWD).map(|number| format!("replicated-{number}")).collect();
    let crowd = Crowd::wait_for(&app, ids.clone());
    eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
    let begun = Instant::now();
    let error = app.store(&success("x", "1")).unwrap_err();
    // The deadline may come while it has just been sent once more.
    if error.status() != Status::Uncertain {
        assert_eq!(error.status(), Status::Unreachable, "{error}");
        assert!(error.message().contains("READONLY"), "{error}");
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "a failover may be under way");
    Worker::new(&main).store_all(&ids, |_| "3".to_owned());
    crowd.expect(|_| "3".to_owned());
    // A store that meets the end of the failover is carried out.
    thread::scope(|scope| {
        let store = scope.spawn(|| app.store(&success("x", "1")));
        thread::sleep(Duration::from_millis(200));
        replica.run("REPLICAOF NO ONE");
        assert!(store.join().unwrap().unwrap());
    });
    assert_eq!(get(&app, "x", Duration::ZERO).unwrap(), 1);
    // A replica that has lost its main server and must not answer.
    replica.run("CONFIG SET replica-serve-stale-data no");
    replica.run(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    ends_at_deadline(&app, "y", 300, Status::Unreachable);
    replica.run("REPLICAOF NO ONE");
    ends_at_deadline(&app, "y", 300, Status::Timeout);
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_server_that_is_loading_is_waited_for() {
    let mut server = RedisServer::with(&[
        // Two seconds to load, with a look at its clients after every kilobyte.
        "--key-load-delay",
        "1000",
        "--loading-process-events-interval-bytes",
        "1024",
    ]);
    let ids: Vec<String> = (0..CROWD * 2).map(|number| format!("loaded-{number}")).collect();
    Worker::new(&server).store_all(&ids, |_| format!("\"{}\"", "z".repeat(1_000)));
    server.run("SAVE");
    let connected = open(&url(&server));
    let mut crowd = Crowd::wait_for(&connected, ["not-there".to_owned()]);
    connected.connect(Some(LONG), None).unwrap();
    let fresh = open(&url(&server));
    thread::scope(|scope| {
        server.kill();
        eventually("the app has noticed", || connected.stats().sockets == 0);
        crowd.join(&connected, ids.iter().cloned());
        let loading = scope.spawn(|| server.restart());
        let begun = Instant::now();
        eventually("the app is connected", || connected.stats().sockets == 2);
        ends_at_deadline(&connected, "x", 200, Status::Unreachable);
        ends_at_deadline(&fresh, "x", 200, Status::Unreachable);
        assert!(!loading.is_finished(), "the server was loading all the time, {:?}", begun.elapsed());
        let outcome = AsyncResult::new(&fresh, "loaded-7").unwrap().wait(Some(LONG), None);
        outcome.unwrap();
        loading.join().unwrap();
    });
    Worker::new(&server).store("not-there", "1");
    let ends = crowd.ends();
    assert!(ends.values().all(Result::is_ok), "{:?}", ends.values().find(|end| end.is_err()));
    assert_eq!(connected.stats().recovered_by_reread, 0);
}

#[test]
fn one_look_connects_to_a_server_that_is_there() {
    let server = RedisServer::start();
    let app = open(&url(&server));
    app.connect(Some(Duration::ZERO), None).unwrap();
    assert_eq!(app.stats().connects, 2);
}

#[test]
fn memory_is_always_there() {
    let app = stores::open("memory://");
    app.connect(Some(Duration::ZERO), None).unwrap();
    ends_at_deadline(&app, "x", 50, Status::Timeout);
    ends_at_deadline(&app, "x", 0, Status::Timeout);
}
