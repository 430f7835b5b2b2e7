//! Connections and servers die at random moments while results are stored: none is lost. The
//! periodic re-read is off. `CELERY_TEST_KILL_ROUNDS` sets the number of rounds (20), and
//! `CELERY_TEST_SEED` repeats one that failed.
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
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::{Crowd, Random},
    eventually,
    redis_server::RedisServer,
    stores::options,
    worker::Worker,
};

const IDS: usize = 1_000;
const NAME: &str = "killed-by-test";
const LONG: Duration = Duration::from_secs(20);

fn named() -> Options {
    let mut options = options();
    options.set("redis_client_name", NAME).unwrap();
    // What is tested is not the patience between attempts.
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    options
}

fn open(server: &RedisServer) -> App {
    App::open(&format!("redis://127.0.0.1:{}/0", server.port()), &named(), Log::default()).unwrap()
}

/// Ends connections of the app, one kind or both.
struct Killer {
    admin: redis::Connection,
    kills: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Events,
    Commands,
    Both,
}

impl Killer {
    fn new(server: &RedisServer) -> Self {
        Self { admin: server.client(), kills: 0 }
    }

    fn kill(&mut self, kind: Kind) {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut self.admin).unwrap();
        for line in list.lines().filter(|line| line.contains(NAME)) {
            let is_events = !line.contains(" sub=0 ");
            if matches!((kind, is_events), (Kind::Events, false) | (Kind::Commands, true)) {
                continue;
            }
            let id = &line["id=".len()..line.find(' ').unwrap()];
            let killed: i64 =
                redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).query(&mut self.admin).unwrap();
            self.kills += usize::try_from(killed).unwrap();
        }
    }

    fn kill_any(&mut self, random: &mut Random) {
        let kinds = [Kind::Events, Kind::Commands, Kind::Both];
        self.kill(kinds[usize::try_from(random.below(3)).unwrap()]);
    }
}

fn rounds() -> usize {
    std::env::var("CELERY_TEST_KILL_ROUNDS").map_or(20, |text| text.parse().unwrap())
}

#[test]
fn no_result_is_lost_when_connections_are_killed() {
    let server = RedisServer::start();
    let app = open(&server);
    let (mut killer, mut worker) = (Killer::new(&server), Worker::new(&server));
    let mut random = Random::seeded("kills");
    for round in 0..rounds() {
        let ids: Vec<String> = (0..IDS).map(|number| format!("kill-{round}-{number}")).collect();
        // Some rounds begin connected with everything subscribed, others in the middle of it.
        let settled = random.below(2) == 0;
        let threads = AtomicUsize::new(0);
        thread::scope(|scope| {
            for id in ids.iter().step_by(IDS / 16) {
                let (app, threads) = (&app, &threads);
                scope.spawn(move || {
                    let options = GetOptions { timeout: Some(LONG), ..GetOptions::default() };
                    let outcome = AsyncResult::new(app, id).unwrap().get(&options);
                    assert_eq!(outcome.unwrap().value.json(), format!("\"{id}\""));
                    threads.fetch_add(1, Ordering::Relaxed);
                });
            }
            let crowd = Crowd::wait_for(&app, ids.clone());
            if settled {
                eventually("all is subscribed", || app.stats().subscriptions >= IDS as u64);
            }
            let stored = AtomicBool::new(false);
            let seed = random.below(u64::MAX);
            let kill_times = 1 + random.below(8);
            thread::scope(|scope| {
                scope.spawn(|| {
                    let mut random = Random::from(seed);
                    for chunk in ids.chunks(25) {
                        worker.store_all(chunk, |id| format!("\"{id}\""));
                        thread::sleep(random.micros(1_000));
                    }
                    stored.store(true, Ordering::Relaxed);
                });
                for _ in 0..kill_times {
                    thread::sleep(random.micros(8_000));
                    killer.kill_any(&mut random);
                }
            });
            crowd.expect(|id| format!("\"{id}\""));
        });
        assert!(threads.into_inner() >= 16);
    }
    println!("{} rounds of {IDS} ids, {} connections killed, 0 lost", rounds(), killer.kills);
    assert!(killer.kills >= rounds(), "the killer did its work");
    assert_eq!(app.stats().recovered_by_reread, 0);
    eventually("every subscription is released", || app.stats().subscriptions == 0);
}

#[test]
fn waits_that_end_while_connections_are_killed_leave_no_subscription_behind() {
    for arguments in [&[][..], &["--rename-command", "HELLO", ""]] {
        let server = RedisServer::with(arguments);
        let app = open(&server);
        let mut killer = Killer::new(&server);
        let mut random = Random::seeded("short waits");
        let channels = || {
            let mut client = server.client();
            redis::cmd("PUBSUB").arg("CHANNELS").query::<Vec<String>>(&mut client).unwrap().len()
        };
        for round in 0..rounds() {
            let was_killed = AtomicBool::new(false);
            thread::scope(|scope| {
                for number in 0..32_u64 {
                    let (app, was_killed) = (&app, &was_killed);
                    let mut random = Random::from(random.below(u64::MAX) ^ number);
                    scope.spawn(move || {
                        // A few begin after the kill, so that the link comes back under them.
                        let mut more = 8;
                        while more > 0 {
                            more -= u64::from(was_killed.load(Ordering::Relaxed));
                            let id = format!("short-{round}-{}", random.below(200));
                            let result = AsyncResult::new(app, &id).unwrap();
                            let error = result.wait(Some(random.micros(3_000)), None).unwrap_err();
                            assert!(error.status().is_timeout(), "{error}");
                        }
                    });
                }
                thread::sleep(random.micros(10_000));
                killer.kill_any(&mut random);
                was_killed.store(true, Ordering::Relaxed);
            });
            // The next kill would hide what is left behind by this one.
            eventually("no subscription is left on the server", || channels() == 0);
            eventually("the app counts none", || app.stats().subscriptions == 0);
        }
        println!("{} connections killed, nothing left", killer.kills);
    }
}

#[test]
fn what_is_stored_in_the_gap_is_found_by_the_resync() {
    // While the way to the server is blocked nothing is pushed and nothing can be read: all
    // depends on what is read after the reconnect.
    let server = RedisServer::start();
    let url = format!("redis+socket://{}", server.socket().display());
    let blocked = server.socket().with_extension("blocked");
    let app = App::open(&url, &named(), Log::default()).unwrap();
    let (mut killer, mut worker) = (Killer::new(&server), Worker::new(&server));
    for round in 0..rounds() {
        let ids: Vec<String> = (0..IDS).map(|number| format!("gap-{round}-{number}")).collect();
        let crowd = Crowd::wait_for(&app, ids.clone());
        eventually("all is subscribed", || app.stats().subscriptions == IDS as u64);
        std::fs::rename(server.socket(), &blocked).unwrap();
        killer.kill(Kind::Both);
        eventually("the app has noticed", || app.stats().sockets == 0);
        worker.store_all(&ids, |_| "1".to_owned());
        assert_eq!(crowd.ended(), 0, "{:?}", crowd.any_end());
        std::fs::rename(&blocked, server.socket()).unwrap();
        crowd.expect(|_| "1".to_owned());
    }
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn a_server_that_crashes_and_comes_back_wakes_everyone_in_the_end() {
    let mut server = RedisServer::start();
    let app = open(&server);
    let mut random = Random::seeded("crashes");
    for round in 0..5 {
        let ids: Vec<String> = (0..IDS).map(|number| format!("crash-{round}-{number}")).collect();
        let crowd = Crowd::wait_for(&app, ids.clone());
        thread::sleep(random.micros(20_000));
        server.restart();
        let mut worker = Worker::new(&server);
        // The records went down with the server; whoever owns the tasks runs them again.
        for chunk in ids.chunks(100) {
            worker.store_all(chunk, |id| format!("\"{id}\""));
        }
        crowd.expect(|id| format!("\"{id}\""));
    }
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn large_records_survive_kills() {
    const RECORDS: usize = 2_000;
    let server = RedisServer::start();
    let app = open(&server);
    let (mut killer, mut worker) = (Killer::new(&server), Worker::new(&server));
    let mut random = Random::seeded("large records");
    let padding = "x".repeat(60_000);
    let ids: Vec<String> = (0..RECORDS).map(|number| format!("large-{number}")).collect();
    let crowd = Crowd::wait_for(&app, ids.clone());
    let huge = Crowd::wait_for(&app, ["huge".to_owned()]);
    let begun = Instant::now();
    thread::scope(|scope| {
        let storing = scope.spawn(|| {
            for (number, chunk) in ids.chunks(50).enumerate() {
                if number == 20 {
                    // A PUBLISH of this size costs the events connection by itself.
                    worker.store("huge", &format!("\"{}\"", "y".repeat(40_000_000)));
                }
                worker.store_all(chunk, |id| format!("[\"{id}\", \"{padding}\"]"));
            }
        });
        while !storing.is_finished() {
            killer.kill_any(&mut random);
            thread::sleep(random.micros(150_000));
        }
    });
    crowd.expect(|id| format!("[\"{id}\", \"{padding}\"]"));
    for (_, end) in huge.ends() {
        assert_eq!(end.unwrap().len(), 40_000_002);
    }
    println!("{RECORDS} records of 60 kB and one of 40 MB: {:?}, {} kills", begun.elapsed(), killer.kills);
    assert_eq!(app.stats().recovered_by_reread, 0);
}
