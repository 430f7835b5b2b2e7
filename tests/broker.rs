//! The broker against a real server: what is sent, claimed, given up, put away. What the messages say is
//! not its affair, and not tested here.

#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use celery_result::{
    broker::{self, Bound, Broker, Claim, Order, Ordered, Replies, Reply, Settles},
    config::{Config, Options},
    model::{Message, Result, Route, Status, TopicQueue, Way},
    sys::{Cancel, Deadline, Driver, Log},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use support::{
    eventually,
    fake_redis::{Action, FakeRedis, error},
    redis_server::RedisServer,
};

const LONG: Duration = Duration::from_secs(30);

struct Bench {
    broker: Arc<dyn Broker>,
    driver: Driver,
}

impl Bench {
    fn new(url: &str, options: &[(&str, &str)]) -> Self {
        let mut all = Options::default();
        for (name, value) in options {
            all.set(name, value).unwrap();
        }
        let config = Config::new(url, &all).unwrap();
        let driver = Driver::new("broker-test");
        let broker = broker::open(&config.broker, driver.clone(), Log::default()).unwrap();
        Self { broker, driver }
    }

    fn at(server: &RedisServer) -> Self {
        Self::new(&format!("redis://127.0.0.1:{}/0", server.port()), &[])
    }

    fn send(&self, messages: Vec<(Route, Message)>, timeout: Duration) -> Result<Ordered> {
        self.send_to(messages, Arc::default(), timeout)
    }

    fn send_to(
        &self,
        messages: Vec<(Route, Message)>,
        bound: Arc<Bound>,
        timeout: Duration,
    ) -> Result<Ordered> {
        let (claim, pending) = Claim::new(None).unwrap();
        self.broker.submit(Order::Send { messages, bound, pending });
        claim.wait(Deadline::after(Some(timeout)), None, || self.broker.nudge())
    }

    fn look_up(&self, ways: &[(&str, &str)]) -> Result<Ordered> {
        let (claim, pending) = Claim::new(None).unwrap();
        let ways = ways.iter().map(|(exchange, key)| way(exchange, key)).collect();
        self.broker.submit(Order::LookUp { ways, pending });
        claim.wait(Deadline::after(Some(LONG)), None, || self.broker.nudge())
    }

    fn broadcast(&self, wait: Option<Duration>, cancel: Option<&Cancel>) -> Result<Ordered> {
        self.broadcast_until(wait, cancel, None)
    }

    fn broadcast_until(
        &self,
        wait: Option<Duration>,
        cancel: Option<&Cancel>,
        settles: Option<Settles>,
    ) -> Result<Ordered> {
        let until = Deadline::after(Some(wait.unwrap_or(LONG)));
        let (claim, pending) = Claim::new(cancel).unwrap();
        let replies = wait.map(|_| Replies { ticket: "ticket".to_owned(), most: None, settles, until });
        self.broker.submit(Order::Broadcast { message: Box::new(message("control")), replies, pending });
        claim.wait(until, cancel, || self.broker.nudge())
    }

    fn reply_list(&self) -> String {
        let to = self.broker.reply_to();
        format!("{}.{}", to.routing_key, to.exchange)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.broker.close();
        self.driver.stop();
        assert!(self.driver.join(Deadline::after(Some(LONG))));
    }
}

fn message(body: &str) -> Message {
    Message {
        body: body.as_bytes().to_vec(),
        content_type: "application/json".to_owned(),
        content_encoding: "utf-8".to_owned(),
        headers: "{}".to_owned(),
        correlation_id: None,
        reply_to: None,
        persistent: true,
        priority: 0,
        expiration: None,
    }
}

fn way(exchange: &str, routing_key: &str) -> Way {
    Way { exchange: exchange.to_owned(), routing_key: routing_key.to_owned(), queue: None }
}

fn queue(name: &str) -> Route {
    Route::Queue { name: name.to_owned(), exchange: name.to_owned(), routing_key: name.to_owned() }
}

fn keys(server: &RedisServer) -> Vec<String> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut server.client()).unwrap();
    keys.sort();
    keys
}

fn list(server: &RedisServer, key: &str) -> Vec<String> {
    redis::cmd("LRANGE").arg(key).arg(0).arg(-1).query(&mut server.client()).unwrap()
}

/// Someone who listens to broadcasts as a worker does, and answers nothing by itself.
struct Listener(redis::Connection);

impl Listener {
    fn new(server: &RedisServer) -> Self {
        let mut connection = server.client();
        redis::cmd("PSUBSCRIBE").arg("/0.celery.pidbox").exec(&mut connection).unwrap();
        Self(connection)
    }

    /// Waits for the next broadcast.
    fn hear(&mut self) -> String {
        let message = self.0.recv_response().unwrap();
        let (_, _, _, text): (String, String, String, String) = redis::from_redis_value(message).unwrap();
        text
    }
}

/// An answer as a worker writes it.
fn envelope(body: &str) -> String {
    envelope_with(body, "{}")
}

fn envelope_with(body: &str, properties: &str) -> String {
    format!(
        "{{\"body\": \"{body}\", \"content-type\": \"application/json\", \"headers\": {{\"ticket\": \"ticket\"}}, \"properties\": {properties}}}"
    )
}

/// Answers to a broadcast as a worker does.
fn answer(server: &RedisServer, list: &str, body: &str) {
    push(server, list, &envelope(body));
}

fn push(server: &RedisServer, list: &str, text: &str) {
    redis::cmd("LPUSH").arg(list).arg(text).exec(&mut server.client()).unwrap();
}

/// The broker knows that the broadcast has left, as it looks for answers.
fn answers_are_awaited(server: &RedisServer) {
    eventually("answers are looked for", || server.asked("llen") > 0);
}

#[test]
fn messages_go_into_their_lists_in_order_and_queues_are_declared_once() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    assert_eq!(bench.broker.counters().sockets, 0, "nothing is opened before it is needed");
    let urgent = Message { priority: 7, ..message("urgent") };
    let messages =
        vec![(queue("q"), message("first")), (queue("q"), message("second")), (queue("q"), urgent)];
    assert_eq!(bench.send(messages, LONG).unwrap(), Ordered::Sent);
    assert_eq!(bench.send(vec![(queue("q"), message("third"))], LONG).unwrap(), Ordered::Sent);
    assert_eq!(keys(&server), ["_kombu.binding.q", "_kombu.binding_permanent.q", "q", "q\u{6}\u{16}6"]);
    let bodies: Vec<_> = list(&server, "q").into_iter().rev().collect();
    for (text, body) in bodies.iter().zip(["Zmlyc3Q=", "c2Vjb25k", "dGhpcmQ="]) {
        assert!(text.contains(body), "{text}");
    }
    assert_eq!(list(&server, "q\u{6}\u{16}6").len(), 1);
    assert_eq!((bench.broker.counters().sockets, bench.broker.counters().connects), (1, 1));
}

#[test]
fn an_exchange_leads_to_what_is_bound_to_it() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    for member in
        ["key\u{6}\u{16}\u{6}\u{16}one", "key\u{6}\u{16}\u{6}\u{16}two", "other\u{6}\u{16}\u{6}\u{16}three"]
    {
        let _: i64 =
            redis::cmd("SADD").arg("_kombu.binding.ex").arg(member).query(&mut server.client()).unwrap();
    }
    let route = |key: &str| Route::Exchange(way("ex", key));
    let Ordered::Bound(bound) = bench.look_up(&[("ex", "other"), ("ex", "key")]).unwrap() else { panic!() };
    let bound = Arc::new(bound);
    // As it was when it was asked for: one call knows one answer.
    server.run("DEL _kombu.binding.ex");
    for _ in 0..2 {
        bench.send_to(vec![(route("key"), message("x"))], Arc::clone(&bound), LONG).unwrap();
    }
    assert_eq!(
        (list(&server, "one").len(), list(&server, "two").len(), list(&server, "three").len()),
        (2, 2, 0)
    );
    let messages = vec![(queue("fine"), message("x")), (route("none"), message("x"))];
    for error in [
        bench.send_to(messages, bound, LONG).unwrap_err(),
        bench.look_up(&[("fine", "fine"), ("ex", "none")]).unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::InvalidOption);
    }
    let _: i64 = redis::cmd("SADD")
        .arg("_kombu.binding.ex")
        .arg("key\u{6}\u{16}\u{6}\u{16}one")
        .query(&mut server.client())
        .unwrap();
    let error = bench.look_up(&[("ex", "key"), ("ex", "none")]).unwrap_err();
    assert_eq!(error.status(), Status::InvalidOption);
    assert!(error.message().contains("\"ex\"") && error.message().contains("\"none\""), "{error}");
    assert!(list(&server, "fine").is_empty(), "nothing was sent");
}

/// What kombu finds through a topic exchange is decided by the pattern alone: a queue that was written down
/// without one would get everything that anybody sends there.
#[test]
fn a_queue_of_a_topic_exchange_is_bound_with_its_pattern() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let table = "_kombu.binding.ex";
    let other = "a.#\u{6}\u{16}^a\\..*?$\u{6}\u{16}other";
    let _: i64 = redis::cmd("SADD").arg(table).arg(other).query(&mut server.client()).unwrap();
    let own = TopicQueue { name: "own".to_owned(), topic: "a.own".to_owned() };
    let (hit, miss) = (Way { queue: Some(own.clone()), ..way("ex", "a.own") }, way("ex", "a.x"));
    let miss = Way { queue: Some(own), ..miss };
    let (claim, pending) = Claim::new(None).unwrap();
    bench.broker.submit(Order::LookUp { ways: vec![hit.clone(), miss.clone()], pending });
    let Ordered::Bound(bound) = claim.wait(Deadline::after(Some(LONG)), None, || {}).unwrap() else {
        panic!()
    };
    let messages = [hit, miss].map(|way| (Route::Exchange(way), message("x")));
    bench.send_to(messages.to_vec(), Arc::new(bound), LONG).unwrap();
    assert_eq!((list(&server, "own").len(), list(&server, "other").len()), (1, 2));
    let bound = "a.own\u{6}\u{16}^a\\.own$\u{6}\u{16}own";
    for (table, expected) in [(table, vec![other, bound]), ("_kombu.binding_permanent.ex", vec![bound])] {
        let mut members: Vec<String> = redis::cmd("SMEMBERS").arg(table).query(&mut server.client()).unwrap();
        members.sort_unstable();
        assert_eq!(members, expected, "{table}");
    }
}

#[test]
fn what_cannot_leave_in_time_never_leaves() {
    let mut server = RedisServer::start();
    server.kill();
    let bench = Bench::at(&server);
    let begun = Instant::now();
    let error = bench.send(vec![(queue("q"), message("lost"))], Duration::from_millis(300)).unwrap_err();
    assert!(begun.elapsed() >= Duration::from_millis(300), "never early");
    assert_eq!(error.status(), Status::Unreachable);
    assert!(error.message().contains("127.0.0.1"), "{error}");
    thread::scope(|scope| {
        let late = scope.spawn(|| bench.send(vec![(queue("q"), message("late"))], LONG).unwrap());
        server.restart();
        assert_eq!(late.join().unwrap(), Ordered::Sent);
    });
    assert_eq!(list(&server, "q").len(), 1, "what was given up was not sent later");
}

#[test]
fn a_server_that_is_stopped_leaves_it_uncertain() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    bench.send(vec![(queue("q"), message("first"))], LONG).unwrap();
    server.freeze();
    let error = bench.send(vec![(queue("q"), message("second"))], Duration::from_millis(200)).unwrap_err();
    assert_eq!(error.status(), Status::Uncertain);
    server.thaw();
}

#[test]
fn who_listens_is_counted() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let none = Ordered::Heard { listeners: Some(0), replies: Vec::new() };
    assert_eq!(bench.broadcast(None, None).unwrap(), none);
    // Nobody there: nobody is waited for.
    assert_eq!(bench.broadcast(Some(LONG), None).unwrap(), none);
    assert!(keys(&server).is_empty(), "{:?}", keys(&server));
    let mut listening = Listener::new(&server);
    assert_eq!(
        bench.broadcast(None, None).unwrap(),
        Ordered::Heard { listeners: Some(1), replies: Vec::new() }
    );
    let text = listening.hear();
    assert!(text.contains("\"delivery_tag\"") && text.contains("celery.pidbox"), "{text}");
}

#[test]
fn answers_end_the_wait_and_nothing_is_left() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let list_name = bench.reply_list();
    let mut listening = [Listener::new(&server), Listener::new(&server)];
    for round in 0..3 {
        thread::scope(|scope| {
            let waiting = scope.spawn(|| bench.broadcast(Some(LONG), None).unwrap());
            for one in &mut listening {
                one.hear();
            }
            let lives: i64 = redis::cmd("TTL").arg(&list_name).query(&mut server.client()).unwrap();
            assert!((30..=100).contains(&lives), "the list has a time to live before it is told: {lives}");
            let bound: i64 = redis::cmd("SCARD")
                .arg("_kombu.binding.reply.celery.pidbox")
                .query(&mut server.client())
                .unwrap();
            assert_eq!(bound, 1);
            for body in ["YQ==", "Yg=="] {
                for text in ["", "garbage", "{}", &envelope_with(body, "{\"body_encoding\": \"base64\"}")] {
                    push(&server, &list_name, text);
                }
            }
            let Ordered::Heard { listeners, replies } = waiting.join().unwrap() else {
                panic!("round {round}")
            };
            let bodies: Vec<_> = replies.iter().map(|reply| reply.body.as_slice()).collect();
            assert_eq!((listeners, bodies), (Some(2), vec![&b"a"[..], b"b"]));
        });
        eventually("nothing is left", || keys(&server).is_empty());
    }
}

#[test]
fn an_answer_that_settles_it_ends_the_wait() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let list_name = bench.reply_list();
    let [mut listening, _other, _third] = [(); 3].map(|()| Listener::new(&server));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let settles = move |reply: &Reply| {
        counted.fetch_add(1, Ordering::Relaxed);
        reply.body == b"here"
    };
    let begun = Instant::now();
    thread::scope(|scope| {
        let waiting =
            scope.spawn(|| bench.broadcast_until(Some(LONG), None, Some(Box::new(settles))).unwrap());
        listening.hear();
        answer(&server, &list_name, "not here");
        eventually("it is read", || asked.load(Ordering::Relaxed) == 1);
        assert!(!waiting.is_finished(), "this says nothing");
        answer(&server, &list_name, "here");
        let Ordered::Heard { listeners, replies } = waiting.join().unwrap() else { panic!("no answer") };
        let bodies: Vec<_> = replies.iter().map(|reply| reply.body.as_slice()).collect();
        assert_eq!((listeners, bodies), (Some(3), vec![&b"not here"[..], b"here"]));
    });
    assert!(begun.elapsed() < LONG, "the third is not waited for");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "each is asked once");
    let lives: i64 = redis::cmd("TTL").arg(&list_name).query(&mut server.client()).unwrap();
    assert!([-2, 0, 1].contains(&lives), "what the third may be writing vanishes: {lives}");
    eventually("nothing is left", || keys(&server).is_empty());
}

#[test]
fn who_answers_nothing_is_waited_for_until_the_time_is_over() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let mut listening = Listener::new(&server);
    let begun = Instant::now();
    let heard = bench.broadcast(Some(Duration::from_millis(200)), None).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(200), "never early");
    assert_eq!(heard, Ordered::Heard { listeners: Some(1), replies: Vec::new() });
    assert!(keys(&server).is_empty(), "{:?}", keys(&server));
    let cancel = Cancel::new().unwrap();
    server.run("CONFIG RESETSTAT");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.broadcast(Some(LONG), Some(&cancel)).unwrap_err());
        listening.hear();
        listening.hear();
        answers_are_awaited(&server);
        cancel.trigger();
        assert_eq!(waiting.join().unwrap().status(), Status::Cancelled);
    });
    eventually("nothing is left", || keys(&server).is_empty());
}

#[test]
fn a_broadcast_that_is_refused_leaves_nothing() {
    let server = RedisServer::start();
    server.run("ACL SETUSER deaf on nopass ~* +@all resetchannels");
    let bench = Bench::new(&format!("redis://deaf:any@127.0.0.1:{}/0", server.port()), &[]);
    for _ in 0..20 {
        let error = bench.broadcast(Some(LONG), None).unwrap_err();
        assert_eq!(error.status(), Status::Permission);
        assert!(keys(&server).is_empty(), "{:?}", keys(&server));
    }
}

#[test]
fn what_was_taken_beside_what_was_refused_is_counted() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    server.run("SET full text");
    let messages = ["full", "q", "q"].map(|name| (queue(name), message("x")));
    let error = bench.send(messages.to_vec(), LONG).unwrap_err();
    assert_eq!(error.status(), Status::Uncertain);
    assert!(error.message().contains("WRONGTYPE") && error.message().contains("of 3 messages 2"), "{error}");
    assert_eq!(list(&server, "q").len(), 2);
    let error = bench.send(vec![(queue("full"), message("x"))], LONG).unwrap_err();
    assert_eq!(error.status(), Status::Server, "nothing was sent");
}

/// A transaction is carried out to its end whatever fails in it.
#[test]
fn a_broadcast_that_was_made_without_a_way_for_answers_is_no_failure() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let mut listening = Listener::new(&server);
    server.run("SET _kombu.binding.reply.celery.pidbox text");
    let heard = bench.broadcast(Some(Duration::from_millis(200)), None).unwrap();
    assert_eq!(heard, Ordered::Heard { listeners: Some(1), replies: Vec::new() });
    assert!(listening.hear().contains("delivery_tag"));
}

#[test]
fn who_comes_while_there_is_no_server_learns_why() {
    let mut server = RedisServer::start();
    let bench = Bench::at(&server);
    server.run("REPLICAOF 127.0.0.1 1");
    let short = Duration::from_millis(100);
    let place = format!("broker, Redis at 127.0.0.1:{}: ", server.port());
    let failures = |expected: &str| {
        // Some of them begin while no attempt is made.
        for _ in 0..5 {
            let error = bench.send(vec![(queue("q"), message("x"))], short).unwrap_err();
            assert_eq!(error.status(), Status::Unreachable);
            assert_eq!(error.message().matches(&place).count(), 1, "{error}");
            assert!(error.message().contains(expected), "{error}");
        }
    };
    failures("READONLY");
    server.kill();
    eventually("the server is gone", || {
        let error = bench.send(vec![(queue("q"), message("x"))], short).unwrap_err();
        error.message().contains("refused")
    });
    failures("refused");
}

#[test]
fn closing_puts_away_what_a_wait_has_set_up() {
    let server = RedisServer::start();
    let mut listening = Listener::new(&server);
    let bench = Bench::at(&server);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.broadcast(Some(LONG), None).unwrap_err());
        listening.hear();
        answers_are_awaited(&server);
        bench.broker.close();
        bench.driver.stop();
        assert_eq!(waiting.join().unwrap().status(), Status::Closed);
    });
    assert!(bench.driver.join(Deadline::after(Some(LONG))));
    assert!(keys(&server).is_empty(), "{:?}", keys(&server));
}

#[test]
fn a_connection_that_breaks_while_answers_are_awaited_is_made_anew() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let list_name = bench.reply_list();
    let mut listening = Listener::new(&server);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| bench.broadcast(Some(LONG), None).unwrap());
        listening.hear();
        let connects = bench.broker.counters().connects;
        let _: i64 =
            redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").query(&mut server.client()).unwrap();
        eventually("it connects again", || bench.broker.counters().connects > connects);
        answer(&server, &list_name, "x");
        let Ordered::Heard { replies, .. } = waiting.join().unwrap() else { panic!("no answer") };
        assert_eq!(replies.len(), 1);
    });
    eventually("nothing is left", || keys(&server).is_empty());
}

/// A server that carries out the first broadcast and hangs up before it has said so. Over the next
/// connection it has these answers, and counts those who asked for them.
fn server_that_hangs_up(answers: Vec<String>) -> FakeRedis {
    let reply = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    let list: String = answers.iter().map(|text| reply(text)).collect();
    let list = format!("*{}\r\n{list}", answers.len()).into_bytes();
    let length = format!(":{}\r\n", answers.len()).into_bytes();
    FakeRedis::scripted(move |call| match call.name.as_str() {
        "EXEC" => Action::Cut(0),
        "LLEN" => Action::Answer(length.clone()),
        "LRANGE" => Action::Answer(list.clone()),
        _ => Action::Obey,
    })
}

#[test]
fn answers_show_that_a_broadcast_was_made() {
    let answers = ["x", "y"].map(envelope).to_vec();
    let server = server_that_hangs_up(answers);
    let bench = Bench::new(&format!("redis://127.0.0.1:{}/0", server.port()), &[]);
    let replies =
        [b"y", b"x"].map(|body| Reply { body: body.to_vec(), content_type: "application/json".to_owned() });
    let begun = Instant::now();
    let heard = Ordered::Heard { listeners: None, replies: replies.to_vec() };
    assert_eq!(bench.broadcast(Some(Duration::from_secs(2)), None).unwrap(), heard);
    assert!(begun.elapsed() >= Duration::from_secs(2), "nobody knows how many more would answer");
    let enough: Settles = Box::new(|reply| reply.body == b"x");
    assert_eq!(bench.broadcast_until(Some(LONG), None, Some(enough)).unwrap(), heard);
    let published = server.calls().iter().filter(|call| call.name == "PUBLISH").count();
    assert_eq!(published, 2, "it is not sent again");
}

#[test]
fn a_broadcast_that_may_have_been_made_and_is_not_answered_is_uncertain() {
    let server = server_that_hangs_up(Vec::new());
    let bench = Bench::new(&format!("redis://127.0.0.1:{}/0", server.port()), &[]);
    let begun = Instant::now();
    let error = bench.broadcast(Some(Duration::from_millis(500)), None).unwrap_err();
    assert_eq!(error.status(), Status::Uncertain);
    assert!(begun.elapsed() >= Duration::from_millis(500), "an answer might have come");
    // Who waits for no answers is told at once.
    assert_eq!(
        bench.broadcast(None, None).unwrap(),
        Ordered::Heard { listeners: Some(0), replies: Vec::new() }
    );
}

#[test]
fn a_server_that_turns_us_away_ends_the_wait_for_answers() {
    let server = FakeRedis::scripted(|call| match call.name.as_str() {
        "EXEC" => Action::Answer(b"*1\r\n:1\r\n".to_vec()),
        "LLEN" => Action::HangUp,
        "AUTH" if call.connection > 0 => error("WRONGPASS invalid username-password pair"),
        _ => Action::Obey,
    });
    let bench = Bench::new(&format!("redis://:secret@127.0.0.1:{}/0", server.port()), &[]);
    let heard = Ordered::Heard { listeners: Some(1), replies: Vec::new() };
    let begun = Instant::now();
    assert_eq!(bench.broadcast(Some(LONG), None).unwrap(), heard);
    assert!(begun.elapsed() < LONG, "no answer can be read any more");
    assert_eq!(server.accepted(), 2, "and it is not asked again and again");
}

#[test]
fn an_idle_connection_is_closed() {
    let server = RedisServer::start();
    let url = format!("redis://127.0.0.1:{}/0", server.port());
    let bench = Bench::new(&url, &[("health_interval", "50ms")]);
    bench.send(vec![(queue("q"), message("x"))], LONG).unwrap();
    eventually("it is closed", || bench.broker.counters().sockets == 0);
    bench.send(vec![(queue("q"), message("x"))], LONG).unwrap();
    assert_eq!(list(&server, "q").len(), 2);
}

#[test]
fn each_message_is_told_rightly_while_connections_are_killed() {
    let server = RedisServer::start();
    let bench = Bench::at(&server);
    let (stop, told) = (AtomicBool::new(false), Mutex::new(HashMap::new()));
    thread::scope(|scope| {
        for sender in 0..6 {
            let (stop, told, bench) = (&stop, &told, &bench);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let correlation_id = format!("{sender}-{number}");
                    let message = Message { correlation_id: Some(correlation_id.clone()), ..message("x") };
                    let end = bench.send(vec![(queue("q"), message)], LONG);
                    told.lock().unwrap().insert(correlation_id, end.map_err(|error| error.status()));
                }
            });
        }
        let mut killed = 0;
        while killed < 100 {
            killed += server.kill_connections("cmd=lpush");
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut found: HashMap<String, usize> = HashMap::new();
    for text in list(&server, "q") {
        let (_, id) = text.split_once("\"correlation_id\":\"").unwrap();
        *found.entry(id.split_once('"').unwrap().0.to_owned()).or_default() += 1;
    }
    let told = told.into_inner().unwrap();
    for (id, end) in &told {
        match (end, found.get(id).copied().unwrap_or_default()) {
            (Ok(Ordered::Sent), 1) | (Err(Status::Uncertain), 0 | 1) => {}
            other => panic!("{id}: {other:?}"),
        }
    }
    assert!(found.keys().all(|id| told.contains_key(id)));
}
