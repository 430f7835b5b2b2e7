//! Losing connections: killed, frozen, cut off, and found again.

use crate::{
    key, publish,
    support::{
        eventually,
        fake_redis::{Action, FakeRedis},
        recorder::{Bench, record, settings},
        redis_server::RedisServer,
    },
};
use celery_result::{
    backend::{Answer, Backend, Failure, Op, Urgency},
    config::{Protocol, RedisSettings},
    model::{Key, Status},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

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
fn stopping_the_engine_thread_answers_everyone() {
    let fake =
        FakeRedis::scripted(|call| if call.name == "GETRANGE" { Action::Ignore } else { Action::Obey });
    let bench = Bench::live(settings(fake.port()));
    // One only: replies are told apart by their order, and an ignored command upsets it.
    let tickets = bench.watch(["a"]);
    eventually("the read has arrived", || fake.calls().iter().any(|call| call.name == "GETRANGE"));
    bench.stop_driver();
    for ticket in tickets {
        assert!(matches!(bench.answer(ticket), Err(Failure::Retry(_))));
    }
    assert!(matches!(bench.read("c"), Err(Failure::Retry(error)) if error.status() == Status::Closed));
    bench.finish();
}
