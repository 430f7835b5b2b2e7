//! The first look of a wait for many members: what has finished is read in shares and never
//! subscribed to, the rest is waited for as ever, whatever happens meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::Status,
    result::{GetOptions, ResultSet},
    sys::{Cancel, Log},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use support::{
    eventually,
    members::{LONG, ids, long, set, within},
    redis_server::RedisServer,
    stores::{for_each_store, open, options, success},
    worker::Worker,
};

const MANY: usize = 1_000;

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn set_of(app: &App, ids: &[String]) -> ResultSet {
    set(app, ids.iter().map(String::as_str))
}

/// The array of what the worker stores.
fn array(ids: &[String]) -> String {
    let values: Vec<_> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", values.join(", "))
}

fn store_all(worker: &mut Worker, ids: &[String]) {
    worker.store_all(ids, |id| format!("\"{id}\""));
}

#[test]
fn what_has_finished_is_read_in_shares_and_not_subscribed_to() {
    let server = RedisServer::start();
    let ids = ids("finished", MANY);
    store_all(&mut Worker::new(&server), &ids);
    let app = open(&url(&server));
    let outcome = set_of(&app, &ids).get(&long()).unwrap();
    assert_eq!(outcome.value.json(), array(&ids));
    assert_eq!(server.asked("mget"), MANY.div_ceil(128));
    assert_eq!((server.asked("subscribe"), server.asked("getrange")), (0, 0));
}

#[test]
fn what_has_not_finished_is_waited_for() {
    for_each_store(|app| {
        for (name, is_late) in [
            ("none", &(|_| false) as &dyn Fn(usize) -> bool),
            ("few", &|number| number % 100 == 7),
            ("most", &|number| number % 10 != 3),
            ("all", &|_| true),
            ("last", &|number| number >= MANY - 130),
        ] {
            let ids = ids(name, MANY);
            let (late, early): (Vec<_>, Vec<_>) =
                ids.iter().enumerate().partition(|(number, _)| is_late(*number));
            let store = |some: Vec<(usize, &String)>| {
                for (_, id) in some {
                    app.store(&success(id, &format!("\"{id}\""))).unwrap();
                }
            };
            store(early);
            thread::scope(|scope| {
                let waiting = scope.spawn(|| set_of(app, &ids).get(&long()));
                eventually("it waits for the rest", || app.stats().waiters == late.len() as u64);
                store(late);
                assert_eq!(waiting.join().unwrap().unwrap().value.json(), array(&ids), "{name}");
            });
        }
        eventually("no subscription is left", || app.stats().subscriptions == 0);
    });
}

#[test]
fn nothing_is_lost_while_connections_are_killed() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "surveyor").unwrap();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let mut worker = Worker::new(&server);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                server.kill_connections("name=surveyor");
                thread::sleep(Duration::from_millis(3));
            }
        });
        for round in 0..20 {
            let ids = ids(&format!("round-{round}"), 5 * MANY);
            let (early, late) = ids.split_at(4 * MANY);
            store_all(&mut worker, early);
            let outcome = thread::scope(|scope| {
                let waiting = scope.spawn(|| set_of(&app, &ids).get(&long()));
                store_all(&mut worker, late);
                waiting.join().unwrap().unwrap()
            });
            assert_eq!(outcome.value.json(), array(&ids), "round {round}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_survey_begins_before_there_is_a_server() {
    let mut server = RedisServer::start();
    server.kill();
    let app = open(&url(&server));
    let ids = ids("later", MANY);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| set_of(&app, &ids).get(&long()));
        eventually("the app has tried", || app.stats().connects > 0 || app.stats().sockets == 0);
        server.restart();
        store_all(&mut Worker::new(&server), &ids);
        assert_eq!(waiting.join().unwrap().unwrap().value.json(), array(&ids));
    });
}

#[test]
fn where_mget_is_forbidden_members_are_read_one_by_one() {
    let server = RedisServer::start();
    let ids = ids("single", MANY);
    store_all(&mut Worker::new(&server), &ids);
    server.run("ACL SETUSER careful on >pw allchannels allkeys +@all -mget");
    let app = open(&format!("redis://careful:pw@127.0.0.1:{}/0", server.port()));
    for _ in 0..2 {
        assert_eq!(set_of(&app, &ids).get(&long()).unwrap().value.json(), array(&ids));
    }
}

#[test]
fn a_wrong_password_fails_a_wait_for_many_at_once() {
    let server = RedisServer::with(&["--requirepass", "right"]);
    let app = open(&format!("redis://:wrong@127.0.0.1:{}/0", server.port()));
    let error = set_of(&app, &ids("x", MANY)).get(&long()).unwrap_err();
    assert_eq!(error.status(), Status::Auth, "{error}");
}

#[test]
fn deadline_cancel_and_close_end_a_look_that_is_not_answered() {
    let server = RedisServer::start();
    let ids = ids("silent", MANY);
    let app = open(&url(&server));
    app.connect(Some(LONG), None).unwrap();
    server.freeze();
    let error = set_of(&app, &ids).get(&within(50)).unwrap_err();
    assert_eq!(error.status(), Status::Unreachable, "{error}");
    assert!(error.message().contains("1000 of 1000 tasks"), "{error}");
    let cancel = Cancel::new().unwrap();
    let options = GetOptions { cancel: Some(cancel.clone()), ..long() };
    thread::scope(|scope| {
        let waiting = scope.spawn(|| set_of(&app, &ids).get(&options));
        cancel.trigger();
        assert_eq!(waiting.join().unwrap().unwrap_err().status(), Status::Cancelled);
        let waiting = scope.spawn(|| set_of(&app, &ids).get(&long()));
        app.close();
        assert_eq!(waiting.join().unwrap().unwrap_err().status(), Status::Closed);
    });
    server.thaw();
}

#[test]
fn a_record_that_cannot_be_used_is_named() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("max_payload_bytes", "4096").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let ids = ids("odd", MANY);
    let large = format!(r#"{{"status": "SUCCESS", "result": "{}"}}"#, "x".repeat(5_000));
    for (record, status) in [
        ("not json", Status::Decode),
        (r#"{"status": "SUCCESS", "result": nonsense}"#, Status::Decode),
        (&large, Status::TooLarge),
    ] {
        store_all(&mut Worker::new(&server), &ids);
        let key = format!("celery-task-meta-{}", ids[700]);
        redis::cmd("SET").arg(key).arg(record).exec(&mut server.client()).unwrap();
        let error = set_of(&app, &ids).get(&long()).unwrap_err();
        assert_eq!(error.status(), status, "{error}");
        assert_eq!(
            (error.task_id().map(|id| &**id), error.member()),
            (Some("odd-700"), Some(700)),
            "{error}"
        );
    }
}
