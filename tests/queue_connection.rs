//! The connection of an app as events of a queue.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use celery_result::{
    app::App,
    model::Status,
    result::{CompletionQueue, QueueEventKind},
};
use support::{
    eventually,
    members::{LONG, task},
    redis_server::RedisServer,
    stores::{open, success},
};

fn connect(server: &RedisServer) -> App {
    let app = open(&format!("redis://127.0.0.1:{}/0", server.port()));
    app.connect(Some(LONG), None).unwrap();
    app
}

/// The next event in short, with its tag.
#[track_caller]
fn next(queue: &CompletionQueue) -> (u64, &'static str) {
    let event = queue.next(Some(LONG), None, 1).unwrap().remove(0);
    let what = match event.kind {
        QueueEventKind::Connected => "connected",
        QueueEventKind::Disconnected(error) => {
            assert!(error.message().contains("Redis at "), "{error}");
            "disconnected"
        }
        QueueEventKind::Closed(_) => "closed",
        QueueEventKind::Ready(_) => "ready",
        QueueEventKind::Progress(_) | QueueEventKind::Failed(_) => "another",
    };
    (event.tag, what)
}

#[test]
fn it_comes_and_goes_and_waits_go_on() {
    let mut server = RedisServer::start();
    let (app, queue) = (connect(&server), CompletionQueue::new().unwrap());
    queue.report_connection(&app, 7).unwrap();
    assert_eq!(next(&queue), (7, "connected"));
    queue.add(&task(&app, "a"), 1).unwrap();
    server.kill();
    assert_eq!(next(&queue), (7, "disconnected"));
    server.restart();
    assert_eq!(next(&queue), (7, "connected"));
    app.store(&success("a", "1")).unwrap();
    assert_eq!(next(&queue), (1, "ready"));
    app.close();
    assert_eq!(next(&queue), (7, "closed"));
    assert_eq!(queue.report_connection(&app, 7).unwrap_err().status(), Status::Closed);
    assert!(queue.is_empty());
}

#[test]
fn of_changes_that_were_not_taken_the_last_one_counts() {
    let server = RedisServer::start();
    let (app, queue) = (connect(&server), CompletionQueue::new().unwrap());
    queue.report_connection(&app, 7).unwrap();
    for round in 1..=5 {
        server.kill_connections("");
        eventually("it is connected again", || app.stats().connects > round * 2);
        app.connect(Some(LONG), None).unwrap();
    }
    assert_eq!((queue.len(), next(&queue)), (1, (7, "connected")));
}

#[test]
fn nothing_comes_after_remove_and_others_stay() {
    let server = RedisServer::start();
    let (app, queue) = (connect(&server), CompletionQueue::new().unwrap());
    queue.report_connection(&app, 7).unwrap();
    queue.report_connection(&app, 8).unwrap();
    assert_eq!((queue.remove(7), queue.remove(7), queue.len()), (1, 0, 1));
    app.close();
    assert_eq!(next(&queue), (8, "closed"));
    assert!(queue.is_empty());
}

#[test]
fn a_store_without_connections_has_only_its_end_to_report() {
    let (app, queue) = (open("memory://"), CompletionQueue::new().unwrap());
    queue.report_connection(&app, 7).unwrap();
    assert!(queue.is_empty());
    app.close();
    assert_eq!(next(&queue), (7, "closed"));
}
