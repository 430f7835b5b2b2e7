//! Storing and removing: the guard, the order, refusals, and not knowing.

use crate::{
    key,
    support::{
        fake_redis::{Action, FakeRedis},
        recorder::{Bench, settings},
        redis_server::RedisServer,
    },
};
use celery_result::{
    backend::{Answer, Failure, MayReplace, Op},
    model::{Key, Status, Stored},
};
use std::{sync::Arc, time::Duration};

#[test]
fn an_answer_that_came_before_the_connection_closed_counts() {
    let fake =
        FakeRedis::scripted(|call| if call.name == "EXEC" { Action::Cut(usize::MAX) } else { Action::Obey });
    let bench = Bench::live(settings(fake.port()));
    for round in 1..=20 {
        bench.wait_live(round);
        let ticket = bench.store("a", b"x", None);
        let answer = bench.answer(ticket);
        assert!(matches!(answer, Ok(Answer::Stored(true))), "{answer:?}");
    }
    bench.finish();
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
fn a_store_asks_before_it_replaces() {
    let server = RedisServer::start();
    let bench = Bench::live(settings(server.port()));
    let sticky: MayReplace = Arc::new(|old: &Stored| old.bytes() != b"SUCCESS");
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
    let not_after_success: MayReplace = Arc::new(|old: &Stored| old.bytes() != b"SUCCESS");
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
    let ticket = bench.store("b", b"x", Some(Arc::new(|_: &Stored| true)));
    assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
    bench.finish();
}
