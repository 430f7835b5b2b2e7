//! `AsyncResult` over every store: what a program sees of states, waits, values, failures,
//! ancestors and callbacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::{Record, RecordValue, State, Status},
    result::{AsyncResult, GetOptions, GroupResult, ResultBase, ResultSet, join_deny, wait_all, wait_any},
    sys::Cancel,
};
use std::{
    slice,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use support::{
    eventually,
    stores::{for_each_store, success},
};

fn failure(id: &str, class: &str, text: &str) -> Record {
    let mut record = Record::new(id, State::Failure);
    record.value = RecordValue::Exception {
        class: class.to_owned(),
        module: "builtins".to_owned(),
        args: format!("[\"{text}\"]"),
    };
    record.traceback = Some(format!("Traceback (most recent call last):\n{class}: {text}\n"));
    record
}

fn state(id: &str, name: &str, json: &str) -> Record {
    let mut record = Record::new(id, State::from_name(name));
    record.value = RecordValue::Json(json.to_owned());
    record
}

fn within(millis: u64) -> GetOptions {
    GetOptions { timeout: Some(Duration::from_millis(millis)), ..GetOptions::default() }
}

/// Long enough for a loaded machine; no test that passes waits for it.
fn long() -> GetOptions {
    within(20_000)
}

#[test]
fn a_stored_result_is_returned_and_remembered() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "done").unwrap();
        assert_eq!(result.state().unwrap(), State::Pending);
        assert!(!result.exists().unwrap());
        app.store(&success("done", "{\"x\": 3}")).unwrap();
        assert!(result.exists().unwrap() && result.ready().unwrap() && result.successful().unwrap());
        let outcome = result.get(&within(0)).unwrap();
        assert_eq!(outcome.value.json(), "{\"x\": 3}");
        assert!(outcome.exception.is_none());
        result.forget().unwrap();
        assert_eq!(result.state().unwrap(), State::Pending);
        assert_eq!(result.get(&within(0)).unwrap_err().status(), Status::Timeout);
    });
}

#[test]
fn a_waiter_wakes_when_another_thread_stores() {
    for_each_store(|app| {
        for round in 0..200 {
            let id = format!("wake-{round}");
            let result = AsyncResult::new(app, &id).unwrap();
            thread::scope(|scope| {
                let waiter = scope.spawn(|| result.get(&long()));
                app.store(&success(&id, "1")).unwrap();
                assert_eq!(waiter.join().unwrap().unwrap().value.as_i64().unwrap(), 1);
            });
        }
    });
}

#[test]
fn a_failure_is_an_error_with_propagate_and_a_value_without() {
    for_each_store(|app| {
        app.store(&failure("bad", "ValueError", "x")).unwrap();
        let result = AsyncResult::new(app, "bad").unwrap();
        let error = result.get(&long()).unwrap_err();
        assert_eq!(error.status(), Status::TaskFailed);
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("bad"));
        let exception = error.exception().unwrap();
        assert_eq!((exception.class.as_str(), exception.module.as_deref()), ("ValueError", Some("builtins")));
        assert!(exception.traceback.as_ref().unwrap().contains("Traceback"));
        assert_eq!(error.message(), "ValueError: x");
        let outcome = result.get(&GetOptions { propagate: false, ..long() }).unwrap();
        assert_eq!(outcome.exception.unwrap().class, "ValueError");
        assert!(result.failed().unwrap());
        result.wait(Some(Duration::ZERO), None).unwrap();
    });
}

#[test]
fn a_revoked_task_is_told_apart_and_has_not_failed() {
    for_each_store(|app| {
        let mut record = failure("revoked", "TaskRevokedError", "terminated");
        record.state = State::Revoked;
        app.store(&record).unwrap();
        let result = AsyncResult::new(app, "revoked").unwrap();
        assert_eq!(result.get(&long()).unwrap_err().status(), Status::TaskRevoked);
        assert!(!result.failed().unwrap() && result.ready().unwrap());
    });
}

#[test]
fn success_is_sticky_and_everything_else_is_not() {
    for_each_store(|app| {
        assert!(app.store(&state("sticky", "PROGRESS", "{\"done\": 1}")).unwrap());
        assert!(app.store(&failure("sticky", "KeyError", "k")).unwrap());
        assert!(app.store(&success("sticky", "1")).unwrap());
        assert!(!app.store(&failure("sticky", "KeyError", "k")).unwrap());
        assert_eq!(AsyncResult::new(app, "sticky").unwrap().state().unwrap(), State::Success);
    });
}

#[test]
fn timeouts_are_never_early_and_say_timeout() {
    for_each_store(|app| {
        let cancel = Cancel::new().unwrap();
        let result = AsyncResult::new(app, "never").unwrap();
        for millis in [1, 7, 50, 130] {
            for cancel in [None, Some(cancel.clone())] {
                let begun = Instant::now();
                let error = result.get(&GetOptions { cancel, ..within(millis) }).unwrap_err();
                assert!(begun.elapsed() >= Duration::from_millis(millis));
                assert!(error.status().is_timeout(), "{error}");
            }
        }
        assert_eq!(result.get(&within(0)).unwrap_err().status(), Status::Timeout);
        assert_eq!(app.stats().waiters, 0);
    });
}

#[test]
fn a_cancel_token_ends_the_wait_and_is_sticky() {
    for_each_store(|app| {
        let cancel = Cancel::new().unwrap();
        let result = AsyncResult::new(app, "cancelled").unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| result.wait(None, Some(&cancel)));
            cancel.trigger();
            assert_eq!(waiter.join().unwrap().unwrap_err().status(), Status::Cancelled);
        });
        assert_eq!(result.wait(None, Some(&cancel)).unwrap_err().status(), Status::Cancelled);
        cancel.reset();
        assert!(
            result.wait(Some(Duration::from_millis(1)), Some(&cancel)).unwrap_err().status().is_timeout()
        );
    });
}

#[test]
fn closing_ends_every_wait() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "open").unwrap();
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..20).map(|_| scope.spawn(|| result.wait(None, None))).collect();
            while app.stats().waiters < 20 {
                thread::yield_now();
            }
            app.close();
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap().unwrap_err().status(), Status::Closed);
            }
        });
        assert_eq!(result.wait(None, None).unwrap_err().status(), Status::Closed);
        app.close_wait(Some(Duration::from_secs(10))).unwrap();
    });
}

#[test]
fn a_record_that_does_not_appear_is_not_found() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "absent").unwrap();
        let options = GetOptions { absent_timeout: Some(Duration::from_millis(20)), ..long() };
        assert_eq!(result.get(&options).unwrap_err().status(), Status::NotFound);
        app.store(&state("absent", "PENDING", "null")).unwrap();
        let error =
            result.get(&GetOptions { timeout: Some(Duration::from_millis(60)), ..options }).unwrap_err();
        assert_eq!(error.status(), Status::Timeout);
    });
}

#[test]
fn on_message_sees_every_state_in_order_on_the_calling_thread() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "progress").unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let caller = thread::current().id();
        let sink = Arc::clone(&seen);
        let options = GetOptions {
            on_message: Some(Arc::new(move |meta| {
                assert_eq!(thread::current().id(), caller);
                sink.lock().unwrap().push(meta.value().unwrap().as_i64().unwrap());
            })),
            ..long()
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                eventually("it is watched", || {
                    app.stats().waiters == 1
                        && (app.uri().starts_with("memory") || app.stats().subscriptions == 1)
                });
                for number in 0..50 {
                    app.store(&state("progress", "PROGRESS", &number.to_string())).unwrap();
                }
                app.store(&success("progress", "99")).unwrap();
            });
            assert_eq!(result.get(&options).unwrap().value.as_i64().unwrap(), 99);
        });
        // The final one too, as in Celery, since it was pushed.
        let expected: Vec<i64> = (0..50).chain([99]).collect();
        assert_eq!(*seen.lock().unwrap(), expected);
    });
}

#[test]
fn the_root_failure_wins_over_the_result() {
    for_each_store(|app| {
        let root = AsyncResult::new(app, "root").unwrap();
        let middle = AsyncResult::with_parent(app, "middle", Some(ResultBase::Async(root))).unwrap();
        let leaf = AsyncResult::with_parent(app, "leaf", Some(ResultBase::Async(middle))).unwrap();
        app.store(&failure("middle", "KeyError", "m")).unwrap();
        app.store(&failure("root", "ValueError", "r")).unwrap();
        app.store(&success("leaf", "1")).unwrap();
        let error = leaf.get(&long()).unwrap_err();
        assert_eq!(error.exception().unwrap().class, "ValueError");
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("root"));
        let without = GetOptions { follow_parents: false, ..long() };
        assert_eq!(leaf.get(&without).unwrap().value.as_i64().unwrap(), 1);
        assert_eq!(leaf.as_list().iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["leaf", "middle", "root"]);
    });
}

#[test]
fn a_parent_that_fails_while_we_wait_ends_the_wait() {
    for_each_store(|app| {
        let members = ["one", "two"].map(|id| ResultBase::Async(AsyncResult::new(app, id).unwrap()));
        let header = GroupResult::new(app, "header", members.to_vec(), None).unwrap();
        let body = AsyncResult::with_parent(app, "body", Some(ResultBase::Group(header))).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| body.get(&long()));
            while app.stats().waiters < 3 {
                thread::yield_now();
            }
            app.store(&failure("two", "ValueError", "boom")).unwrap();
            let error = waiter.join().unwrap().unwrap_err();
            assert_eq!((error.status(), error.message()), (Status::TaskFailed, "ValueError: boom"));
        });
        assert_eq!(app.stats().waiters, 0);
    });
}

#[test]
fn a_result_seen_finished_needs_no_ancestor_and_no_store() {
    for_each_store(|app| {
        let parent = AsyncResult::new(app, "never stored").unwrap();
        let result = AsyncResult::with_parent(app, "known", Some(ResultBase::Async(parent))).unwrap();
        app.store(&success("known", "7")).unwrap();
        assert_eq!(result.get(&long()).unwrap().value.json(), "7");
        AsyncResult::new(app, "known").unwrap().forget().unwrap();
        assert_eq!(result.get(&GetOptions::default()).unwrap().value.json(), "7");
        app.store(&failure("never stored", "ValueError", "late")).unwrap();
        assert_eq!(&**result.get(&long()).unwrap_err().task_id().unwrap(), "never stored");

        let parent = AsyncResult::new(app, "never asked").unwrap();
        let result = AsyncResult::with_parent(app, "known", Some(ResultBase::Async(parent))).unwrap();
        app.store(&success("known", "8")).unwrap();
        result.wait(Some(Duration::from_secs(20)), None).unwrap();
        app.close();
        assert_eq!(result.get(&long()).unwrap().value.json(), "8");
    });
}

#[test]
fn messages_without_a_pause_do_not_outlast_the_deadline_or_the_token() {
    for_each_store(|app| {
        for with_token in [false, true] {
            let token = Cancel::new().unwrap();
            let ended = Arc::new(AtomicBool::new(false));
            let (storing, until) = (app.clone(), Arc::clone(&ended));
            let worker = thread::spawn(move || {
                while !until.load(Ordering::Relaxed) {
                    storing.store(&state("busy", "PROGRESS", "1")).unwrap();
                }
            });
            let (called, remote) = (Arc::new(AtomicUsize::new(0)), token.clone());
            let on_message = move |_: &_| {
                // Slower than the messages come.
                thread::sleep(Duration::from_millis(20));
                let calls = called.fetch_add(1, Ordering::Relaxed);
                if with_token && calls == 5 {
                    remote.trigger();
                }
                assert!(calls < 100, "the wait should have ended");
            };
            let options = GetOptions {
                cancel: Some(token),
                on_message: Some(Arc::new(on_message)),
                ..within(if with_token { 20_000 } else { 200 })
            };
            let error = AsyncResult::new(app, "busy").unwrap().get(&options).unwrap_err();
            ended.store(true, Ordering::Relaxed);
            worker.join().unwrap();
            assert_eq!(error.status(), if with_token { Status::Cancelled } else { Status::Timeout });
        }
    });
}

#[test]
fn tuple_form_survives_the_round_trip() {
    for_each_store(|app| {
        let text = r#"[["body", [["header", [["first", null], null]], [[["one", null], null], [["two", null], null]]]], null]"#;
        let tuple = app.codec().tuple(text).unwrap();
        let result = ResultBase::from_tuple(app, &tuple).unwrap();
        assert_eq!(result.as_tuple().unwrap(), tuple);
        assert_eq!(app.codec().tuple_json(&result.as_tuple().unwrap()), text);
        let ResultBase::Group(header) = result.parent().unwrap() else { panic!("the parent is a group") };
        assert_eq!(header.members().len(), 2);
        assert_eq!(header.parent().unwrap().id().map(|id| &**id), Some("first"));
    });
}

#[test]
fn a_chain_of_a_hundred_thousand_parents_needs_no_stack() {
    for_each_store(|app| {
        let mut result = AsyncResult::new(app, "0").unwrap();
        for number in 1..100_000 {
            result =
                AsyncResult::with_parent(app, &number.to_string(), Some(ResultBase::Async(result))).unwrap();
        }
        assert_eq!(result.as_list().len(), 100_000);
        let chain = ResultBase::Async(result);
        assert_eq!(chain.as_tuple().unwrap_err().status(), Status::TooDeep);
    });
}

#[test]
fn then_runs_on_the_callback_thread_also_for_finished_results() {
    for_each_store(|app| {
        let (sender, receiver) = mpsc::channel();
        for id in ["later", "finished"] {
            if id == "finished" {
                app.store(&success(id, "1")).unwrap();
            }
            let sender = sender.clone();
            let result = AsyncResult::new(app, id).unwrap();
            if id == "finished" {
                result.wait(None, None).unwrap();
            }
            result
                .then(move |result, meta| {
                    let name = thread::current().name().unwrap_or_default().to_owned();
                    // Bounded calls work from here, waits are refused.
                    let stored = result.app().store(&success("from the callback", "1")).unwrap();
                    let refused = result.app().clone();
                    let wait =
                        AsyncResult::new(&refused, "x").unwrap().wait(None, None).unwrap_err().status();
                    let connect = refused.connect(None, None).unwrap_err().status();
                    assert_eq!(connect, Status::Recursive);
                    result.forget().unwrap();
                    sender.send((name, meta.unwrap().unwrap().state().clone(), stored, wait)).unwrap();
                })
                .unwrap();
        }
        app.store(&success("later", "1")).unwrap();
        for _ in 0..2 {
            let (name, state, _, wait) = receiver.recv_timeout(Duration::from_secs(20)).unwrap();
            assert_eq!((name.as_str(), state, wait), ("celery-callback", State::Success, Status::Recursive));
        }
    });
}

#[test]
fn ten_thousand_chained_callbacks_and_a_close() {
    for_each_store(|app| {
        fn next(app: &App, number: usize, done: mpsc::Sender<usize>) {
            let id = format!("chained-{number}");
            let result = AsyncResult::new(app, &id).unwrap();
            result
                .then(move |result, meta| {
                    if meta.is_err() || number == 10_000 {
                        done.send(number).unwrap();
                    } else {
                        next(result.app(), number + 1, done);
                    }
                })
                .unwrap();
            app.store(&success(&id, "1")).unwrap();
        }
        let (sender, receiver) = mpsc::channel();
        next(app, 0, sender);
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)).unwrap(), 10_000);
        let called = Arc::new(AtomicUsize::new(0));
        for number in 0..100 {
            let called = Arc::clone(&called);
            AsyncResult::new(app, &format!("closed-{number}"))
                .unwrap()
                .then(move |_, meta| {
                    assert_eq!(meta.unwrap_err().status(), Status::Closed);
                    called.fetch_add(1, Ordering::SeqCst);
                })
                .unwrap();
        }
        app.close_wait(Some(Duration::from_secs(10))).unwrap();
        assert_eq!(called.load(Ordering::SeqCst), 100);
    });
}

#[test]
fn the_join_guard_is_per_thread_and_can_be_waived() {
    for_each_store(|app| {
        app.store(&success("guarded", "1")).unwrap();
        let result = AsyncResult::new(app, "guarded").unwrap();
        assert!(!join_deny(true));
        assert_eq!(result.get(&long()).unwrap_err().status(), Status::JoinDenied);
        assert!(result.get(&GetOptions { disable_sync_subtasks: false, ..long() }).is_ok());
        thread::scope(|scope| {
            scope.spawn(|| assert!(result.get(&long()).is_ok()));
        });
        assert!(join_deny(false));
    });
}

#[test]
fn who_waits_for_an_ignored_result_does_not_wait_and_who_asks_is_told_what_is_stored() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "ignored").unwrap();
        result.ignore();
        let set = ResultSet::new(app, vec![ResultBase::Async(result.clone())]).unwrap();
        let both = [ResultBase::Async(result.clone()), ResultBase::Set(set)];
        let (sender, called) = mpsc::channel();
        for result in &both {
            for timeout in [None, Some(Duration::ZERO)] {
                result.wait(timeout, None).unwrap();
                wait_all(slice::from_ref(result), timeout, None).unwrap();
                assert_eq!(wait_any(slice::from_ref(result), timeout, None).unwrap(), 0);
            }
            assert!(["null", "[null]"].contains(&result.get(&GetOptions::default()).unwrap().value.json()));
            let sender = sender.clone();
            result.then(move |_, end| sender.send(end.unwrap().is_none()).unwrap()).unwrap();
            assert!(called.recv_timeout(Duration::from_secs(20)).unwrap());
        }
        assert_eq!((app.stats().connects, app.stats().waiters), (0, 0), "nobody looked");
        for stored in [false, true] {
            if stored {
                app.store(&success("ignored", "1")).unwrap();
            }
            for result in &both {
                assert_eq!((result.ready().unwrap(), result.successful().unwrap()), (stored, stored));
            }
            assert_eq!(result.exists().unwrap(), stored);
            assert_eq!(result.meta().unwrap().meta.is_some(), stored);
        }
        assert_eq!(result.state().unwrap(), State::Success);
        assert_eq!(result.get(&GetOptions::default()).unwrap().value.json(), "null");
    });
}

#[test]
fn a_released_result_says_so() {
    for_each_store(|app| {
        app.store(&success("released", "[1, 2]")).unwrap();
        let result = AsyncResult::new(app, "released").unwrap();
        let kept = result.get(&long()).unwrap();
        result.release_payload();
        assert_eq!(kept.value.json(), "[1, 2]");
        assert_eq!(result.get(&long()).unwrap_err().status(), Status::Released);
        assert_eq!(result.state().unwrap(), State::Success);
    });
}

#[test]
fn a_thousand_threads_wait_for_one_id() {
    for_each_store(|app| {
        let result = AsyncResult::new(app, "popular").unwrap();
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..1_000).map(|_| scope.spawn(|| result.get(&long()))).collect();
            while app.stats().waiters < 1_000 {
                thread::yield_now();
            }
            app.store(&success("popular", "1")).unwrap();
            for waiter in waiters {
                assert!(waiter.join().unwrap().is_ok());
            }
        });
        assert_eq!(app.stats().waiters, 0);
    });
}
