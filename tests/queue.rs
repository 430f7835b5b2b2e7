//! Completion queues: every kind of result has its event once, whatever happens meanwhile; the
//! descriptor tells when; progress. The periodic re-read is off.
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
    model::{Id, Status},
    result::{AsyncResult, CompletionQueue, EagerResult, QueueEvent, QueueEventKind, ResultBase, ResultSet},
    sys::{Cancel, Log},
};
use std::{
    collections::HashMap,
    thread,
    time::{Duration, Instant},
};
use support::{
    crowd::Random,
    eventually,
    members::{LONG, failure, group, ids, set, state, task},
    redis_server::RedisServer,
    stores::{all_is_given_back, for_each_store, open, options, success},
    worker::{Worker, record},
};

fn url(server: &RedisServer) -> String {
    format!("redis://127.0.0.1:{}/0", server.port())
}

fn store(app: &App, id: &str, json: &str) {
    app.store(&success(id, json)).unwrap();
}

#[track_caller]
fn next(queue: &CompletionQueue) -> QueueEvent {
    let mut events = queue.next(Some(LONG), None, 1).unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// An event in short: tag, id, and what happened.
fn short(event: &QueueEvent) -> String {
    let id = event.id.as_ref().map_or("-", Id::as_ref);
    let what = match &event.kind {
        QueueEventKind::Connected => "connected".to_owned(),
        QueueEventKind::Disconnected(error) => format!("disconnected {:?}", error.status()),
        QueueEventKind::Ready(None) => "ready".to_owned(),
        QueueEventKind::Ready(Some(meta)) => format!("{}={}", meta.state(), meta.value().unwrap().json()),
        QueueEventKind::Progress(meta) => format!("{}~{}", meta.state(), meta.value().unwrap().json()),
        QueueEventKind::Failed(error) => format!("failed {:?}", error.status()),
        QueueEventKind::Closed(error) => format!("closed {:?}", error.status()),
    };
    format!("{} {id} {what}{}", event.tag, if event.after_gap { " after a gap" } else { "" })
}

fn nothing(queue: &CompletionQueue) {
    let end = queue.next(Some(Duration::ZERO), None, 10);
    assert_eq!(end.unwrap_err().status(), Status::Timeout);
    assert!(queue.is_empty());
}

/// Whether the descriptor can be read.
fn is_readable(queue: &CompletionQueue) -> bool {
    let mut entry = libc::pollfd { fd: queue.fd().unwrap(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry, valid for the call.
    unsafe { libc::poll(&raw mut entry, 1, 0) == 1 }
}

#[test]
fn every_kind_of_result_has_one_event() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        nothing(&queue);
        // The handles may be dropped at once.
        queue.add(&task(app, "a"), 1).unwrap();
        queue.add(&task(app, "b"), 2).unwrap();
        queue.add(&group(app, "g", ["x", "y"]), 3).unwrap();
        queue.add(&ResultBase::Set(set(app, ["x"])), 4).unwrap();
        assert_eq!(queue.pending(), 4);
        assert!(!is_readable(&queue));
        store(app, "a", "7");
        assert_eq!(short(&next(&queue)), "1 a SUCCESS=7");
        app.store(&failure("y", "KeyError", "k")).unwrap();
        app.store(&state("b", "REVOKED", "{\"exc_type\": \"R\", \"exc_message\": []}")).unwrap();
        assert!(short(&next(&queue)).starts_with("2 b REVOKED="));
        store(app, "x", "1");
        let mut ends = vec![short(&next(&queue)), short(&next(&queue))];
        ends.sort();
        assert_eq!(ends, ["3 g ready", "4 - ready"]);
        assert_eq!(queue.pending(), 0);
        nothing(&queue);
        all_is_given_back(app);
    });
}

#[test]
fn what_is_finished_already_has_its_event_at_once() {
    for_each_store(|app| {
        store(app, "a", "1");
        let known = AsyncResult::new(app, "a").unwrap();
        known.wait(Some(LONG), None).unwrap();
        let ignored = AsyncResult::new(app, "ignored").unwrap();
        ignored.ignore();
        let released = AsyncResult::new(app, "a").unwrap();
        released.wait(Some(LONG), None).unwrap();
        released.release_payload();
        all_is_given_back(app);
        let before = app.stats();
        let queue = CompletionQueue::new().unwrap();
        queue.add(&ResultBase::Async(known.clone()), 1).unwrap();
        queue.add(&ResultBase::Async(ignored), 2).unwrap();
        queue.add(&ResultBase::Async(released), 3).unwrap();
        queue.add(&ResultBase::Eager(EagerResult::new(&success("eager", "5")).unwrap()), 4).unwrap();
        queue.add(&ResultBase::Set(set(app, [])), 5).unwrap();
        let done = ResultSet::new(app, vec![ResultBase::Async(known)]).unwrap();
        queue.add(&ResultBase::Set(done), 6).unwrap();
        assert_eq!((queue.len(), queue.pending()), (6, 0));
        assert!(is_readable(&queue));
        let events: Vec<_> = queue.next(None, None, 100).unwrap().iter().map(short).collect();
        assert_eq!(
            events,
            [
                "1 a SUCCESS=1",
                "2 ignored ready",
                "3 a failed Released",
                "4 eager SUCCESS=5",
                "5 - ready",
                "6 - ready"
            ]
        );
        assert!(!is_readable(&queue));
        assert_eq!(app.stats().bytes_sent, before.bytes_sent);
    });
}

#[test]
fn handles_and_members_remember_what_the_queue_found() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        let one = AsyncResult::new(app, "one").unwrap();
        let members = set(app, ["x", "y"]);
        queue.add(&ResultBase::Async(one.clone()), 1).unwrap();
        queue.add(&ResultBase::Set(members.clone()), 2).unwrap();
        for id in ["y", "one", "x"] {
            store(app, id, "1");
        }
        assert_eq!((next(&queue).tag, next(&queue).tag), (1, 2));
        assert!(one.peek().is_some());
        all_is_given_back(app);
        let before = app.stats().bytes_sent;
        assert_eq!(members.get(&support::members::long()).unwrap().value.json(), "[1, 1]");
        assert_eq!(app.stats().bytes_sent, before);
        all_is_given_back(app);
    });
}

#[test]
fn a_group_in_a_queue_follows_its_changes() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        let members = set(app, ["x", "y"]);
        queue.add(&ResultBase::Set(members.clone()), 1).unwrap();
        eventually("it waits", || app.stats().waiters == 2);
        members.add(&task(app, "z")).unwrap();
        members.remove_id("y").unwrap();
        eventually("both were noticed", || app.stats().waiters == 2);
        store(app, "x", "1");
        eventually("one has come", || app.stats().waiters == 1);
        nothing(&queue);
        store(app, "z", "1");
        assert_eq!(short(&next(&queue)), "1 - ready");
        // Removing the last member that is missing ends it too.
        members.add(&task(app, "never")).unwrap();
        queue.add(&ResultBase::Set(members.clone()), 2).unwrap();
        members.discard(&task(app, "never"));
        assert_eq!(short(&next(&queue)), "2 - ready");
        all_is_given_back(app);
    });
}

#[test]
fn ids_are_added_all_or_none() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        let error = queue.add_ids(app, &[("a", 1), ("", 2)]).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().starts_with("ids[1] "), "{error}");
        let long = "x".repeat(20_000);
        assert_eq!(
            queue.add_ids(app, &[("a", 1), (&long, 2)]).unwrap_err().status(),
            Status::InvalidArgument
        );
        assert_eq!((queue.pending(), app.stats().waiters), (0, 0));
        queue.add_ids(app, &[]).unwrap();
        queue.add_ids(app, &[("a", 1), ("b", 9), ("a", 9)]).unwrap();
        store(app, "a", "1");
        let mut ends = [short(&next(&queue)), short(&next(&queue))];
        ends.sort();
        assert_eq!(ends, ["1 a SUCCESS=1", "9 a SUCCESS=1"]);
        assert_eq!(queue.remove(9), 1);
        all_is_given_back(app);
    });
}

#[test]
fn members_are_added_under_tags_that_follow() {
    for_each_store(|app| {
        let other = open("memory://");
        let eager = ResultBase::Eager(EagerResult::new(&success("eager", "5")).unwrap());
        let mixed = vec![task(app, "a"), eager, group(&other, "g", ["x"]), task(&other, "b"), task(app, "a")];
        let mixed = ResultBase::Set(ResultSet::new(app, mixed).unwrap());
        let queue = CompletionQueue::new().unwrap();
        queue.add_members(&mixed, 100).unwrap();
        assert_eq!(short(&next(&queue)), "101 eager SUCCESS=5");
        store(app, "a", "1");
        let mut ends = [short(&next(&queue)), short(&next(&queue))];
        ends.sort();
        assert_eq!(ends, ["100 a SUCCESS=1", "104 a SUCCESS=1"]);
        store(&other, "b", "2");
        assert_eq!(short(&next(&queue)), "103 b SUCCESS=2");
        store(&other, "x", "2");
        assert_eq!(short(&next(&queue)), "102 g ready");
        for (set, tag, status) in
            [(task(app, "a"), 0, Status::WrongKind), (mixed.clone(), u64::MAX - 3, Status::InvalidArgument)]
        {
            assert_eq!(queue.add_members(&set, tag).unwrap_err().status(), status);
        }
        queue.add_members(&group(app, "empty", []), u64::MAX).unwrap();
        assert_eq!(queue.pending(), 0);
        // The last tag is the largest number.
        queue.add_members(&mixed, u64::MAX - 4).unwrap();
        let mut tags = Vec::new();
        while tags.len() < 5 {
            tags.extend(queue.next(Some(LONG), None, 5).unwrap().iter().map(|event| event.tag));
        }
        tags.sort_unstable();
        assert_eq!(tags, (u64::MAX - 4..=u64::MAX).collect::<Vec<_>>());
        all_is_given_back(app);
    });
}

#[test]
fn members_are_added_all_or_none() {
    for_each_store(|app| {
        let (closed, other) = (open("memory://"), open("memory://"));
        store(app, "done", "1");
        let known = task(&closed, "known");
        store(&closed, "known", "1");
        known.wait(Some(LONG), None).unwrap();
        closed.close();
        let queue = CompletionQueue::new().unwrap();
        queue.add(&task(app, "before"), 1).unwrap();
        // Whichever app comes first, and however many follow.
        for turn in 0..8_usize {
            let mut members = vec![known.clone(), task(app, "done")];
            for number in 0..turn {
                members.push(task([app, &other][number % 2], &format!("open-{number}")));
            }
            if turn % 2 == 0 {
                members.remove(1);
            }
            let place = members.len();
            members.extend([
                task(&closed, "p"),
                task(&closed, "q"),
                group(&closed, "r", ["s"]),
                task(app, "t"),
            ]);
            let set = ResultBase::Set(ResultSet::new(app, members).unwrap());
            let error = queue.add_members(&set, 1).unwrap_err();
            assert_eq!((error.status(), error.member()), (Status::Closed, Some(place)));
            assert_eq!(error.task_id().unwrap().as_ref(), "p");
            assert_eq!((queue.len(), queue.pending()), (0, 1), "nothing was added");
        }
        eventually("what had begun is given back", || app.stats().waiters == 1);
        all_is_given_back(&other);
        // What needs no app, and a set, which has its event.
        let fine = vec![known, group(&closed, "r", ["s"]), task(app, "done")];
        queue.add_members(&ResultBase::Set(ResultSet::new(app, fine).unwrap()), 10).unwrap();
        let mut ends = Vec::new();
        while ends.len() < 3 {
            ends.extend(queue.next(Some(LONG), None, 3).unwrap().iter().map(short));
        }
        ends.sort();
        assert_eq!(ends, ["10 known SUCCESS=1", "11 r closed Closed", "12 done SUCCESS=1"]);
        assert_eq!(queue.remove(1), 1);
        all_is_given_back(app);
    });
}

#[test]
fn nothing_comes_after_remove() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        queue.add(&task(app, "a"), 1).unwrap();
        queue.add(&task(app, "b"), 1).unwrap();
        queue.add(&group(app, "g", ["x", "y"]), 1).unwrap();
        queue.add(&task(app, "a"), 2).unwrap();
        store(app, "a", "1");
        eventually("both have come", || queue.len() == 2);
        assert_eq!((queue.remove(1), queue.remove(1), queue.remove(7)), (3, 0, 0));
        assert_eq!(queue.len(), 1);
        assert!(is_readable(&queue));
        for id in ["b", "x", "y"] {
            store(app, id, "1");
        }
        assert_eq!(short(&next(&queue)), "2 a SUCCESS=1");
        nothing(&queue);
        assert!(!is_readable(&queue));
        all_is_given_back(app);
    });
}

#[test]
fn closing_an_app_gives_one_event_for_each_of_its_results() {
    for_each_store(|app| {
        let other = open("memory://");
        let queue = CompletionQueue::new().unwrap();
        queue.add_ids(app, &[("a", 0), ("b", 1)]).unwrap();
        queue.add(&task(app, "c"), 2).unwrap();
        queue.add(&group(app, "g", ["x", "y"]), 3).unwrap();
        let mixed = ResultSet::new(&other, vec![task(&other, "p"), task(app, "q")]).unwrap();
        queue.add(&ResultBase::Set(mixed), 4).unwrap();
        queue.add(&task(&other, "open"), 5).unwrap();
        eventually("all is waited for", || app.stats().waiters == 6);
        app.close();
        let mut ends = Vec::new();
        while ends.len() < 5 {
            ends.extend(queue.next(Some(LONG), None, 2).unwrap().iter().map(short));
        }
        ends.sort();
        let expected = ["0 a", "1 b", "2 c", "3 g", "4 -"].map(|event| format!("{event} closed Closed"));
        assert_eq!(ends, expected);
        nothing(&queue);
        assert_eq!(queue.pending(), 1);
        for end in [queue.add(&task(app, "late"), 6), queue.add_ids(app, &[("late", 6)])] {
            assert_eq!(end.unwrap_err().status(), Status::Closed);
        }
        // A set's own app being closed is no matter of its members.
        let set = ResultSet::new(app, vec![task(&other, "open")]).unwrap();
        queue.add(&ResultBase::Set(set), 7).unwrap();
        store(&other, "open", "1");
        let mut ends = [short(&next(&queue)), short(&next(&queue))];
        ends.sort();
        assert_eq!(ends, ["5 open SUCCESS=1", "7 - ready"]);
        all_is_given_back(&other);
    });
}

#[test]
fn what_cannot_be_read_fails_by_itself() {
    let server = RedisServer::start();
    let mut worker = Worker::new(&server);
    worker.set_silently("garbage", b"no record");
    let app = open(&url(&server));
    let queue = CompletionQueue::new().unwrap();
    queue.add_ids(&app, &[("garbage", 1), ("good", 2)]).unwrap();
    queue.add(&group(&app, "g", ["never", "garbage"]), 3).unwrap();
    let mut ends = HashMap::new();
    for _ in 0..2 {
        let event = next(&queue);
        ends.insert(event.tag, event);
    }
    let QueueEventKind::Failed(error) = &ends[&1].kind else { panic!() };
    assert_eq!((error.status(), error.task_id().unwrap().as_ref()), (Status::Decode, "garbage"));
    assert_eq!(error.record().unwrap().bytes(), b"no record");
    let QueueEventKind::Failed(error) = &ends[&3].kind else { panic!() };
    assert_eq!((error.status(), error.member()), (Status::Decode, Some(1)));
    assert_eq!(error.task_id().unwrap().as_ref(), "garbage");
    assert_eq!(error.record().unwrap().bytes(), b"no record");
    assert_eq!(ends[&3].id.as_deref(), Some("g"));
    worker.store("good", "1");
    assert_eq!(short(&next(&queue)), "2 good SUCCESS=1");
    all_is_given_back(&app);
}

#[test]
fn next_ends_by_deadline_token_and_wakeup() {
    let app = open("memory://");
    let queue = CompletionQueue::new().unwrap();
    queue.add(&task(&app, "a"), 1).unwrap();
    let begun = Instant::now();
    let soon = Duration::from_millis(30);
    assert_eq!(queue.next(Some(soon), None, 1).unwrap_err().status(), Status::Timeout);
    assert!(begun.elapsed() >= soon);
    assert_eq!(queue.next(None, None, 0).unwrap_err().status(), Status::InvalidArgument);
    let cancel = Cancel::new().unwrap();
    thread::scope(|scope| {
        let wait = scope.spawn(|| queue.next(None, Some(&cancel), 1).unwrap_err());
        cancel.trigger();
        assert_eq!(wait.join().unwrap().status(), Status::Cancelled);
        let wait = scope.spawn(|| queue.next(None, None, 1).unwrap_err());
        queue.wakeup();
        assert_eq!(wait.join().unwrap().status(), Status::Wakeup);
    });
    store(&app, "a", "1");
    // Sticky, once, and before the events.
    queue.wakeup();
    assert_eq!(queue.next(None, None, 1).unwrap_err().status(), Status::Wakeup);
    assert_eq!(queue.next(None, Some(&cancel), 1).unwrap().len(), 1, "what is there is given");
}

#[test]
fn progress_comes_in_order_and_once() {
    for_each_store(|app| {
        app.store(&state("a", "STARTED", "null")).unwrap();
        let queue = CompletionQueue::new().unwrap();
        queue.report_progress(100);
        queue.add(&task(app, "a"), 1).unwrap();
        queue.add_ids(app, &[("b", 2)]).unwrap();
        assert_eq!(short(&next(&queue)), "1 a STARTED~null");
        eventually("both are subscribed", || {
            app.uri().starts_with("memory") || app.stats().subscriptions == 2
        });
        assert!(!AsyncResult::new(app, "b").unwrap().ready().unwrap());
        for number in 0..20 {
            for id in ["a", "b"] {
                app.store(&state(id, "PROGRESS", &number.to_string())).unwrap();
            }
        }
        for id in ["b", "a"] {
            store(app, id, "true");
        }
        let mut of: HashMap<u64, Vec<String>> = HashMap::new();
        while of.values().map(Vec::len).sum::<usize>() < 42 {
            for event in queue.next(Some(LONG), None, 7).unwrap() {
                of.entry(event.tag).or_default().push(short(&event));
            }
        }
        for (tag, id) in [(1, "a"), (2, "b")] {
            let mut expected: Vec<_> =
                (0..20).map(|number| format!("{tag} {id} PROGRESS~{number}")).collect();
            expected.push(format!("{tag} {id} SUCCESS=true"));
            assert_eq!(of[&tag], expected);
        }
        nothing(&queue);
        all_is_given_back(app);
    });
}

#[test]
fn of_undelivered_progress_the_newest_is_kept_and_the_end_always() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        queue.report_progress(1);
        queue.add(&task(app, "a"), 1).unwrap();
        eventually("it is waited for", || {
            app.stats().waiters == 1 && (app.uri().starts_with("memory") || app.stats().subscriptions == 1)
        });
        assert!(!AsyncResult::new(app, "a").unwrap().ready().unwrap());
        for number in 0..50 {
            app.store(&state("a", "PROGRESS", &number.to_string())).unwrap();
        }
        store(app, "a", "true");
        eventually("the end has come", || app.stats().waiters == 0);
        assert_eq!(queue.len(), 2);
        let events: Vec<_> = queue.next(None, None, 9).unwrap().iter().map(short).collect();
        assert_eq!(events, ["1 a PROGRESS~49", "1 a SUCCESS=true"]);
        nothing(&queue);
    });
}

#[test]
fn the_state_after_a_gap_says_so() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "killed-by-test").unwrap();
    let app = App::open(&url(&server), &options, Log::default()).unwrap();
    let mut worker = Worker::new(&server);
    let queue = CompletionQueue::new().unwrap();
    queue.report_progress(10);
    worker.store_state("a", "PROGRESS", "1");
    queue.add_ids(&app, &[("a", 1), ("b", 2)]).unwrap();
    assert_eq!(short(&next(&queue)), "1 a PROGRESS~1");
    eventually("both are subscribed", || app.stats().subscriptions == 2);
    worker.store_state("a", "PROGRESS", "2");
    assert_eq!(short(&next(&queue)), "1 a PROGRESS~2");
    let connects = app.stats().connects;
    // What is stored between the two is published to nobody.
    worker.set_silently("a", &record("a", "PROGRESS", "3"));
    worker.set_silently("b", &record("b", "SUCCESS", "4"));
    server.kill_connections("killed-by-test");
    let mut events = [short(&next(&queue)), short(&next(&queue))];
    events.sort();
    assert_eq!(events[0], "1 a PROGRESS~3 after a gap");
    assert!(events[1].starts_with("2 b SUCCESS=4"), "{events:?}");
    assert!(app.stats().connects > connects);
    worker.store("a", "true");
    assert_eq!(short(&next(&queue)), "1 a SUCCESS=true");
    nothing(&queue);
    all_is_given_back(&app);
    assert_eq!(app.stats().recovered_by_reread, 0);
}

#[test]
fn many_threads_share_a_queue_and_each_result_comes_once_while_connections_die() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("redis_client_name", "killed-by-test").unwrap();
    options.set("result_backend_max_sleep_between_retries_ms", "50").unwrap();
    let apps = [App::open(&url(&server), &options, Log::default()).unwrap(), open("memory://")];
    let mut random = Random::seeded("a shared queue");
    let ids = ids("shared", 10_000);
    let tagged: Vec<_> = ids.iter().map(String::as_str).zip(0..).collect();
    let queue = CompletionQueue::new().unwrap();
    let mut worker = Worker::new(&server);
    worker.store_all(&ids[..1_000], |id| format!("\"{id}\""));
    let seed = random.below(u64::MAX);
    let mut tags = thread::scope(|scope| {
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let (queue, ids) = (queue.clone(), &ids);
                scope.spawn(move || {
                    let mut taken = Vec::new();
                    loop {
                        match queue.next(Some(LONG), None, 64) {
                            Ok(events) => {
                                for event in events {
                                    let id = &ids[usize::try_from(event.tag).unwrap() % ids.len()];
                                    assert_eq!(event.id.as_deref(), Some(id.as_str()));
                                    let QueueEventKind::Ready(Some(meta)) = &event.kind else { panic!() };
                                    assert_eq!(meta.value().unwrap().as_str().unwrap(), id.as_str());
                                    taken.push(event.tag);
                                }
                            }
                            Err(error) => {
                                assert_eq!(error.status(), Status::Wakeup, "{error}");
                                // For the next one.
                                queue.wakeup();
                                return taken;
                            }
                        }
                    }
                })
            })
            .collect();
        let killer = scope.spawn({
            let server = &server;
            move || {
                let mut random = Random::from(seed);
                for _ in 0..6 {
                    thread::sleep(random.micros(50_000));
                    server.kill_connections("killed-by-test");
                }
            }
        });
        for (number, chunk) in tagged.chunks(1_000).enumerate() {
            queue.add_ids(&apps[0], chunk).unwrap();
            let mine: Vec<_> = chunk.iter().map(|(id, tag)| (*id, tag + 10_000)).collect();
            queue.add_ids(&apps[1], &mine).unwrap();
            let stored = &ids[number * 1_000..(number + 1) * 1_000];
            if number > 0 {
                worker.store_all(stored, |id| format!("\"{id}\""));
            }
            for id in stored {
                store(&apps[1], id, &format!("\"{id}\""));
            }
        }
        eventually("all has come", || queue.pending() == 0 && queue.is_empty());
        queue.wakeup();
        killer.join().unwrap();
        takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect::<Vec<_>>()
    });
    tags.sort_unstable();
    assert_eq!(tags, (0..20_000).collect::<Vec<u64>>());
    for app in &apps {
        all_is_given_back(app);
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
}

#[test]
fn dropping_a_queue_ends_its_waits() {
    for_each_store(|app| {
        let queue = CompletionQueue::new().unwrap();
        let another = queue.clone();
        queue.add(&task(app, "a"), 1).unwrap();
        queue.add(&group(app, "g", ["x", "y"]), 2).unwrap();
        eventually("all is waited for", || app.stats().waiters == 3);
        drop(queue);
        assert_eq!(app.stats().waiters, 3);
        drop(another);
        all_is_given_back(app);
    });
}

#[test]
fn the_callback_thread_takes_what_is_there_and_does_not_wait() {
    let app = open("memory://");
    let queue = CompletionQueue::new().unwrap();
    queue.add(&task(&app, "b"), 2).unwrap();
    let (sender, ended) = std::sync::mpsc::channel();
    let there = queue.clone();
    AsyncResult::new(&app, "a")
        .unwrap()
        .then(move |_, _| {
            let waited = there.next(Some(LONG), None, 1).map(|events| events.len());
            sender.send(waited.map_err(|error| error.status())).unwrap();
        })
        .unwrap();
    store(&app, "a", "1");
    assert_eq!(ended.recv_timeout(LONG).unwrap(), Err(Status::Recursive));
    assert_eq!(queue.pending(), 1);
}
