//! Storing as a worker does, as others see it: a plain subscriber, the key and its time to live,
//! other apps that wait. What the bytes look like is tested with the codec; what a broken link does
//! to a store in `order.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::{Extended, Record, RecordValue, ResultTuple, State, Status},
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::{thread, time::Duration};
use support::{
    crowd::Crowd,
    eventually,
    fake_redis::FakeRedis,
    redis_server::RedisServer,
    stores::{for_each_store, options, success},
    worker::{Worker, key},
};

const CROWD: usize = 1_000;
const LONG: Duration = Duration::from_secs(20);

type Settings<'a> = &'a [(&'a str, &'a str)];

fn open(url: &str, set: Settings<'_>) -> App {
    let mut options = options();
    for (name, value) in set {
        options.set(name, value).unwrap();
    }
    App::open(url, &options, Log::default()).unwrap()
}

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn failure(id: &str) -> Record {
    let mut record = Record::new(id, State::Failure);
    record.value = RecordValue::Exception {
        class: "ValueError".to_owned(),
        module: "builtins".to_owned(),
        args: "[\"bad\"]".to_owned(),
    };
    record.traceback = Some("Traceback (most recent call last):\nValueError: bad\n".to_owned());
    record
}

fn stored(server: &RedisServer, id: &str) -> Vec<u8> {
    redis::cmd("GET").arg(key(id)).query(&mut server.client()).unwrap()
}

fn ttl(server: &RedisServer, id: &str) -> i64 {
    redis::cmd("TTL").arg(key(id)).query(&mut server.client()).unwrap()
}

#[test]
fn a_subscriber_gets_the_bytes_that_are_stored() {
    let server = RedisServer::start();
    let app = open(&url(&server), &[("result_extended", "true")]);
    let mut records = vec![success("sent-0", "{\"x\": [1, 2.5, null, \"\u{e9}\"]}"), failure("sent-1")];
    for (number, state) in ["STARTED", "RETRY", "REVOKED", "PROGRESS", "PENDING"].into_iter().enumerate() {
        let mut record = failure(&format!("sent-{}", number + 2));
        record.state = State::from_name(state);
        if !record.state.is_exception() {
            record.value = RecordValue::Json("{\"done\": 1}".to_owned());
        }
        record.children = Some(Vec::<ResultTuple>::new());
        record.extended = Some(Extended { name: Some("tasks.add".to_owned()), ..Extended::default() });
        records.push(record);
    }
    let mut client = server.client();
    let mut subscriber = client.as_pubsub();
    subscriber.set_read_timeout(Some(LONG)).unwrap();
    subscriber.psubscribe("*").unwrap();
    for record in &records {
        assert!(app.store(record).unwrap());
        let message = subscriber.get_message().unwrap();
        assert_eq!(message.get_channel_name(), key(&record.task_id));
        let bytes = stored(&server, &record.task_id);
        assert_eq!(message.get_payload_bytes(), bytes, "{record:?}");
        let status = format!("{{\"status\": \"{}\", \"result\": ", record.state);
        assert!(bytes.starts_with(status.as_bytes()), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn the_transaction_is_the_one_that_celery_sends() {
    let fake = FakeRedis::start();
    let url = format!("redis://127.0.0.1:{}/0", fake.port());
    for (expires, names) in
        [("100", ["MULTI", "SETEX", "PUBLISH", "EXEC"]), ("0", ["MULTI", "SET", "PUBLISH", "EXEC"])]
    {
        let id = format!("kept-{expires}");
        open(&url, &[("result_expires", expires)]).store(&success(&id, "1")).unwrap();
        let calls = fake.calls();
        let begin = calls.iter().rposition(|call| call.name == "MULTI").unwrap();
        let carried_out: Vec<&str> = calls[begin..].iter().map(|call| call.name.as_str()).collect();
        assert_eq!(carried_out, names);
        let (set, publish) = (&calls[begin + 1], &calls[begin + 2]);
        assert_eq!((set.text(0), publish.text(0)), (key(&id), key(&id)));
        assert_eq!(set.arguments.last(), publish.arguments.last());
        if expires != "0" {
            assert_eq!(set.text(1), expires);
        }
    }
}

#[test]
fn records_expire_as_the_settings_say() {
    let server = RedisServer::start();
    let cases: [(Settings<'_>, i64, i64); 6] = [
        (&[], 86_400, 86_400),
        (&[("result_expires", "100")], 100, 100),
        (&[("result_expires", "100"), ("result_failure_expires", "7")], 100, 7),
        (&[("result_expires", "0")], -1, -1),
        (&[("result_expires", "null")], -1, -1),
        (&[("result_expires", "100"), ("result_failure_expires", "0")], 100, -1),
    ];
    for (number, (set, good, bad)) in cases.into_iter().enumerate() {
        let app = open(&url(&server), set);
        let (good_id, bad_id) = (format!("good-{number}"), format!("bad-{number}"));
        app.store(&success(&good_id, "1")).unwrap();
        app.store(&failure(&bad_id)).unwrap();
        for (id, expected) in [(good_id, good), (bad_id, bad)] {
            let left = ttl(&server, &id);
            let right = left == expected || (expected > 0 && left == expected - 1);
            assert!(right, "{id} with {set:?} is kept for {left} s, not {expected}");
        }
    }
}

#[test]
fn a_record_in_memory_expires_too() {
    let app = open("memory://", &[("result_expires", "1s"), ("result_failure_expires", "0")]);
    app.store(&success("short", "1")).unwrap();
    app.store(&failure("long")).unwrap();
    let short = AsyncResult::new(&app, "short").unwrap();
    assert!(short.exists().unwrap());
    eventually("the record has expired", || !short.exists().unwrap());
    assert!(AsyncResult::new(&app, "long").unwrap().exists().unwrap());
}

#[test]
fn a_success_stays_whatever_is_stored_after_it() {
    for_each_store(|app| {
        assert!(app.store(&failure("sticky")).unwrap());
        assert!(app.store(&success("sticky", "1")).unwrap());
        for record in [failure("sticky"), success("sticky", "2"), Record::new("sticky", State::Started)] {
            assert!(!app.store(&record).unwrap(), "{record:?}");
        }
        let outcome = AsyncResult::new(app, "sticky").unwrap().get(&GetOptions::default()).unwrap();
        assert_eq!(outcome.value.json(), "1");
        AsyncResult::new(app, "sticky").unwrap().forget().unwrap();
        assert!(app.store(&failure("sticky")).unwrap(), "what was forgotten is not kept");
    });
}

#[test]
fn a_success_that_is_kept_keeps_its_time_to_live_and_is_not_published_again() {
    let server = RedisServer::start();
    let app = open(&url(&server), &[("result_expires", "50")]);
    app.store(&success("sticky", "1")).unwrap();
    redis::cmd("EXPIRE").arg(key("sticky")).arg(20).exec(&mut server.client()).unwrap();
    let before = stored(&server, "sticky");
    let mut client = server.client();
    let mut subscriber = client.as_pubsub();
    subscriber.set_read_timeout(Some(LONG)).unwrap();
    subscriber.psubscribe("*").unwrap();
    assert!(!app.store(&failure("sticky")).unwrap());
    app.store(&success("mark", "1")).unwrap();
    assert_eq!(subscriber.get_message().unwrap().get_channel_name(), key("mark"));
    assert_eq!(stored(&server, "sticky"), before);
    assert!(ttl(&server, "sticky") <= 20);
    // What stands there and cannot be read is replaced, as Celery does with PENDING.
    Worker::new(&server).set_silently("junk", b"not a record");
    assert!(app.store(&success("junk", "1")).unwrap());
}

#[test]
fn a_thousand_stores_from_sixteen_threads_wake_another_app() {
    let server = RedisServer::start();
    let (storing, waiting) = (open(&url(&server), &[]), open(&url(&server), &[]));
    let (storing_near, waiting_near) = (open("memory://stores", &[]), open("memory://stores", &[]));
    for (storing, waiting) in [(storing, waiting), (storing_near, waiting_near)] {
        let ids: Vec<String> = (0..CROWD).map(|number| format!("shared-{number}")).collect();
        let crowd = Crowd::wait_for(&waiting, ids.clone());
        thread::scope(|scope| {
            for chunk in ids.chunks(CROWD / 16) {
                let storing = &storing;
                scope.spawn(move || {
                    for id in chunk {
                        assert!(storing.store(&success(id, &format!("\"{id}\""))).unwrap());
                    }
                });
            }
        });
        crowd.expect(|id| format!("\"{id}\""));
        assert_eq!(waiting.stats().recovered_by_reread, 0);
    }
}

#[test]
fn what_cannot_be_stored_is_refused_before_anything_is_sent() {
    let server = RedisServer::start();
    let small = [("max_payload_bytes", "10KiB")];
    for app in [open(&url(&server), &small), open("memory://", &small)] {
        let large = success("large", &format!("\"{}\"", "x".repeat(10_240)));
        assert_eq!(app.store(&large).unwrap_err().status(), Status::TooLarge);
        let status = app.store(&success("broken", "{\"x\": ")).unwrap_err().status();
        assert!(matches!(status, Status::Encode | Status::InvalidArgument), "{status:?}");
        let mut naked = Record::new("naked", State::Failure);
        naked.value = RecordValue::Json("\"no exception\"".to_owned());
        assert_eq!(app.store(&naked).unwrap_err().status(), Status::InvalidArgument);
        for (id, state) in [("", "SUCCESS"), ("nameless", ""), (&"i".repeat(16_385), "SUCCESS")] {
            let status = app.store(&Record::new(id, State::from_name(state))).unwrap_err().status();
            assert_eq!(status, Status::InvalidArgument, "{} {state}", id.len());
        }
        for id in ["large", "broken", "naked", "nameless"] {
            assert!(!AsyncResult::new(&app, id).unwrap().exists().unwrap(), "{id}");
        }
    }
}
