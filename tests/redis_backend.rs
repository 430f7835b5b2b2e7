//! The Redis backend against real servers, and against a scripted one where a real server cannot
//! be made to do what is tested.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    backend::{Answer, Backend, Failure, Link, Op, Urgency},
    config::{Endpoint, Protocol, RedisSettings, Secret},
    model::{Key, Status, Stored},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use support::{
    PATIENCE, eventually,
    fake_redis::{Action, Call, FakeRedis, error},
    recorder::{Bench, Heard, record, settings},
    redis_server::{RedisServer, free_port},
};

fn key(id: &str) -> String {
    format!("celery-task-meta-{id}")
}

fn publish(server: &RedisServer, id: &str, bytes: &[u8]) {
    let mut pipeline = redis::pipe();
    pipeline.atomic().set(key(id), bytes).ignore().publish(key(id), bytes).ignore();
    pipeline.query::<()>(&mut server.client()).unwrap();
}

fn set(server: &RedisServer, id: &str, bytes: &[u8]) {
    redis::cmd("SET").arg(key(id)).arg(bytes).query::<()>(&mut server.client()).unwrap();
}

/// Watch, read, message, store, exists, delete, unwatch.
fn everything_works(server: &RedisServer, settings: RedisSettings) {
    let prefix = settings.key_prefix.clone();
    let bench = Bench::live(settings);
    let tickets = bench.watch(["a"]);
    assert_eq!(record(bench.answer(tickets[0])), None);
    eventually("subscribed", || bench.counters().subscriptions == 1);

    let ticket = bench.store("a", b"first", None);
    assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
    bench.wait_message("a", b"first");
    assert_eq!(bench.record("a").as_deref(), Some(&b"first"[..]));

    let exists = bench.ticket();
    let deleted = bench.ticket();
    let gone = bench.ticket();
    let a = Key::Task("a".into());
    bench.submit(vec![Op::Exists(a.clone(), exists), Op::Delete(a.clone(), deleted), Op::Exists(a, gone)]);
    assert!(matches!(bench.answer(exists), Ok(Answer::Exists(true))));
    assert!(matches!(bench.answer(deleted), Ok(Answer::Deleted(true))));
    assert!(matches!(bench.answer(gone), Ok(Answer::Exists(false))));

    bench.submit(vec![Op::Unwatch("a".into())]);
    eventually("unsubscribed", || bench.counters().subscriptions == 0);
    let channels: Vec<String> =
        redis::cmd("PUBSUB").arg("CHANNELS").arg(format!("{prefix}*")).query(&mut server.client()).unwrap();
    assert_eq!(channels, Vec::<String>::new());
    assert_eq!(bench.counters().sockets, 2);
    bench.finish();
}

#[test]
fn everything_works_over_tcp_with_resp3() {
    let server = RedisServer::start();
    everything_works(&server, settings(server.port()));
}

#[test]
fn everything_works_over_a_unix_socket() {
    let server = RedisServer::start();
    let endpoint = Endpoint::Unix { path: server.socket() };
    everything_works(&server, RedisSettings { endpoint, ..settings(server.port()) });
}

#[test]
fn everything_works_where_the_server_has_no_resp3() {
    let server = RedisServer::with(&["--rename-command", "HELLO", ""]);
    everything_works(&server, settings(server.port()));
    let wish = RedisSettings { protocol: Some(Protocol::Resp3), ..settings(server.port()) };
    let bench = Bench::new(wish);
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket)]);
    let error = bench.wait("refusal", Heard::refused);
    assert!(error.message().contains("protocol=3"), "{error}");
    bench.finish();
}

#[test]
fn everything_works_with_resp2_by_wish() {
    let server = RedisServer::start();
    everything_works(&server, RedisSettings { protocol: Some(Protocol::Resp2), ..settings(server.port()) });
}

#[test]
fn everything_works_with_name_password_database_and_prefix() {
    let server = RedisServer::with(&["--requirepass", "s3cret"]);
    let password = Some(Secret::new("s3cret"));
    let endpoint = Endpoint::Tcp { host: "localhost".to_owned(), port: server.port() };
    let settings = RedisSettings {
        endpoint,
        password: password.clone(),
        db: 3,
        key_prefix: "app_".to_owned(),
        keepalive: true,
        ..settings(server.port())
    };
    everything_works(&server, settings.clone());

    let bench = Bench::live(settings);
    let ticket = bench.store("db", b"x", None);
    assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
    let mut client = server.client();
    redis::cmd("SELECT").arg(3).query::<()>(&mut client).unwrap();
    let ttl: i64 = redis::cmd("TTL").arg("app_celery-task-meta-db").query(&mut client).unwrap();
    assert!((990..=1000).contains(&ttl), "{ttl}");
    assert_eq!(server.connections("name=celery-result-test db=3").len(), 0, "names are parted otherwise");
    assert_eq!(server.connections("name=celery-result-test").len(), 2);
    bench.finish();
}

#[test]
fn everything_works_for_an_acl_user() {
    let server = RedisServer::start();
    server.run("ACL SETUSER worker on >pw ~celery-* &celery-* +@all");
    let settings = RedisSettings {
        username: Some("worker".to_owned()),
        password: Some(Secret::new("pw")),
        ..settings(server.port())
    };
    everything_works(&server, settings);
}

#[test]
fn what_waiting_cannot_cure_is_refused_at_first_and_retried_later() {
    let server = RedisServer::with(&["--requirepass", "right"]);
    let base = settings(server.port());
    let right = RedisSettings { password: Some(Secret::new("right")), ..base.clone() };
    let cases = [
        (RedisSettings { password: Some(Secret::new("wr0ng-pw")), ..base.clone() }, Status::Auth),
        (
            RedisSettings {
                password: Some(Secret::new("wr0ng-pw")),
                protocol: Some(Protocol::Resp2),
                ..base.clone()
            },
            Status::Auth,
        ),
        (base.clone(), Status::Auth),
        (RedisSettings { db: 99, ..right.clone() }, Status::BadDatabase),
    ];
    for (settings, status) in cases {
        let bench = Bench::new(settings);
        let ticket = bench.ticket();
        bench.submit(vec![Op::Connect(ticket)]);
        let error = bench.wait("refusal", Heard::refused);
        assert_eq!(error.status(), status, "{error}");
        assert!(error.message().contains("127.0.0.1"), "{error}");
        assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
        bench.heard(|heard| {
            let text = format!("{:?} {:?}", heard.log, heard.links);
            assert!(!text.contains("wr0ng-pw"), "{text}");
        });
        // The next operation tries again.
        let ticket = bench.ticket();
        bench.submit(vec![Op::Connect(ticket)]);
        bench.wait("a second refusal", |heard| {
            (heard.links.iter().filter(|link| matches!(link, Link::Refused(_))).count() == 2).then_some(())
        });
        bench.finish();
    }

    let bench = Bench::live(right);
    server.run("CONFIG SET requirepass other");
    let mut admin = redis::Client::open(format!("redis://:other@127.0.0.1:{}/", server.port()))
        .unwrap()
        .get_connection()
        .unwrap();
    let killed: i64 = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query(&mut admin).unwrap();
    let _ = killed;
    let _: i64 = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").query(&mut admin).unwrap();
    bench.wait("a failed attempt", |heard| {
        heard.lost().iter().any(|error| error.message().contains("WRONGPASS")).then_some(())
    });
    let _: () = redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("right").query(&mut admin).unwrap();
    bench.wait_live(2);
    bench.heard(|heard| assert!(heard.refused().is_none()));
    bench.finish();
}

#[test]
fn a_subscription_that_is_not_allowed_is_reported_and_read_all_the_same() {
    let server = RedisServer::start();
    server.run("ACL SETUSER reader on >pw ~* resetchannels +@all");
    for protocol in [None, Some(Protocol::Resp2)] {
        let bench = Bench::live(RedisSettings {
            username: Some("reader".to_owned()),
            password: Some(Secret::new("pw")),
            protocol,
            ..settings(server.port())
        });
        set(&server, "a", b"there");
        // Few ids, and many.
        for count in [1, 40] {
            let ids: Vec<_> =
                (0..count).map(|n| if n == 0 { "a".to_owned() } else { format!("{count}-{n}") }).collect();
            let tickets = bench.watch(&ids);
            assert_eq!(record(bench.answer(tickets[0])).as_deref(), Some(&b"there"[..]));
            for id in &ids {
                let error = bench.wait("unwatchable", |heard| {
                    heard.links.iter().find_map(|link| match link {
                        Link::Unwatchable(of, error) if &**of == id.as_str() => Some(error.clone()),
                        _ => None,
                    })
                });
                assert_eq!(error.status(), Status::Permission);
            }
        }
        bench.heard(|heard| {
            let named: Vec<_> =
                heard.log.iter().filter(|line| line.contains("&celery-task-meta-*")).collect();
            assert_eq!(named.len(), 1, "{named:?}");
            assert!(heard.live().is_some());
        });
        bench.submit(vec![Op::Unwatch("a".into())]);
        assert_eq!(bench.record("a").as_deref(), Some(&b"there"[..]));
        assert_eq!(bench.counters().subscriptions, 0);
        bench.finish();
    }
}

#[test]
fn reads_make_do_with_what_the_access_rules_leave() {
    let server = RedisServer::start();
    server.run("ACL SETUSER reader on >pw ~* &* +@all -getrange -mget");
    let bench = Bench::live(RedisSettings {
        username: Some("reader".to_owned()),
        password: Some(Secret::new("pw")),
        ..settings(server.port())
    });
    set(&server, "a", b"there");
    let tickets = bench.watch(["a"]);
    assert_eq!(record(bench.answer(tickets[0])).as_deref(), Some(&b"there"[..]));
    let ids: Vec<_> = (0..300).map(|n| format!("m{n}")).collect();
    for id in &ids {
        set(&server, id, id.as_bytes());
    }
    for (ticket, id) in bench.watch(&ids).into_iter().zip(&ids) {
        assert_eq!(record(bench.answer(ticket)).as_deref(), Some(id.as_bytes()));
    }
    server.run("ACL SETUSER reader -get");
    assert!(
        matches!(bench.read("a"), Err(Failure::Permanent(error)) if error.status() == Status::Permission)
    );
    bench.finish();
}

#[test]
fn either_connection_may_be_killed() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    for (round, kind) in ["flags=P", "cmd=ping", "name=celery-result-test"].iter().enumerate() {
        let generation = bench.wait_live(1);
        let ids: Vec<_> = (0..100).map(|n| format!("{round}-{n}")).collect();
        for ticket in bench.watch(&ids) {
            assert_eq!(record(bench.answer(ticket)), None);
        }
        eventually("all are subscribed", || bench.counters().subscriptions == 100);
        // The command connection is recognised by what it did last.
        let victims = if *kind == "cmd=ping" {
            let all = server.connections("name=celery-result-test");
            let events = server.connections("flags=P");
            let victim = all.iter().find(|id| !events.contains(id)).unwrap().clone();
            server.run(&format!("CLIENT KILL ID {victim}"));
            1
        } else {
            server.kill_connections(kind)
        };
        assert!(victims >= 1);
        let next = bench.wait_live(generation + 1);
        assert_eq!(next, generation + 1);
        assert_eq!(bench.counters().subscriptions, 0, "a new generation begins without subscriptions");
        bench.heard(|heard| assert_eq!(heard.lost().len(), round + 1));
        let tickets = bench.watch(&ids);
        for ticket in tickets {
            assert_eq!(record(bench.answer(ticket)), None);
        }
        publish(&server, &ids[7], b"after");
        bench.wait_message(&ids[7], b"after");
        let all: Vec<_> = ids.iter().map(|id| Op::Unwatch(id.as_str().into())).collect();
        bench.submit(all);
        eventually("all are released", || bench.counters().subscriptions == 0);
    }
    bench.finish();
}

#[test]
fn a_server_that_goes_and_comes_back_is_found_again() {
    let mut server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    server.kill();
    bench.wait("loss", |heard| (!heard.lost().is_empty()).then_some(()));
    match bench.read("a") {
        Err(Failure::Retry(error)) => {
            assert_eq!(error.status(), Status::Unreachable);
            assert!(error.message().contains(&server.port().to_string()), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let ticket = bench.store("a", b"x", None);
    assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))), "it was certainly not sent");
    bench.wait("several attempts", |heard| (heard.lost().len() >= 4).then_some(()));
    server.restart();
    bench.wait_live(2);
    assert_eq!(bench.record("a"), None);
    bench.finish();
}

#[test]
fn a_server_that_was_never_there_is_waited_for() {
    let bench = Bench::new(settings(free_port()));
    assert_eq!(bench.counters().connects, 0);
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket)]);
    bench.wait("several attempts", |heard| (heard.lost().len() >= 3).then_some(()));
    bench.heard(|heard| assert!(heard.refused().is_none()));
    bench.finish();
}

#[test]
fn a_frozen_server_is_found_dead_and_a_slow_one_is_not() {
    let server = RedisServer::start();
    let health_interval = Duration::from_millis(300);
    let connect_timeout = Some(Duration::from_millis(300));
    let bench = Bench::live(RedisSettings { health_interval, connect_timeout, ..settings(server.port()) });
    // Idle for several intervals: asked, answered, kept.
    std::thread::sleep(health_interval * 4);
    bench.heard(|heard| assert_eq!(heard.lost().len(), 0, "{:?}", heard.log));

    server.freeze();
    let frozen = Instant::now();
    let error = bench.wait("loss", |heard| heard.lost().first().cloned());
    assert!(frozen.elapsed() < health_interval * 3, "{:?}", frozen.elapsed());
    assert!(error.message().contains("not answered"), "{error}");
    bench.wait("an attempt that gets no answer", |heard| {
        heard.lost().iter().any(|error| error.message().contains("no answer within")).then_some(())
    });
    assert!(matches!(bench.read("a"), Err(Failure::Retry(_))));
    server.thaw();
    bench.wait_live(2);
    bench.finish();
}

#[test]
fn a_reply_that_keeps_coming_is_alive() {
    let fake = FakeRedis::scripted(|call| {
        // Takes several health intervals, but is never silent for a whole one.
        if call.name == "GETRANGE" { Action::Trickle(20, Duration::from_millis(50)) } else { Action::Obey }
    });
    fake.set(&key("a"), &vec![b'x'; 100_000]);
    let health_interval = Duration::from_millis(200);
    let bench = Bench::live(RedisSettings { health_interval, ..settings(fake.port()) });
    assert_eq!(bench.record("a").map(|bytes| bytes.len()), Some(100_000));
    bench.heard(|heard| assert_eq!(heard.lost().len(), 0));
    bench.finish();
}

#[test]
fn an_idle_resp2_connection_is_asked_with_and_without_subscriptions() {
    let server = RedisServer::start();
    let health_interval = Duration::from_millis(200);
    let protocol = Some(Protocol::Resp2);
    let bench = Bench::live(RedisSettings { health_interval, protocol, ..settings(server.port()) });
    std::thread::sleep(health_interval * 4);
    let tickets = bench.watch(["a"]);
    bench.answer(tickets[0]).unwrap();
    std::thread::sleep(health_interval * 4);
    publish(&server, "a", b"x");
    bench.wait_message("a", b"x");
    bench.heard(|heard| assert_eq!(heard.lost().len(), 0, "{:?}", heard.log));
    server.freeze();
    bench.wait("loss", |heard| (!heard.lost().is_empty()).then_some(()));
    server.thaw();
    bench.wait_live(2);
    bench.finish();
}

#[test]
fn loading_is_not_absence() {
    let loading = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&loading);
    let fake = FakeRedis::scripted(move |call| {
        let reads = ["GET", "GETRANGE", "MGET", "PING"].contains(&call.name.as_str());
        if reads && still.load(Ordering::SeqCst) {
            return error("LOADING Redis is loading the dataset in memory");
        }
        Action::Obey
    });
    fake.set(&key("a"), b"there");
    let bench = Bench::live(settings(fake.port()));
    let tickets = bench.watch(["a"]);
    match bench.answer(tickets[0]) {
        Err(Failure::Retry(error)) => assert!(error.message().contains("LOADING"), "{error}"),
        other => panic!("{other:?}"),
    }
    let many: Vec<_> = (0..30).map(|n| format!("{n}")).collect();
    for ticket in bench.watch(&many) {
        assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
    }
    loading.store(false, Ordering::SeqCst);
    assert_eq!(bench.record("a").as_deref(), Some(&b"there"[..]));
    fake.publish(&key("a"), b"news");
    bench.wait_message("a", b"news");
    bench.finish();
}

#[test]
fn a_full_server_is_waited_for_and_a_protected_one_is_not() {
    let cases = [
        ("ERR max number of clients reached", None),
        ("DENIED Redis is running in protected mode", Some(Status::Permission)),
    ];
    for (line, status) in cases {
        let fake = FakeRedis::scripted(move |_| error(line));
        let bench = Bench::new(RedisSettings { password: Some(Secret::new("pw")), ..settings(fake.port()) });
        let ticket = bench.ticket();
        bench.submit(vec![Op::Connect(ticket)]);
        match status {
            None => {
                bench.wait("loss", |heard| (heard.lost().len() > 1).then_some(()));
                bench.heard(|heard| assert!(heard.refused().is_none()));
            }
            Some(status) => assert_eq!(bench.wait("refusal", Heard::refused).status(), status),
        }
        bench.finish();
    }
}

#[test]
fn old_and_restricted_servers_are_made_do_with() {
    // Before version 6: no user names, no HELLO.
    let fake = FakeRedis::scripted(|call| match call.name.as_str() {
        "AUTH" if call.arguments.len() > 1 => error("ERR wrong number of arguments for 'auth' command"),
        "HELLO" => error("ERR unknown command `HELLO`, with args beginning with: `3`, "),
        _ => Action::Obey,
    });
    let named = RedisSettings {
        username: Some("someone".to_owned()),
        password: Some(Secret::new("pw")),
        ..settings(fake.port())
    };
    for hello in ["NOPROTO unsupported protocol version", "NOPERM this user has no permissions"] {
        let bench = Bench::live(named.clone());
        let tickets = bench.watch(["a"]);
        assert_eq!(record(bench.answer(tickets[0])), None);
        fake.publish(&key("a"), b"x");
        bench.wait_message("a", b"x");
        bench.finish();
        fake.script(move |call| if call.name == "HELLO" { error(hello) } else { Action::Obey });
    }
}

#[test]
fn something_else_than_redis_is_not_taken_for_it() {
    let fake = FakeRedis::scripted(|_| Action::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    let bench = Bench::new(settings(fake.port()));
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket)]);
    let error = bench.wait("loss", |heard| heard.lost().first().cloned());
    assert!(error.message().contains("not one of a Redis server"), "{error}");
    bench.finish();
}

#[test]
fn what_a_server_repeats_of_the_password_is_masked() {
    let fake = FakeRedis::scripted(|call| match call.name.as_str() {
        "AUTH" => error("ERR unknown command 'AUTH', with args beginning with: 'hunter2' "),
        _ => error("ERR no hunter2 here"),
    });
    let bench = Bench::new(RedisSettings { password: Some(Secret::new("hunter2")), ..settings(fake.port()) });
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket)]);
    bench.wait("refusal", Heard::refused);
    bench.heard(|heard| assert!(!format!("{:?} {:?}", heard.log, heard.links).contains("hunter2")));
    bench.finish();
}

/// Positions of SUBSCRIBEs and reads per key, as they arrived, with their connections.
fn check_order(calls: &[Call], ids: &[String]) {
    let mut subscribed: HashMap<String, (usize, usize)> = HashMap::new();
    let mut read: HashMap<String, (usize, usize)> = HashMap::new();
    for (position, call) in calls.iter().enumerate() {
        match call.name.as_str() {
            "SUBSCRIBE" => {
                for index in 0..call.arguments.len() {
                    subscribed.insert(call.text(index), (position, call.connection));
                }
            }
            "GET" | "GETRANGE" => drop(read.insert(call.text(0), (position, call.connection))),
            "MGET" => {
                for index in 0..call.arguments.len() {
                    read.insert(call.text(index), (position, call.connection));
                }
            }
            _ => {}
        }
    }
    for id in ids {
        let (watched, _) = subscribed[&key(id)];
        let (looked, _) = read[&key(id)];
        assert!(watched < looked, "{id} was read at {looked}, before its SUBSCRIBE at {watched}");
    }
}

#[test]
fn every_read_follows_its_subscribe() {
    for protocol in [None, Some(Protocol::Resp2)] {
        let fake = FakeRedis::start();
        let bench = Bench::live(RedisSettings { protocol, ..settings(fake.port()) });
        let mut ids = Vec::new();
        let mut tickets = Vec::new();
        for (round, count) in [1, 1, 3, 16, 17, 2, 700, 5, 1].into_iter().enumerate() {
            let batch: Vec<_> = (0..count).map(|n| format!("{round}-{n}")).collect();
            tickets.extend(bench.watch(&batch));
            ids.extend(batch);
        }
        // One at a time, so that each goes out in one write with its read.
        for n in 0..50 {
            let id = format!("lone-{n}");
            assert_eq!(record(bench.answer(bench.watch([&id])[0])), None);
            ids.push(id);
        }
        for n in 0..2000 {
            let id = format!("single-{n}");
            tickets.extend(bench.watch([&id]));
            ids.push(id);
        }
        for ticket in tickets {
            assert_eq!(record(bench.answer(ticket)), None);
        }
        check_order(&fake.calls(), &ids);
        assert_eq!(bench.counters().subscriptions, ids.len() as u64);
        bench.finish();
    }
}

#[test]
fn what_is_submitted_together_arrives_in_order() {
    let fake = FakeRedis::start();
    let bench = Bench::live(settings(fake.port()));
    let (ops, tickets): (Vec<_>, Vec<_>) = (0..1000)
        .map(|number: u32| {
            let ticket = bench.ticket();
            let record = Stored::new(number.to_string().into_bytes());
            let key = Key::Task("a".into());
            (Op::Store { key, record, may_replace: None, expires: None, ticket }, ticket)
        })
        .unzip();
    bench.submit(ops);
    for ticket in tickets {
        assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
    }
    let stored: Vec<u32> = fake
        .calls()
        .iter()
        .filter(|call| call.name == "SET")
        .map(|call| call.text(1).parse().unwrap())
        .collect();
    assert_eq!(stored, (0..1000).collect::<Vec<_>>());
    bench.finish();
}

#[test]
fn a_read_right_after_a_watch_waits_for_it_across_submits() {
    let fake = FakeRedis::scripted(|call| {
        if call.name == "SUBSCRIBE" { Action::Delay(Duration::from_millis(30)) } else { Action::Obey }
    });
    let bench = Bench::live(settings(fake.port()));
    bench.submit(vec![Op::Watch("a".into())]);
    assert_eq!(bench.record("a"), None);
    check_order(&fake.calls(), &["a".to_owned()]);
    bench.finish();
}

#[test]
fn watch_and_unwatch_never_cross() {
    for protocol in [None, Some(Protocol::Resp2)] {
        let server = RedisServer::start();
        let bench = Bench::live(RedisSettings { protocol, ..settings(server.port()) });
        for round in 0..300 {
            let tickets = bench.watch(["x"]);
            bench.submit(vec![Op::Unwatch("x".into())]);
            let more = bench.watch(["x"]);
            if round % 7 == 0 {
                bench.submit((0..40).map(|n| Op::Watch(format!("{round}-{n}").as_str().into())).collect());
                bench.submit((0..40).map(|n| Op::Unwatch(format!("{round}-{n}").as_str().into())).collect());
            }
            bench.answer(tickets[0]).unwrap();
            bench.answer(more[0]).unwrap();
            let text = format!("round {round}");
            publish(&server, "x", text.as_bytes());
            bench.wait_message("x", text.as_bytes());
            bench.submit(vec![Op::Unwatch("x".into())]);
        }
        eventually("nothing is left", || bench.counters().subscriptions == 0);
        let channels: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").query(&mut server.client()).unwrap();
        assert_eq!(channels, Vec::<String>::new());
        bench.finish();
    }
}

#[test]
fn foreign_channels_are_not_reported() {
    let fake = FakeRedis::start();
    let bench = Bench::live(settings(fake.port()));
    let ticket = bench.watch(["a"]);
    bench.answer(ticket[0]).unwrap();
    fake.publish("celery-task-meta-b", b"nobody is subscribed");
    fake.publish(&key("a"), b"ours");
    bench.wait_message("a", b"ours");
    bench.heard(|heard| assert_eq!(heard.messages.len(), 1));
    bench.finish();
}

#[test]
fn two_thousand_records_of_60_kb_are_watched_and_read() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let ids: Vec<_> = (0..2000).map(|n| format!("big-{n}")).collect();
    let payload = |id: &str| id.repeat(60_000 / id.len()).into_bytes();
    let mut client = server.client();
    for id in &ids {
        redis::cmd("SET").arg(key(id)).arg(payload(id)).query::<()>(&mut client).unwrap();
    }
    // One by one, as many threads would, and then all at once.
    let tickets: Vec<_> = ids.iter().flat_map(|id| bench.watch([id])).collect();
    for (ticket, id) in tickets.into_iter().zip(&ids) {
        assert_eq!(record(bench.answer(ticket)), Some(payload(id)));
    }
    for (ticket, id) in bench.watch(&ids).into_iter().zip(&ids) {
        assert_eq!(record(bench.answer(ticket)), Some(payload(id)));
    }
    bench.heard(|heard| assert_eq!(heard.lost().len(), 0, "{:?}", heard.log));
    bench.finish();
}

#[test]
fn a_large_record_is_read_and_one_over_the_limit_is_named() {
    let server = RedisServer::start();
    let large = vec![b'x'; 40 * 1024 * 1024];
    set(&server, "large", &large);
    set(&server, "small", b"s");
    let bench = Bench::live(settings(server.port()));
    let tickets = bench.watch(["large"]);
    assert_eq!(record(bench.answer(tickets[0])).map(|bytes| bytes.len()), Some(large.len()));
    bench.heard(|heard| assert_eq!(heard.lost().len(), 0));
    bench.finish();

    let bench = Bench::with_limit(settings(server.port()), 100_000);
    bench.connect();
    set(&server, "exact", &vec![b'y'; 100_000]);
    set(&server, "more", &vec![b'y'; 100_001]);
    let many = ["exact", "more", "small", "large"];
    for tickets in [many.map(|id| bench.watch([id])[0]).to_vec(), {
        let (ops, tickets): (Vec<_>, Vec<_>) = many
            .map(|id| (id, bench.ticket()))
            .map(|(id, ticket)| (Op::Read(Key::Task(id.into()), ticket, Urgency::Later), ticket))
            .into_iter()
            .unzip();
        bench.submit(ops);
        tickets
    }] {
        assert_eq!(record(bench.answer(tickets[0])).map(|bytes| bytes.len()), Some(100_000));
        assert_eq!(record(bench.answer(tickets[2])).as_deref(), Some(&b"s"[..]));
        for ticket in [tickets[1], tickets[3]] {
            match bench.answer(ticket) {
                Err(Failure::TooLarge(error)) => {
                    assert_eq!(error.status(), Status::TooLarge);
                    assert!(error.message().contains("max_payload_bytes (100000)"), "{error}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let ticket = bench.store("more", &vec![0; 100_001], None);
    assert!(matches!(bench.answer(ticket), Err(Failure::TooLarge(_))));
    bench.finish();
}

#[test]
fn a_huge_publish_costs_the_link_and_no_more() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let tickets = bench.watch(["huge"]);
    bench.answer(tickets[0]).unwrap();
    publish(&server, "huge", &vec![b'x'; 40 * 1024 * 1024]);
    bench.wait_live(2);
    let tickets = bench.watch(["huge"]);
    assert_eq!(record(bench.answer(tickets[0])).map(|bytes| bytes.len()), Some(40 * 1024 * 1024));
    bench.finish();
}

#[test]
fn a_store_asks_before_it_replaces() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let sticky: celery_result::backend::MayReplace = Arc::new(|old: &[u8]| old != b"SUCCESS");
    let ticket = bench.store("a", b"STARTED", Some(Arc::clone(&sticky)));
    assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
    let ticket = bench.store("a", b"SUCCESS", Some(Arc::clone(&sticky)));
    assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
    let ticket = bench.store("a", b"FAILURE", Some(Arc::clone(&sticky)));
    assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(false))));
    assert_eq!(bench.record("a").as_deref(), Some(&b"SUCCESS"[..]));

    for expires in [None, Some(Duration::from_millis(900))] {
        let ticket = bench.ticket();
        bench.submit(vec![Op::Store {
            key: Key::Group("g".into()),
            record: Stored::new(&b"group"[..]),
            may_replace: None,
            expires,
            ticket,
        }]);
        assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(true))));
        assert_eq!(server.run("TTL celery-taskset-meta-g"), redis::Value::Int(-1));
    }
    bench.finish();
}

#[test]
fn writes_happen_in_the_order_in_which_they_were_asked_for() {
    let fake = FakeRedis::scripted(|call| {
        // The look before a guarded store takes its time.
        if call.name == "GETRANGE" { Action::Delay(Duration::from_millis(20)) } else { Action::Obey }
    });
    let bench = Bench::live(settings(fake.port()));
    let not_after_success: celery_result::backend::MayReplace = Arc::new(|old: &[u8]| old != b"SUCCESS");
    let stores = [
        (bench.store("a", b"SUCCESS", Some(Arc::clone(&not_after_success))), true),
        (bench.store("a", b"FAILURE", Some(Arc::clone(&not_after_success))), false),
        (bench.store("a", b"RETRY", None), true),
    ];
    for (ticket, stored) in stores {
        assert!(matches!(bench.answer(ticket), Ok(Answer::Stored(was)) if was == stored));
    }
    assert_eq!(fake.get(&key("a")).as_deref(), Some(&b"RETRY"[..]));
    let store = bench.store("a", b"STARTED", Some(not_after_success));
    let delete = bench.ticket();
    bench.submit(vec![Op::Delete(Key::Task("a".into()), delete)]);
    assert!(matches!(bench.answer(store), Ok(Answer::Stored(true))));
    assert!(matches!(bench.answer(delete), Ok(Answer::Deleted(true))));
    assert_eq!(fake.get(&key("a")), None);
    bench.finish();
}

#[test]
fn the_server_s_refusals_are_told_apart() {
    let server = RedisServer::start();
    let mut client = server.client();
    redis::cmd("LPUSH").arg(key("list")).arg("x").query::<()>(&mut client).unwrap();
    let bench = Bench::live(settings(server.port()));
    assert!(matches!(bench.read("list"), Err(Failure::Permanent(error)) if error.status() == Status::Server));

    server.run("REPLICAOF 127.0.0.1 1");
    let ticket = bench.store("a", b"x", None);
    match bench.answer(ticket) {
        Err(Failure::Retry(error)) => assert!(error.message().contains("READONLY"), "{error}"),
        other => panic!("{other:?}"),
    }
    server.run("REPLICAOF NO ONE");

    server.run("CONFIG SET maxmemory 1");
    let ticket = bench.store("a", b"x", None);
    match bench.answer(ticket) {
        Err(Failure::Permanent(error)) => {
            assert_eq!(error.status(), Status::Server);
            assert!(error.message().contains("OOM"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    server.run("CONFIG SET maxmemory 0");

    server.run("ACL SETUSER default resetchannels");
    let ticket = bench.store("a", b"x", None);
    assert!(
        matches!(bench.answer(ticket), Err(Failure::Permanent(error)) if error.status() == Status::Permission)
    );
    assert_eq!(bench.record("a"), None, "nothing of a refused transaction is carried out");
    bench.finish();
}

#[test]
fn a_write_that_may_have_happened_is_uncertain() {
    let fake = FakeRedis::scripted(|call| if call.name == "EXEC" { Action::Cut(0) } else { Action::Obey });
    let bench = Bench::live(settings(fake.port()));
    let ticket = bench.store("a", b"x", None);
    match bench.answer(ticket) {
        Err(Failure::Uncertain(error)) => assert_eq!(error.status(), Status::Uncertain),
        other => panic!("{other:?}"),
    }
    assert_eq!(fake.get(&key("a")).as_deref(), Some(&b"x"[..]));
    bench.wait_live(2);
    // Only the read of a guarded store had left: nothing can have happened.
    fake.script(|call| if call.name == "GETRANGE" { Action::HangUp } else { Action::Obey });
    let ticket = bench.store("b", b"x", Some(Arc::new(|_: &[u8]| true)));
    assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
    bench.finish();
}

#[test]
fn replies_that_are_cut_off_are_retried() {
    for cut in [0, 1, 5, 9, 20] {
        let fake = FakeRedis::start();
        fake.set(&key("a"), b"some record");
        let bench = Bench::live(settings(fake.port()));
        let once = AtomicBool::new(true);
        fake.script(move |call| {
            if ["SUBSCRIBE", "GETRANGE", "MGET"].contains(&call.name.as_str())
                && once.swap(false, Ordering::SeqCst)
            {
                return Action::Cut(cut);
            }
            Action::Obey
        });
        let tickets = bench.watch(["a"]);
        assert!(matches!(bench.answer(tickets[0]), Err(Failure::Retry(_))), "cut after {cut}");
        bench.wait_live(2);
        let tickets = bench.watch(["a"]);
        assert_eq!(record(bench.answer(tickets[0])).as_deref(), Some(&b"some record"[..]));
        bench.finish();
    }
}

#[test]
fn all_that_is_outstanding_is_answered_when_the_link_breaks_and_when_it_is_closed() {
    for close in [false, true] {
        let fake = FakeRedis::scripted(|call| {
            if ["CLIENT", "PING", "HELLO"].contains(&call.name.as_str()) {
                Action::Obey
            } else {
                Action::Ignore
            }
        });
        let bench = Bench::live(settings(fake.port()));
        let mut tickets = bench.watch((0..1200).map(|n| n.to_string()));
        tickets.extend((0..3).flat_map(|n| bench.watch([n.to_string()])));
        for n in 0..2000 {
            let ticket = bench.ticket();
            bench.submit(vec![Op::Read(Key::Task(format!("r{n}").as_str().into()), ticket, Urgency::Later)]);
            tickets.push(ticket);
        }
        let (exists, delete) = (bench.ticket(), bench.ticket());
        bench.submit(vec![
            Op::Exists(Key::Task("e".into()), exists),
            Op::Delete(Key::Task("d".into()), delete),
        ]);
        let store = bench.store("s", b"x", None);
        eventually("everything has arrived", || fake.calls().iter().any(|call| call.name == "EXEC"));
        if close {
            bench.backend.close();
        } else {
            fake.hang_up();
        }
        for ticket in tickets.into_iter().chain([exists]) {
            match bench.answer(ticket) {
                Err(Failure::Retry(error)) => {
                    let expected = if close { Status::Closed } else { Status::Unreachable };
                    assert_eq!(error.status(), expected);
                }
                other => panic!("{other:?}"),
            }
        }
        for ticket in [delete, store] {
            assert!(matches!(bench.answer(ticket), Err(Failure::Uncertain(_))));
        }
        bench.finish();
    }
}

#[test]
fn a_connection_that_is_being_made_is_given_up_at_close() {
    let fake = FakeRedis::scripted(|_| Action::Ignore);
    let connect_timeout = Some(Duration::from_secs(3600));
    let bench = Bench::new(RedisSettings { connect_timeout, ..settings(fake.port()) });
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket)]);
    eventually("a socket is open", || bench.counters().sockets == 1);
    bench.finish();
}

/// 30 times, at any moment: hang up on one connection or both while ids are being watched.
#[test]
fn nothing_is_lost_when_connections_are_killed_at_random_moments() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let ids: Vec<_> = (0..1000).map(|n| format!("{n}")).collect();
    for round in 0..30_u64 {
        let generation = bench.wait_live(1);
        let record_of_round = format!("round {round}");
        let first: Vec<_> = ids.chunks(100).flat_map(|slice| bench.watch(slice)).collect();
        std::thread::sleep(Duration::from_micros(round * 700));
        let victims = server.connections("name=celery-result-test");
        let mut client = server.client();
        for victim in victims.iter().skip(usize::try_from(round % 3).unwrap() / 2) {
            // It may be gone already, with the other one.
            let _: redis::RedisResult<i64> =
                redis::cmd("CLIENT").arg("KILL").arg("ID").arg(victim).query(&mut client);
        }
        // Stored in the gap: nobody is told.
        let mut pipeline = redis::pipe();
        for id in &ids {
            pipeline.set(key(id), &record_of_round).ignore();
        }
        pipeline.query::<()>(&mut client).unwrap();
        bench.wait_live(generation + 1);
        for ticket in first {
            match bench.answer(ticket) {
                Ok(Answer::Record(_)) | Err(Failure::Retry(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        let again: Vec<_> = ids.chunks(512).flat_map(|slice| bench.watch(slice)).collect();
        for ticket in again {
            assert_eq!(record(bench.answer(ticket)).as_deref(), Some(record_of_round.as_bytes()));
        }
        assert_eq!(bench.counters().subscriptions, 1000);
        bench.submit(ids.iter().map(|id| Op::Unwatch(id.as_str().into())).collect());
    }
    assert_eq!(bench.counters().sockets, 2);
    bench.finish();
}

#[test]
fn nothing_is_done_before_the_first_operation_nor_after_close() {
    let fake = FakeRedis::start();
    let bench = Bench::new(settings(fake.port()));
    assert!(bench.backend.traits().groups);
    bench.submit(vec![]);
    bench.submit(vec![Op::Unwatch("a".into())]);
    bench.backend.close();
    let ticket = bench.ticket();
    bench.submit(vec![Op::Connect(ticket), Op::Watch("a".into())]);
    assert!(matches!(bench.answer(ticket), Err(Failure::Retry(error)) if error.status() == Status::Closed));
    bench.finish();
    assert_eq!(fake.accepted(), 0);
}

#[test]
fn stopping_the_engine_thread_answers_everyone() {
    let fake =
        FakeRedis::scripted(|call| if call.name == "GETRANGE" { Action::Ignore } else { Action::Obey });
    let bench = Bench::live(settings(fake.port()));
    let tickets = bench.watch(["a", "b"]);
    eventually("the read has arrived", || fake.calls().iter().any(|call| call.name == "GETRANGE"));
    bench.stop_driver();
    for ticket in tickets {
        assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
    }
    assert!(matches!(bench.read("c"), Err(Failure::Retry(error)) if error.status() == Status::Closed));
    bench.finish();
}

#[test]
fn twenty_thousand_ids_are_watched_pushed_and_released() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let ids: Vec<_> = (0..20_000).map(|n| format!("{n}")).collect();
    let began = Instant::now();
    let mut tickets = Vec::new();
    for slice in ids.chunks(512) {
        tickets.extend(bench.watch(slice));
    }
    for ticket in tickets {
        assert_eq!(record(bench.answer(ticket)), None);
    }
    assert_eq!(bench.counters().subscriptions, 20_000);
    let mut client = server.client();
    for slice in ids.chunks(1000) {
        let mut pipeline = redis::pipe();
        for id in slice {
            pipeline.publish(key(id), b"done").ignore();
        }
        pipeline.query::<()>(&mut client).unwrap();
    }
    bench.wait("all messages", |heard| (heard.messages.len() == ids.len()).then_some(()));
    bench.submit(ids.iter().map(|id| Op::Unwatch(id.as_str().into())).collect());
    eventually("all are released", || bench.counters().subscriptions == 0);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    assert_eq!(server.connections("name=celery-result-test").len(), 2);
    assert_eq!(bench.counters().messages, 20_000);
    bench.finish();
}
