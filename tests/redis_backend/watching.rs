//! Watching: the order of SUBSCRIBE, read and UNSUBSCRIBE, and messages.

use crate::{
    key, publish, set,
    support::{
        PATIENCE, eventually,
        fake_redis::{Action, Call, FakeRedis},
        recorder::{Bench, record, settings},
        redis_server::RedisServer,
    },
};
use celery_result::{
    backend::{Answer, Backend, Failure, Link, Op, Pushed, Sink, Ticket, Urgency, redis::RedisBackend},
    config::{Protocol, RedisSettings, Secret},
    model::{Key, Status, Stored},
    sys::{Driver, Log},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, Weak, mpsc},
    time::{Duration, Instant},
};

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

/// An engine that answers everything it hears with another operation, from inside the call.
struct Echo {
    backend: OnceLock<Weak<RedisBackend>>,
    heard: Mutex<mpsc::Sender<String>>,
}

impl Echo {
    fn submit(&self, heard: &str, ops: Vec<Op>) {
        self.heard.lock().unwrap().send(heard.to_owned()).unwrap();
        self.backend.get().unwrap().upgrade().unwrap().submit(ops);
    }
}

impl Sink for Echo {
    fn link(&self, link: Link) {
        if matches!(link, Link::Live(_)) {
            let read = Op::Read(Key::Task("a".into()), Ticket(2), Urgency::Now);
            self.submit("live", vec![Op::Watch("a".into()), read]);
        }
    }

    fn answer(&self, ticket: Ticket, _: Result<Answer, Failure>) {
        if ticket == Ticket(2) {
            let record = Stored::new(&b"x"[..]);
            let (key, ticket) = (Key::Task("a".into()), Ticket(3));
            self.submit("read", vec![Op::Store { key, record, may_replace: None, expires: None, ticket }]);
        }
    }

    fn messages(&self, pushed: &[Pushed<'_>]) {
        for pushed in pushed {
            self.submit("message", vec![Op::Unwatch(pushed.id.into())]);
        }
    }
}

#[test]
fn the_sink_may_submit_from_inside_its_calls() {
    let server = RedisServer::start();
    let (sender, heard) = mpsc::channel();
    let echo = Arc::new(Echo { backend: OnceLock::new(), heard: Mutex::new(sender) });
    let sink: Arc<dyn Sink> = echo.clone();
    let driver = Driver::new("celery-test");
    let uri = String::new();
    let settings = settings(server.port());
    let backend =
        RedisBackend::new(settings, uri, 1_000, driver.clone(), Log::default(), Arc::downgrade(&sink));
    echo.backend.set(Arc::downgrade(&backend)).unwrap();
    backend.submit(vec![Op::Connect(Ticket(1))]);
    for expected in ["live", "read", "message"] {
        assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), expected);
    }
    eventually("unsubscribed", || backend.counters().subscriptions == 0);
    backend.close();
    eventually("closed", || backend.counters().sockets == 0);
    driver.stop();
}
