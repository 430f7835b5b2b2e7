//! What comes over the connection for events: many messages at once, large ones, streams that are cut
//! into parts or off, and bytes that are no Redis server's.

use crate::{
    key, publish,
    support::{
        eventually,
        fake_redis::{Action, FakeRedis, error},
        recorder::{Bench, record, settings},
        redis_server::RedisServer,
        relay::{Answers, Relay},
    },
};
use celery_result::{
    backend::{Answer, Failure, Op},
    config::{Protocol, RedisSettings},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

const BOTH: [Option<Protocol>; 2] = [None, Some(Protocol::Resp2)];

/// Without a limit that would have the server hang up.
fn generous() -> RedisServer {
    RedisServer::with(&["--client-output-buffer-limit", "pubsub 0 0 0"])
}

#[test]
fn ten_thousand_messages_are_told_in_few_calls_and_in_order() {
    let server = generous();
    for protocol in BOTH {
        let bench = Bench::live(RedisSettings { protocol, ..settings(server.port()) });
        for ticket in bench.watch(["a", "b"]) {
            bench.answer(ticket).unwrap();
        }
        let mut pipeline = redis::pipe();
        for number in 0..5_000 {
            for id in ["a", "b"] {
                pipeline.publish(key(id), number.to_string()).ignore();
            }
        }
        // The sink stands still with the first one until all are on their way.
        bench.heard(|_| pipeline.query::<()>(&mut server.client()).unwrap());
        bench.wait("all messages", |heard| (heard.messages.len() == 10_000).then_some(()));
        bench.heard(|heard| {
            assert!(heard.bursts.len() < 500, "{} calls", heard.bursts.len());
            for (at, (id, record)) in heard.messages.iter().enumerate() {
                assert_eq!(id, ["a", "b"][at % 2]);
                assert_eq!(record.bytes(), (at / 2).to_string().as_bytes());
            }
        });
        assert_eq!(bench.counters().messages, 10_000);
        bench.finish();
    }
}

#[test]
fn a_barrier_is_passed_behind_all_messages_before_it() {
    let server = RedisServer::start();
    for protocol in BOTH {
        let bench = Bench::live(RedisSettings { protocol, ..settings(server.port()) });
        bench.answer(bench.watch(["a"])[0]).unwrap();
        let mut client = server.client();
        for round in 1..200 {
            let published = redis::cmd("PUBLISH").arg(key("a")).arg(round).query::<()>(&mut client);
            published.unwrap();
            let ticket = bench.ticket();
            bench.submit(vec![Op::Barrier(ticket)]);
            let (answer, messages) = bench.wait("the barrier", |heard| {
                heard.answers.get(&ticket.0).map(|answers| (answers[0].clone(), heard.messages.len()))
            });
            assert!(matches!(answer, Ok(Answer::Passed)));
            assert_eq!(messages, round);
        }
        bench.finish();
    }
}

#[test]
fn a_message_of_40_mb_is_handed_on_whole() {
    let server = generous();
    for protocol in BOTH {
        let bench = Bench::live(RedisSettings { protocol, ..settings(server.port()) });
        bench.answer(bench.watch(["huge"])[0]).unwrap();
        let huge = vec![b'x'; 40 << 20];
        publish(&server, "huge", &huge);
        publish(&server, "huge", b"after it");
        bench.wait_message("huge", &huge);
        bench.wait_message("huge", b"after it");
        bench.heard(|heard| assert_eq!(heard.lost().len(), 0));
        bench.finish();
    }
}

#[test]
fn a_message_over_the_limit_is_told_of_and_not_kept() {
    for protocol in BOTH {
        let server = generous();
        let bench = Bench::with_limit(RedisSettings { protocol, ..settings(server.port()) }, 1_000_000);
        bench.connect();
        bench.answer(bench.watch(["huge"])[0]).unwrap();
        publish(&server, "huge", &vec![b'x'; 40 << 20]);
        publish(&server, "huge", &vec![b'y'; 1_000_001]);
        publish(&server, "huge", &vec![b'z'; 1_000_000]);
        bench.wait_message("huge", &vec![b'z'; 1_000_000]);
        bench.heard(|heard| {
            assert_eq!(heard.too_large, ["huge", "huge"]);
            assert_eq!((heard.messages.len(), heard.lost().len()), (1, 0));
        });
        assert!(matches!(bench.read("huge"), Ok(Answer::Record(Some(_)))));
        publish(&server, "huge", &vec![b'x'; 40 << 20]);
        bench.wait("a third", |heard| (heard.too_large.len() == 3).then_some(()));
        assert!(matches!(bench.read("huge"), Err(Failure::TooLarge(_))));
        bench.finish();
    }
}

/// Watches, reads, hears and releases; what is lost on the way is asked again.
fn is_served(bench: &Bench, server: &RedisServer) {
    bench.connect();
    let text = "a record with \r\n in it";
    let mut generation = bench.wait_live(1);
    loop {
        match bench.answer(bench.watch(["a"])[0]) {
            Ok(Answer::Record(_)) => {}
            Err(Failure::Retry(_)) => {
                generation = bench.wait_live(generation + 1);
                continue;
            }
            other => panic!("{other:?}"),
        }
        publish(server, "a", text.as_bytes());
        // It comes, or the connection goes.
        let now = bench.wait("a message or another link", |heard| {
            let came = heard.messages.iter().any(|(_, record)| record.bytes() == text.as_bytes());
            if came { Some(0) } else { heard.live().filter(|live| *live > generation) }
        });
        if now == 0 {
            break;
        }
        generation = now;
    }
    bench.submit(vec![Op::Unwatch("a".into())]);
    eventually("released", || bench.counters().subscriptions == 0);
}

#[test]
fn a_stream_in_parts_of_any_size_is_read() {
    let server = RedisServer::start();
    for protocol in BOTH {
        for size in [1, 2, 3, 7, 16] {
            let relay = Relay::start(server.port(), Answers::Parts(size));
            let bench = Bench::new(RedisSettings { protocol, ..settings(relay.port()) });
            is_served(&bench, &server);
            bench.heard(|heard| assert_eq!(heard.lost().len(), 0));
            bench.finish();
        }
    }
}

#[test]
fn a_stream_may_be_cut_off_at_every_byte() {
    let server = RedisServer::start();
    for protocol in BOTH {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let bytes = next.fetch_add(1, Ordering::Relaxed);
                        // Of the second connection, which is the one for events.
                        let relay = Relay::start(server.port(), Answers::Cut(1, bytes));
                        let bench = Bench::new(RedisSettings { protocol, ..settings(relay.port()) });
                        is_served(&bench, &server);
                        let was_cut = relay.has_cut();
                        bench.finish();
                        if !was_cut {
                            return;
                        }
                    }
                });
            }
        });
        assert!(next.load(Ordering::Relaxed) > 100, "all that was sent had {next:?} bytes");
    }
}

#[test]
fn what_is_no_resp_costs_the_link_and_is_named() {
    let message = "*3\r\n$7\r\nmessage\r\n$18\r\ncelery-task-meta-a\r\n";
    let cases = [
        ("HTTP/1.1 400 Bad Request\r\n".to_owned(), "begins with 'H'"),
        ("$99999999999\r\n".to_owned(), "bytes, where"),
        ("*1\r\n".repeat(100), "levels"),
        (format!("{message}$x\r\n"), "in a number"),
        ("+PONG\r\n".to_owned(), "answered with something else"),
        (":1\r\n:2\r\n".to_owned(), "answered with something else"),
        ("-ERR no\r\n$1\r\na\r\n+OK\r\n+OK\r\n".to_owned(), "nothing that was asked"),
        (">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n".to_owned(), "answered with something else"),
    ];
    for (bytes, what) in cases {
        let fake = FakeRedis::start();
        let bench = Bench::live(settings(fake.port()));
        let answer = bytes.clone().into_bytes();
        fake.script(move |call| match call.name.as_str() {
            "SUBSCRIBE" if call.connection == 1 => Action::Answer(answer.clone()),
            _ => Action::Obey,
        });
        bench.watch(["a"]);
        let error = bench.wait("loss", |heard| heard.lost().first().cloned());
        let said = error.message();
        assert!(said.contains("no RESP") && said.contains(what), "{bytes:?}: {said}");
        bench.wait_live(2);
        assert_eq!(record(bench.answer(bench.watch(["a"])[0])), None);
        bench.finish();
    }
}

#[test]
fn what_was_not_asked_for_is_passed_over() {
    let fake = FakeRedis::start();
    let bench = Bench::live(settings(fake.port()));
    let other = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nx\r\n>4\r\n+pmessage\r\n+*\r\n+a\r\n+b\r\n";
    fake.script(|call| match call.name.as_str() {
        "GETRANGE" => Action::Answer([&other[..], b"|1\r\n+ttl\r\n:9\r\n$6\r\nrecord\r\n", other].concat()),
        _ => Action::Obey,
    });
    assert_eq!(record(bench.answer(bench.watch(["a"])[0])).as_deref(), Some(&b"record"[..]));
    bench.heard(|heard| assert_eq!((heard.messages.len(), heard.lost().len()), (0, 0)));
    bench.finish();
}

#[test]
fn what_ends_together_is_released_together() {
    for protocol in BOTH {
        let fake = FakeRedis::start();
        let bench = Bench::live(RedisSettings { protocol, ..settings(fake.port()) });
        let ids: Vec<_> = (0..600).map(|n| format!("{n}")).collect();
        for ticket in bench.watch(&ids) {
            bench.answer(ticket).unwrap();
        }
        bench.submit(ids.iter().map(|id| Op::Unwatch(id.as_str().into())).collect());
        eventually("released", || bench.counters().subscriptions == 0);
        let calls = fake.calls();
        let released: Vec<_> = calls.iter().filter(|call| call.name == "UNSUBSCRIBE").collect();
        assert_eq!(released.iter().map(|call| call.arguments.len()).sum::<usize>(), 600);
        assert!(released.len() <= 2, "{}", released.len());
        // A refusal is of all of them, and of no further consequence.
        bench.answer(bench.watch(["x"])[0]).unwrap();
        fake.script(|call| if call.name == "UNSUBSCRIBE" { error("NOPERM no") } else { Action::Obey });
        bench.submit(vec![Op::Unwatch("x".into())]);
        bench.wait("a warning", |heard| {
            heard.log.iter().any(|line| line.contains("UNSUBSCRIBE is refused")).then_some(())
        });
        bench.answer(bench.watch(["y"])[0]).unwrap();
        bench.heard(|heard| assert_eq!(heard.lost().len(), 0));
        bench.finish();
    }
}
