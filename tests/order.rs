//! The order in which an app's commands reach the server, seen by a scripted Redis: what is stored
//! at the worst moment is found all the same. The periodic re-read is off.
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
    model::{Error, State, Status},
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Crowd,
    eventually,
    fake_redis::{Action, Call, FakeRedis, error},
    stores::{options, success},
    worker::{key, record},
};

const CROWD: usize = 1_000;
const LONG: Duration = Duration::from_secs(20);

fn open(fake: &FakeRedis, protocol: &str) -> App {
    let mut options = options();
    options.set("result_backend_max_sleep_between_retries_ms", "20").unwrap();
    App::open(&format!("redis://127.0.0.1:{}/0?protocol={protocol}", fake.port()), &options, Log::default())
        .unwrap()
}

fn get(app: &App, id: &str, timeout: Duration) -> Result<String, Error> {
    let options = GetOptions { timeout: Some(timeout), ..GetOptions::default() };
    Ok(AsyncResult::new(app, id).unwrap().get(&options)?.value.json().to_owned())
}

fn ids(what: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{what}-{number}")).collect()
}

fn is_read(call: &Call) -> bool {
    matches!(call.name.as_str(), "GET" | "GETRANGE" | "MGET")
}

/// Fails unless each SUBSCRIBE of a key is followed by a read of that key.
fn a_read_follows_every_subscribe(calls: &[Call]) -> usize {
    let mut last_read: HashMap<Vec<u8>, usize> = HashMap::new();
    for (position, call) in calls.iter().enumerate().filter(|(_, call)| is_read(call)) {
        let keys = if call.name == "MGET" { &call.arguments[..] } else { &call.arguments[..1] };
        last_read.extend(keys.iter().map(|key| (key.clone(), position)));
    }
    let mut subscribed = 0;
    for (position, call) in calls.iter().enumerate().filter(|(_, call)| call.name == "SUBSCRIBE") {
        for key in &call.arguments {
            subscribed += 1;
            let read = last_read.get(key).is_some_and(|read| *read > position);
            assert!(read, "{} was not read after its SUBSCRIBE", String::from_utf8_lossy(key));
        }
    }
    subscribed
}

#[test]
fn a_read_follows_every_subscribe_also_after_a_reconnect() {
    for protocol in ["3", "2"] {
        let fake = FakeRedis::start();
        let app = open(&fake, protocol);
        let _crowd = Crowd::in_the_background(&app, CROWD);
        for number in 0..200 {
            // One at a time, each on a live link.
            let looked = get(&app, &format!("single-{number}"), Duration::ZERO);
            assert_eq!(looked.unwrap_err().status(), Status::Timeout);
        }
        eventually("the crowd is subscribed", || app.stats().subscriptions == CROWD as u64);
        for _ in 0..3 {
            let accepted = fake.accepted();
            fake.hang_up();
            eventually("the app is back", || {
                fake.accepted() > accepted && app.stats().subscriptions == CROWD as u64
            });
        }
        // Answered after all reads that were asked for before.
        assert_eq!(get(&app, "last", Duration::ZERO).unwrap_err().status(), Status::Timeout);
        eventually("all has arrived", || fake.calls().iter().filter(|call| is_read(call)).count() > 200);
        let subscribed = a_read_follows_every_subscribe(&fake.calls());
        assert!(subscribed >= CROWD * 4 + 200, "{subscribed}");
        assert_eq!(app.stats().recovered_by_reread, 0);
        app.close();
    }
}

#[test]
fn what_is_stored_between_a_read_and_the_subscription_is_found() {
    for protocol in ["3", "2"] {
        let fake = Arc::new(OnceLock::<FakeRedis>::new());
        let reach = Arc::clone(&fake);
        // The record appears, unannounced, at the last moment before the subscription counts.
        let store_at_subscribe = move |call: &Call| {
            if call.name == "SUBSCRIBE" {
                for index in 0..call.arguments.len() {
                    let key = call.text(index);
                    let id = key.strip_prefix("celery-task-meta-").unwrap();
                    if !id.starts_with("background") {
                        reach.get().unwrap().set(&key, &record(id, "SUCCESS", "1"));
                    }
                }
            }
            Action::Obey
        };
        assert!(fake.set(FakeRedis::scripted(store_at_subscribe.clone())).is_ok());
        let fake = fake.get().unwrap();
        let app = open(fake, protocol);
        let _crowd = Crowd::in_the_background(&app, CROWD);
        // A crowd at once, and one after the other.
        Crowd::wait_for(&app, ids("crowd", CROWD)).expect(|_| "1".to_owned());
        for id in ids("single", 100) {
            assert_eq!(get(&app, &id, LONG).unwrap(), "1");
        }
        // The same at the reconnect.
        fake.script(|_| Action::Obey);
        let crowd = Crowd::wait_for(&app, ids("again", CROWD));
        eventually("all is subscribed", || app.stats().subscriptions == CROWD as u64 * 2);
        assert_eq!(crowd.ended(), 0);
        fake.script(store_at_subscribe);
        fake.hang_up();
        crowd.expect(|_| "1".to_owned());
        assert_eq!(app.stats().recovered_by_reread, 0);
        app.close();
    }
}

#[test]
fn reads_that_the_server_puts_off_stay_owed() {
    for refusal in ["LOADING Redis is loading the dataset in memory", "BUSY a script is running"] {
        let refused = Arc::new(Mutex::new(HashSet::new()));
        let seen = Arc::clone(&refused);
        // The first read of each key is refused; the record is there all the time.
        let fake = FakeRedis::scripted(move |call| {
            if is_read(call) && seen.lock().unwrap().insert(call.arguments[0].clone()) {
                return error(refusal);
            }
            Action::Obey
        });
        let all = ids("put-off", CROWD);
        for id in &all {
            fake.set(&key(id), &record(id, "SUCCESS", "1"));
        }
        let app = open(&fake, "3");
        let begun = Instant::now();
        let crowd = Crowd::wait_for(&app, all);
        // Not taken as absent either: a look ends with the answer of the second read.
        assert_eq!(get(&app, "put-off-0", Duration::ZERO).unwrap(), "1");
        let look = AsyncResult::new(&app, "put-off-1").unwrap();
        assert_eq!(look.state().unwrap(), State::Success);
        crowd.expect(|_| "1".to_owned());
        println!("{refusal}: {:?}", begun.elapsed());
        assert!(!refused.lock().unwrap().is_empty());
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
}

#[test]
fn replies_that_break_off_lose_nothing() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let fake = FakeRedis::scripted(move |call| {
        if !is_read(call) && call.name != "SUBSCRIBE" {
            return Action::Obey;
        }
        match counted.fetch_add(1, Ordering::Relaxed) % 97 {
            13 => Action::Cut(1),
            43 => Action::Cut(20),
            71 => Action::HangUp,
            _ => Action::Obey,
        }
    });
    let all = ids("broken", CROWD);
    for id in &all {
        fake.set(&key(id), &record(id, "SUCCESS", "1"));
    }
    let app = open(&fake, "3");
    thread::scope(|scope| {
        for chunk in all.chunks(CROWD / 8) {
            let app = &app;
            scope.spawn(move || {
                for id in chunk {
                    assert_eq!(get(app, id, LONG).unwrap(), "1");
                }
            });
        }
    });
    assert!(app.stats().connects > 6, "{:?}", app.stats());
    assert_eq!(app.stats().recovered_by_reread, 0);
}

/// Does this to the first command of this name, and obeys otherwise.
fn once(name: &'static str, action: fn() -> Action) -> FakeRedis {
    let done = AtomicUsize::new(0);
    FakeRedis::scripted(move |call| {
        if call.name == name && done.fetch_add(1, Ordering::Relaxed) == 0 { action() } else { Action::Obey }
    })
}

#[test]
fn a_store_that_may_have_happened_says_so() {
    for action in [|| Action::HangUp, || Action::Cut(2)] {
        let fake = once("EXEC", action);
        let app = open(&fake, "3");
        let error = app.store(&success("x", "1")).unwrap_err();
        assert_eq!(error.status(), Status::Uncertain, "{error}");
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("x"));
        assert!(error.is_retriable());
        // Whoever stores again is told whether it had happened: a SUCCESS is kept.
        let had_happened = fake.get(&key("x")).is_some();
        assert_eq!(app.store(&success("x", "1")).unwrap(), !had_happened);
    }
    // No answer at all, up to the deadline.
    let fake = once("EXEC", || Action::Ignore);
    let begun = Instant::now();
    let error = open(&fake, "3").store(&success("x", "1")).unwrap_err();
    assert_eq!(error.status(), Status::Uncertain, "{error}");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_store_that_has_certainly_not_happened_is_made_again() {
    // The look at the old record is lost with the connection, before anything was written.
    for name in ["GETRANGE", "PING"] {
        let fake = once(name, || Action::HangUp);
        assert!(open(&fake, "3").store(&success("x", "1")).unwrap(), "{name}");
        assert!(fake.get(&key("x")).is_some());
    }
}

#[test]
fn a_forget_that_may_have_happened_is_made_again() {
    for action in [|| Action::HangUp, || Action::Cut(2)] {
        let fake = once("DEL", action);
        fake.set(&key("x"), &record("x", "SUCCESS", "1"));
        let app = open(&fake, "3");
        AsyncResult::new(&app, "x").unwrap().forget().unwrap();
        assert!(fake.get(&key("x")).is_none());
    }
}
