//! Reading: sizes, limits, access rules, and what is not absence.

use crate::{
    key, set,
    support::{
        fake_redis::{Action, FakeRedis, error},
        recorder::{Bench, record, settings},
        redis_server::RedisServer,
    },
};
use celery_result::{
    backend::{Failure, Op, Urgency},
    config::{RedisSettings, Secret},
    model::{Key, Status},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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
