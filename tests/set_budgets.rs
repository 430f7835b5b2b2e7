//! What waiting for a set costs, and how it ends when it does not end well: deadlines, tokens,
//! closed apps, servers that are away, records that cannot be read. The periodic re-read is off,
//! except where it is what is tested.
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
    result::{AsyncResult, GetOptions, IterNative, ResultBase, ResultSet},
    sys::{Cancel, Log},
};
use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Random,
    eventually,
    members::{LONG, each, group, ids, long, quiet, set, task, within},
    redis_server::{RedisServer, free_port},
    stores::{all_is_given_back, for_each_store, open, options, success},
    worker::{Worker, key, record},
};

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn texts(ids: &[String]) -> impl Iterator<Item = &str> {
    ids.iter().map(String::as_str)
}

fn count(commands: &HashMap<String, usize>, name: &str) -> usize {
    commands.get(name).copied().unwrap_or_default()
}

/// Every way to wait for a set; `wait` knows no absence.
fn each_way(set: &ResultSet, options: &GetOptions) -> Vec<(&'static str, Option<Error>)> {
    let walk = |mut walk: IterNative| loop {
        match walk.next() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    };
    let mut ends = vec![
        ("get", set.get(options).err()),
        ("join", set.join(options).err()),
        ("iter_native", walk(set.iter_native(options).unwrap())),
    ];
    if options.absent_timeout.is_none() {
        ends.push(("wait", set.wait(options.timeout, options.cancel.as_ref()).err()));
    }
    ends
}

#[test]
fn a_group_that_is_done_costs_one_batched_read() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let ids = ids("done", 1_000);
    worker.store_all(&ids, |_| "1".to_owned());
    let parents: Vec<_> = (0..1_000).map(|number| format!("parent-{number}")).collect();
    worker.store_all(&parents[..500], |_| "1".to_owned());
    let app = open(&url(&server));
    app.connect(Some(LONG), None).unwrap();
    for options in [long(), within(0)] {
        for way in ["get", "join", "nested", "parents"] {
            let members = match way {
                "nested" => {
                    vec![group(&app, "g", texts(&ids)), ResultBase::Set(set(&app, texts(&ids[..300])))]
                }
                // Half of the parents have expired.
                "parents" => (ids.iter().zip(&parents))
                    .map(|(id, parent)| {
                        let parent = Some(task(&app, parent));
                        ResultBase::Async(AsyncResult::with_parent(&app, id, parent).unwrap())
                    })
                    .collect(),
                _ => support::members::tasks(&app, texts(&ids)),
            };
            let set = ResultSet::new(&app, members).unwrap();
            server.run("CONFIG RESETSTAT");
            let outcome =
                if way == "get" || way == "nested" { set.get(&options) } else { set.join(&options) };
            outcome.unwrap();
            let commands = server.commands();
            let (reads, keys) = (count(&commands, "mget"), if way == "parents" { 2_000 } else { 1_300 });
            assert!(reads <= keys / 64, "{way}: {reads} reads");
            let singles = count(&commands, "get") + count(&commands, "getrange");
            // Of many reads the first may go alone. What has expired is watched like everything that
            // has not finished.
            if way != "parents" || options.timeout == Some(Duration::ZERO) {
                assert!(singles <= 1 && count(&commands, "subscribe") == 0, "{way}: {commands:?}");
            }
            all_is_given_back(&app);
        }
    }
}

#[test]
fn a_timeout_of_zero_is_one_batched_look_and_subscribes_to_nothing() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let ids = ids("look", 500);
    for id in ids.iter().step_by(2) {
        worker.store(id, "1");
    }
    let app = open(&url(&server));
    app.connect(Some(LONG), None).unwrap();
    let members = || set(&app, texts(&ids));
    for _ in 0..3 {
        let set = members();
        server.run("CONFIG RESETSTAT");
        for (way, end) in each_way(&set, &within(0)) {
            let error = end.unwrap();
            assert_eq!(error.status(), Status::Timeout, "{way}: {error}");
            assert_eq!((error.member(), error.task_id().unwrap().as_ref()), (Some(1), "look-1"), "{way}");
        }
        // The first look reads all, the others what had not finished.
        let commands = server.commands();
        assert!(count(&commands, "mget") <= 4 + 3 * 2, "{commands:?}");
        assert_eq!(count(&commands, "subscribe"), 0);
    }
    // The finished ones are remembered, and given by a walk.
    let set = members();
    let mut walk = set.iter_native(&within(0)).unwrap();
    for expected in (0..500).step_by(2) {
        assert_eq!(walk.next().unwrap().unwrap().index, expected);
    }
    assert_eq!(walk.next().unwrap_err().status(), Status::Timeout);
    assert_eq!(walk.next().unwrap_err().status(), Status::Timeout);
    assert_eq!(app.stats().subscriptions, 0);
}

#[test]
fn a_deadline_is_one_budget_and_never_early() {
    for_each_store(|app| {
        app.store(&success("there", "1")).unwrap();
        app.connect(Some(LONG), None).unwrap();
        let inner = ResultBase::Set(set(app, ["never", "there"]));
        let set = ResultSet::new(app, vec![task(app, "there"), inner, task(app, "neither")]).unwrap();
        for millis in [1, 30, 500] {
            let budget = Duration::from_millis(millis);
            for way in 0..4 {
                let begun = Instant::now();
                let (name, error) = match way {
                    0 => ("get", set.get(&within(millis)).unwrap_err()),
                    1 => ("join", set.join(&within(millis)).unwrap_err()),
                    2 => ("wait", set.wait(Some(budget), None).unwrap_err()),
                    _ => {
                        let mut walk = set.iter_native(&within(millis)).unwrap();
                        let first = walk.next();
                        let error = if first.is_ok() { walk.next() } else { first };
                        ("iter_native", error.unwrap_err())
                    }
                };
                assert!(begun.elapsed() >= budget, "{name}: {:?}", begun.elapsed());
                if millis < 500 {
                    assert!(error.status().is_timeout(), "{name}: {error}");
                    continue;
                }
                assert_eq!(error.status(), Status::Timeout, "{name}: {error}");
                assert_eq!((error.member(), error.task_id().unwrap().as_ref()), (Some(1), "never"));
                assert!(error.message().contains("2 of 4 tasks"), "{name}: {error}");
            }
        }
        all_is_given_back(app);
    });
}

#[test]
fn a_token_ends_every_way_to_wait() {
    for_each_store(|app| {
        app.connect(Some(LONG), None).unwrap();
        let set = set(app, ["a", "b"]);
        let cancel = Cancel::new().unwrap();
        let options = GetOptions { cancel: Some(cancel.clone()), ..long() };
        thread::scope(|scope| {
            let waits: Vec<_> = (0..4)
                .map(|way| {
                    let (set, options) = (&set, &options);
                    scope.spawn(move || match way {
                        0 => set.get(options).err(),
                        1 => set.join(options).err(),
                        2 => set.wait(None, options.cancel.as_ref()).err(),
                        _ => set.iter_native(options).unwrap().next().err(),
                    })
                })
                .collect();
            eventually("all wait", || app.stats().waiters == 8);
            cancel.trigger();
            for wait in waits {
                assert_eq!(wait.join().unwrap().unwrap().status(), Status::Cancelled);
            }
        });
        all_is_given_back(app);
        // Sticky; but what is known needs no waiting.
        for (way, end) in each_way(&set, &options) {
            assert_eq!(end.unwrap().status(), Status::Cancelled, "{way}");
        }
        for id in ["a", "b"] {
            app.store(&success(id, "1")).unwrap();
        }
        set.wait(Some(LONG), None).unwrap();
        for (way, end) in each_way(&set, &options) {
            assert!(end.is_none(), "{way}");
        }
    });
}

#[test]
fn closing_an_app_ends_the_waits_for_its_members() {
    for_each_store(|app| {
        let other = open("memory://");
        let set = ResultSet::new(&other, vec![task(&other, "a"), task(app, "b")]).unwrap();
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap_err());
            let join = scope.spawn(|| set.join(&long()).unwrap_err());
            eventually("both wait", || other.stats().waiters == 2 && app.stats().waiters == 2);
            app.close();
            let error = get.join().unwrap();
            assert_eq!((error.status(), error.member()), (Status::Closed, Some(1)));
            // It is not the turn of that one.
            eventually("the wait is over", || app.stats().waiters == 0);
            assert!(!join.is_finished());
            other.store(&success("a", "1")).unwrap();
            assert_eq!(join.join().unwrap().member(), Some(1));
        });
        all_is_given_back(&other);
        assert_eq!(set.get(&long()).unwrap_err().status(), Status::Closed);
        assert_eq!(set.get(&within(0)).unwrap_err().status(), Status::Closed);
    });
}

#[test]
fn members_may_live_in_several_stores() {
    let servers = [RedisServer::start(), RedisServer::with(&["--rename-command", "HELLO", ""])];
    let apps = [open(&url(&servers[0])), open(&url(&servers[1])), open("memory://")];
    let ids = ids("spread", 300);
    let member = |(number, id): (usize, &String)| task(&apps[number % 3], id);
    let set = ResultSet::new(&apps[2], ids.iter().enumerate().map(member).collect()).unwrap();
    thread::scope(|scope| {
        let get = scope.spawn(|| set.get(&long()).unwrap());
        let join = scope.spawn(|| set.join(&long()).unwrap());
        eventually("all is subscribed", || apps[..2].iter().all(|app| app.stats().subscriptions == 100));
        for (number, id) in ids.iter().enumerate().rev() {
            apps[number % 3].store(&success(id, &number.to_string())).unwrap();
        }
        let expected: Vec<_> = (0..300).map(|number| number.to_string()).collect();
        for outcome in [get.join().unwrap(), join.join().unwrap()] {
            assert_eq!(outcome.value.json(), format!("[{}]", expected.join(", ")));
        }
    });
    for app in &apps {
        all_is_given_back(app);
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
}

#[test]
fn a_store_that_cannot_be_reached_is_told_from_a_task_that_runs() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    worker.store("there", "1");
    let mut bounded = options();
    bounded.set("operation_timeout_ms", "1000").unwrap();
    let app = App::open(&url(&server), &bounded, Log::default()).unwrap();
    app.connect(Some(LONG), None).unwrap();
    let mut quick = options();
    quick.set("operation_timeout_ms", "200").unwrap();
    let port = free_port();
    let away = App::open(&format!("redis://127.0.0.1:{port}/0"), &quick, Log::default()).unwrap();
    let set =
        ResultSet::new(&app, vec![task(&app, "there"), task(&app, "runs"), task(&away, "unknown")]).unwrap();
    for options in [within(0), within(300)] {
        for (way, end) in each_way(&set, &options) {
            let error = end.unwrap();
            assert_eq!(error.status(), Status::Unreachable, "{way}: {error}");
            assert_eq!(error.member(), Some(1), "the first that is missing");
            assert!(error.message().contains("2 of 3 tasks"), "{way}: {error}");
            assert!(error.message().contains(&port.to_string()), "{way}: {error}");
        }
    }
    // What has finished is given all the same.
    let mut walk = set.iter_native(&within(0)).unwrap();
    assert_eq!(walk.next().unwrap().unwrap().index, 0);
    all_is_given_back(&app);
    all_is_given_back(&away);
    // A record that was looked at once stays looked at when the server stalls.
    let set = support::members::set(&app, ["runs"]);
    thread::scope(|scope| {
        let wait = scope.spawn(|| set.wait(Some(Duration::from_millis(700)), None).unwrap_err());
        eventually("it is subscribed", || app.stats().subscriptions == 1);
        assert_eq!(set.get(&within(0)).unwrap_err().status(), Status::Timeout);
        server.freeze();
        assert_eq!(wait.join().unwrap().status(), Status::Timeout);
        let begun = Instant::now();
        assert_eq!(
            set.wait(Some(Duration::from_millis(100)), None).unwrap_err().status(),
            Status::Unreachable
        );
        assert!(begun.elapsed() >= Duration::from_millis(100));
        server.thaw();
    });
}

#[test]
fn a_member_without_a_record_is_not_found() {
    for_each_store(|app| {
        app.connect(Some(LONG), None).unwrap();
        app.store(&support::members::state("runs", "STARTED", "null")).unwrap();
        let members = set(app, ["runs", "unknown"]);
        for (timeout, absent) in [(LONG, 0), (LONG, 50), (Duration::ZERO, 0)] {
            let absent = Duration::from_millis(absent);
            let options =
                GetOptions { timeout: Some(timeout), absent_timeout: Some(absent), ..GetOptions::default() };
            for (way, end) in each_way(&members, &options) {
                let error = end.unwrap();
                assert_eq!(error.status(), Status::NotFound, "{way}: {error}");
                assert_eq!((error.member(), error.task_id().unwrap().as_ref()), (Some(1), "unknown"));
            }
        }
        // One that appears in time is found, also where it goes again.
        let options = GetOptions { absent_timeout: Some(Duration::from_millis(400)), ..long() };
        let members = set(app, ["runs", "comes"]);
        thread::scope(|scope| {
            let get = scope.spawn(|| members.get(&options));
            eventually("it has begun", || app.stats().waiters == 2);
            app.store(&support::members::state("comes", "STARTED", "null")).unwrap();
            thread::sleep(Duration::from_millis(500));
            for id in ["comes", "runs"] {
                app.store(&success(id, "1")).unwrap();
            }
            assert_eq!(get.join().unwrap().unwrap().value.json(), "[1, 1]");
        });
        all_is_given_back(app);
    });
}

#[test]
fn a_record_that_cannot_be_read_names_member_and_task() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    worker.store("good", "1");
    worker.set_silently("garbage", b"no record");
    worker.set_silently("bad-value", &record("bad-value", "SUCCESS", "[1, x]"));
    let app = open(&url(&server));
    for options in [long(), within(0)] {
        let members = set(&app, ["good", "garbage"]);
        for (way, end) in each_way(&members, &options) {
            let error = end.unwrap();
            assert_eq!(error.status(), Status::Decode, "{way}: {error}");
            assert_eq!((error.member(), error.task_id().unwrap().as_ref()), (Some(1), "garbage"), "{way}");
        }
        let nested = ResultSet::new(&app, vec![task(&app, "good"), group(&app, "g", ["bad-value"])]).unwrap();
        for error in [nested.get(&options).unwrap_err(), nested.join(&quiet()).unwrap_err()] {
            assert_eq!(error.status(), Status::Decode);
            assert_eq!((error.member(), error.task_id().unwrap().as_ref()), (Some(1), "bad-value"));
        }
        // Whoever waits only for the end is not told.
        nested.wait(options.timeout, None).unwrap();
    }
    // The walk goes on behind it.
    let walked = set(&app, ["garbage", "bad-value", "good"]);
    let mut walk = walked.iter_native(&long()).unwrap();
    let mut ends = Vec::new();
    loop {
        match walk.next() {
            Ok(Some(finished)) => ends.push(Ok(finished.index)),
            Err(error) => ends.push(Err(error.member())),
            Ok(None) => break,
        }
    }
    ends.sort_by_key(|end| format!("{end:?}"));
    assert!(ends.contains(&Err(Some(0))) && ends.contains(&Ok(2)), "{ends:?}");
    all_is_given_back(&app);
}

#[test]
fn a_silent_result_is_found_shortly_before_the_deadline() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    let mut options = Options::new();
    // The sweep is on but comes too late for these waits.
    options.set("result_reread_interval", "60s").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    app.connect(Some(LONG), None).unwrap();
    let ids = ids("silent", 50);
    let set = set(&app, texts(&ids));
    thread::scope(|scope| {
        let get = scope.spawn(|| set.get(&within(1_000)).unwrap());
        eventually("all is subscribed", || app.stats().subscriptions == 50);
        assert_eq!(set.get(&within(0)).unwrap_err().status(), Status::Timeout);
        for id in &ids {
            worker.set_silently(id, &record(id, "SUCCESS", "1"));
        }
        assert_eq!(each(&get.join().unwrap()).len(), 50);
    });
    assert_eq!(app.stats().recovered_by_reread, 50);
}

#[test]
fn ten_thousand_members_survive_killed_connections() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "killed-by-test").unwrap();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let mut worker = Worker::new(&server);
    let mut random = Random::seeded("killed under a set");
    for round in 0..5 {
        let ids: Vec<_> = (0..10_000).map(|number| format!("member-{round}-{number}")).collect();
        worker.store_all(&ids[..2_000], |id| format!("\"{id}\""));
        let set = set(&app, texts(&ids));
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap());
            let join = scope.spawn(|| set.join(&long()).unwrap());
            let walk = scope.spawn(|| {
                let mut walk = set.iter_native(&long()).unwrap();
                let mut seen = vec![0; 10_000];
                while let Some(finished) = walk.next().unwrap() {
                    seen[finished.index] += 1;
                }
                seen
            });
            let seed = random.below(u64::MAX);
            let server = &server;
            let killer = scope.spawn(move || {
                let mut random = Random::from(seed);
                for _ in 0..4 {
                    thread::sleep(random.micros(60_000));
                    server.kill_connections("killed-by-test");
                }
            });
            for chunk in ids[2_000..].chunks(200) {
                worker.store_all(chunk, |id| format!("\"{id}\""));
                thread::sleep(random.micros(2_000));
            }
            for outcome in [get.join().unwrap(), join.join().unwrap()] {
                let members = each(&outcome);
                assert_eq!(members.len(), 10_000);
                for (member, id) in members.iter().zip(&ids) {
                    assert_eq!(member.value.as_str().unwrap(), id.as_str());
                }
            }
            assert!(walk.join().unwrap().iter().all(|count| *count == 1), "each comes once");
            killer.join().unwrap();
        });
        all_is_given_back(&app);
    }
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn waits_that_end_early_leave_no_subscription_while_connections_die() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "killed-by-test").unwrap();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let mut random = Random::seeded("short waits for sets");
    let ids = ids("short", 200);
    for _ in 0..30 {
        let set = set(&app, texts(&ids));
        let budget = random.micros(30_000);
        let options =
            GetOptions { timeout: Some(budget + Duration::from_micros(1)), ..GetOptions::default() };
        thread::scope(|scope| {
            scope.spawn(|| assert!(set.get(&options).unwrap_err().status().is_timeout()));
            scope.spawn(|| assert!(set.join(&options).unwrap_err().status().is_timeout()));
            if random.below(3) == 0 {
                thread::sleep(random.micros(20_000));
                server.kill_connections("killed-by-test");
            }
        });
    }
    all_is_given_back(&app);
    eventually("the server agrees", || {
        let channels: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").query(&mut server.client()).unwrap();
        channels.is_empty()
    });
    let _ = key("unused");
}

#[test]
fn a_set_that_grows_without_a_pause_puts_off_no_end() {
    const MOST: usize = 100_000;
    let app = App::open("memory://", &Options::new(), Log::default()).unwrap();
    for timeout in [Duration::ZERO, Duration::from_millis(20), LONG] {
        let cancelled = timeout == LONG;
        let set = ResultSet::new(&app, vec![task(&app, "first")]).unwrap();
        let cancel = Cancel::new().unwrap();
        let over = AtomicBool::new(false);
        let (end, added) = thread::scope(|scope| {
            let adding = scope.spawn(|| {
                let mut added = 0;
                while added < MOST && !over.load(Ordering::SeqCst) {
                    set.add(&task(&app, &format!("late-{added}"))).unwrap();
                    added += 1;
                    if added == 100 && cancelled {
                        cancel.trigger();
                    }
                }
                added
            });
            let end = set.wait(Some(timeout), Some(&cancel)).unwrap_err().status();
            over.store(true, Ordering::SeqCst);
            (end, adding.join().unwrap())
        });
        assert_eq!(end, if cancelled { Status::Cancelled } else { Status::Timeout });
        assert!(added < MOST, "the wait of {timeout:?} went on until nothing was added any more");
    }
}

#[test]
fn a_walk_that_may_not_block_where_it_begins_goes_on_elsewhere() {
    for_each_store(|app| {
        let set = set(app, ["a", "b"]);
        let done = AsyncResult::new(app, "done").unwrap();
        app.store(&success("done", "1")).unwrap();
        let (send, receive) = mpsc::channel();
        let mut walk = set.iter_native(&long()).unwrap();
        done.then(move |_, _| {
            let end = walk.next().map(|_| ());
            send.send((walk, end)).ok();
        })
        .unwrap();
        let (mut walk, end) = receive.recv().unwrap();
        assert_eq!(end.unwrap_err().status(), Status::Recursive);
        for id in ["b", "a"] {
            app.store(&success(id, "1")).unwrap();
            assert_eq!(walk.next().unwrap().unwrap().member.id().unwrap().as_ref(), id);
        }
        assert!(walk.next().unwrap().is_none());
    });
}
