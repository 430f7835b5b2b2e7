//! Making connections: every way to reach a server, and every way to be refused.

use crate::{
    key,
    support::{
        eventually,
        fake_redis::{Action, FakeRedis, error},
        recorder::{Bench, Heard, record, settings},
        redis_server::{RedisServer, free_port},
    },
};
use celery_result::{
    backend::{Answer, Backend, Failure, Link, Op},
    config::{Endpoint, Protocol, RedisSettings, Secret},
    model::{Key, Status},
};
use std::time::Duration;

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
