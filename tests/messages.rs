//! What is published on a task's channel besides its result: garbage, other tasks' records,
//! records over the limit, lies. The stored record decides, and only who waits for that id is
//! concerned. The periodic re-read is off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    config::Options,
    model::{Error, Status},
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use support::{
    crowd::Crowd,
    eventually,
    redis_server::RedisServer,
    stores::options,
    worker::{Worker, record},
};

const CROWD: usize = 1_000;
const LONG: Duration = Duration::from_secs(20);

/// Each way to receive messages, with a crowd that waits and must not be disturbed.
fn for_each_protocol(options: &Options, test: impl Fn(&App, &RedisServer)) {
    for arguments in [&[][..], &["--rename-command", "HELLO", ""]] {
        let server = RedisServer::with(arguments);
        let url = format!("redis://127.0.0.1:{}/0", server.port());
        let app = App::open(&url, options, Log::default()).unwrap();
        let crowd = Crowd::in_the_background(&app, CROWD);
        eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
        test(&app, &server);
        assert_eq!(crowd.ended(), 0);
        assert_eq!(app.stats().recovered_by_reread, 0);
        app.close();
    }
}

fn get(app: &App, id: &str, timeout: Duration) -> Result<String, Error> {
    let options = GetOptions { timeout: Some(timeout), ..GetOptions::default() };
    Ok(AsyncResult::new(app, id).unwrap().get(&options)?.value.json().to_owned())
}

/// What no task's worker would publish.
fn garbage() -> Vec<Vec<u8>> {
    let mut garbage: Vec<Vec<u8>> = [
        &b""[..],
        b"\0",
        b"\xff\xfe\x80",
        b"null",
        b"[]",
        b"{",
        b"{}",
        b"\"SUCCESS\"",
        b"{\"status\": 1, \"result\": 2}",
        b"{\"status\": null}",
        b"{\"status\": \"SUCCESS\"",
        b"{\"status\": \"SUCCESS\", \"result\": ",
    ]
    .iter()
    .map(|bytes| bytes.to_vec())
    .collect();
    garbage.push(record("another-task", "SUCCESS", "666"));
    garbage.push(record("another-task", "FAILURE", "null"));
    garbage.push(vec![b'['; 100_000]);
    garbage
}

#[test]
fn garbage_on_the_channel_ends_no_wait_and_hides_no_result() {
    for_each_protocol(&options(), |app, server| {
        let mut worker = Worker::new(server);
        let ids: Vec<String> = (0..200).map(|number| format!("noisy-{number}")).collect();
        let crowd = Crowd::wait_for(app, ids.clone());
        eventually("all is subscribed", || app.stats().subscriptions == (CROWD + ids.len()) as u64);
        let garbage = garbage();
        for (number, id) in ids.iter().enumerate() {
            worker.publish(id, &garbage[number % garbage.len()]);
        }
        // On one connection, so what was published has been heard when this is answered.
        eventually("all was heard", || app.stats().messages >= ids.len() as u64);
        assert_eq!(crowd.ended(), 0);
        for (number, id) in ids.iter().enumerate() {
            worker.publish(id, &garbage[(number + 1) % garbage.len()]);
            worker.store(id, "\"true\"");
            worker.publish(id, &garbage[(number + 2) % garbage.len()]);
        }
        crowd.expect(|_| "\"true\"".to_owned());
    });
}

#[test]
fn an_unusable_message_is_answered_by_reading_the_record() {
    for_each_protocol(&options(), |app, server| {
        let mut worker = Worker::new(server);
        for (number, garbage) in garbage().iter().enumerate() {
            let id = format!("announced-{number}");
            let crowd = Crowd::wait_for(app, [id.clone()]);
            eventually("it is subscribed", || app.stats().subscriptions == CROWD as u64 + 1);
            assert_eq!(get(app, &id, Duration::ZERO).unwrap_err().status(), Status::Timeout);
            // Nothing but the message makes the engine look.
            worker.set_silently(&id, &record(&id, "SUCCESS", "1"));
            worker.publish(&id, garbage);
            crowd.expect(|_| "1".to_owned());
            eventually("it is released", || app.stats().subscriptions == CROWD as u64);
        }
    });
}

#[test]
fn a_record_over_the_limit_fails_only_its_own_id() {
    let mut options = options();
    options.set("max_payload_bytes", "64KiB").unwrap();
    for_each_protocol(&options, |app, server| {
        let mut worker = Worker::new(server);
        let large = format!("\"{}\"", "x".repeat(70_000));
        let small = Crowd::wait_for(app, (0..100).map(|number| format!("small-{number}")));
        let stored_small = Crowd::wait_for(app, ["replaced".to_owned()]);
        let stored_large = Crowd::wait_for(app, ["large".to_owned()]);
        eventually("all is subscribed", || app.stats().subscriptions == CROWD as u64 + 102);
        // Published but not stored: a small record is what counts.
        worker.publish("replaced", &record("replaced", "SUCCESS", &large));
        assert_eq!(stored_small.ended(), 0);
        worker.store("replaced", "1");
        worker.store("large", &large);
        for number in 0..100 {
            worker.store(&format!("small-{number}"), "1");
        }
        stored_large.expect_status(Status::TooLarge);
        stored_small.expect(|_| "1".to_owned());
        small.expect(|_| "1".to_owned());
        let error = get(app, "large", LONG).unwrap_err();
        assert_eq!(error.status(), Status::TooLarge);
        assert!(error.message().contains("max_payload_bytes"), "{error}");
        // The limit is the last size that is allowed.
        let frame = record("full", "SUCCESS", "\"\"").len();
        let full = format!("\"{}\"", "x".repeat(65_536 - frame));
        worker.store("full", &full);
        assert_eq!(get(app, "full", LONG).unwrap(), full);
        worker.store("fuller", &full);
        assert_eq!(get(app, "fuller", LONG).unwrap_err().status(), Status::TooLarge);
    });
}

#[test]
fn a_stored_record_that_cannot_be_read_fails_only_its_own_id() {
    for_each_protocol(&options(), |app, server| {
        let mut worker = Worker::new(server);
        let good = Crowd::wait_for(app, (0..100).map(|number| format!("good-{number}")));
        let bad = Crowd::wait_for(app, (0..100).map(|number| format!("bad-{number}")));
        eventually("all is subscribed", || app.stats().subscriptions == CROWD as u64 + 200);
        for number in 0..100 {
            worker.store_bytes(&format!("bad-{number}"), b"{\"status\": \"SUCC");
            worker.store(&format!("good-{number}"), "1");
        }
        good.expect(|_| "1".to_owned());
        bad.expect_status(Status::Decode);
    });
}

#[test]
fn messages_that_are_not_trusted_are_checked_against_the_store() {
    let mut options = options();
    options.set("result_trust_messages", "false").unwrap();
    for_each_protocol(&options, |app, server| {
        let mut worker = Worker::new(server);
        let ids: Vec<String> = (0..100).map(|number| format!("doubted-{number}")).collect();
        let crowd = Crowd::wait_for(app, ids.clone());
        eventually("all is subscribed", || app.stats().subscriptions == (CROWD + ids.len()) as u64);
        for id in &ids {
            worker.publish(id, &record(id, "SUCCESS", "\"a lie\""));
        }
        eventually("the lies were heard", || app.stats().messages >= ids.len() as u64);
        for id in &ids {
            assert_eq!(get(app, id, Duration::ZERO).unwrap_err().status(), Status::Timeout);
        }
        assert_eq!(crowd.ended(), 0);
        for id in &ids {
            worker.store(id, "\"true\"");
        }
        crowd.expect(|_| "\"true\"".to_owned());
    });
}

#[test]
fn intermediate_states_are_seen_also_where_messages_are_not_trusted() {
    let mut options = options();
    options.set("result_trust_messages", "false").unwrap();
    for_each_protocol(&options, |app, server| {
        let mut worker = Worker::new(server);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&seen);
        thread::scope(|scope| {
            let wait = scope.spawn(|| {
                let options = GetOptions {
                    timeout: Some(LONG),
                    on_message: Some(Arc::new(move |meta| {
                        told.lock().unwrap().push(meta.state().to_string());
                    })),
                    ..GetOptions::default()
                };
                AsyncResult::new(app, "watched").unwrap().get(&options).map(|outcome| outcome.value)
            });
            eventually("it is subscribed", || app.stats().subscriptions == CROWD as u64 + 1);
            for state in ["STARTED", "PROGRESS"] {
                worker.store_state("watched", state, "null");
                eventually("the state is seen", || seen.lock().unwrap().iter().any(|seen| seen == state));
            }
            worker.store("watched", "1");
            assert_eq!(wait.join().unwrap().unwrap().json(), "1");
        });
    });
}
