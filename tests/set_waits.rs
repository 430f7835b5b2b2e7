//! What waiting for a set gives: the members' values in their order, the failures, the callbacks;
//! and that it keeps up with a set that changes meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::{Record, State, Status},
    result::{AsyncResult, EagerResult, GetOptions, ResultBase, ResultSet, join_deny},
};
use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};
use support::{
    eventually,
    members::{LONG, each, failure, group, ids, long, quiet, set, state, task, within},
    stores::{all_is_given_back, for_each_store, success},
};

fn store(app: &App, id: &str, json: &str) {
    app.store(&success(id, json)).unwrap();
}

/// Waits until so many waits are in progress.
fn waiting(app: &App, count: u64) {
    eventually("the waits have begun", || app.stats().waiters == count);
}

/// Notes what callbacks are called with.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn callback(&self, options: GetOptions) -> GetOptions {
        let notes = self.0.clone();
        let callback = Arc::new(move |id: &str, value: &celery_result::model::Value| {
            notes.lock().unwrap().push(format!("{id}={}", value.json()));
        });
        GetOptions { callback: Some(callback), ..options }
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[test]
fn values_come_in_the_order_of_the_members_whatever_the_order_of_the_ends() {
    for_each_store(|app| {
        let set = set(app, ["a", "b", "c", "d"]);
        thread::scope(|scope| {
            let native = scope.spawn(|| set.get(&long()).unwrap());
            let ordered = scope.spawn(|| set.join(&long()).unwrap());
            waiting(app, 8);
            for id in ["d", "b", "a", "c"] {
                store(app, id, &format!("\"{id}\""));
            }
            for outcome in [native.join().unwrap(), ordered.join().unwrap()] {
                assert_eq!(outcome.value.json(), r#"["a", "b", "c", "d"]"#);
                assert_eq!(each(&outcome).len(), 4);
            }
        });
        // Every handle remembers its own.
        for member in set.members().iter() {
            let ResultBase::Async(task) = member else { panic!() };
            assert!(task.peek().is_some());
        }
        all_is_given_back(app);
    });
}

#[test]
fn equal_members_each_have_their_place() {
    for_each_store(|app| {
        store(app, "twice", "2");
        store(app, "once", "1");
        for set in [set(app, ["twice", "once", "twice"]), {
            let handle = task(app, "twice");
            ResultSet::new(app, vec![handle.clone(), task(app, "once"), handle]).unwrap()
        }] {
            assert_eq!(set.join(&long()).unwrap().value.json(), "[2, 1, 2]");
            assert_eq!(set.get(&long()).unwrap().value.json(), "[2, 1, 2]");
        }
        all_is_given_back(app);
    });
}

#[test]
fn an_empty_set_is_there_at_once() {
    for_each_store(|app| {
        let set = set(app, []);
        for outcome in [set.get(&long()), set.join(&long()), set.join_native(&within(0))] {
            let outcome = outcome.unwrap();
            assert_eq!(outcome.value.json(), "[]");
            assert!(each(&outcome).is_empty());
        }
        set.wait(None, None).unwrap();
        assert!(set.iter_native(&long()).unwrap().next().unwrap().is_none());
        // Nothing has been connected for that.
        assert_eq!(app.stats().connects, 0);
    });
}

#[test]
fn sets_in_sets_are_arrays_in_arrays() {
    for_each_store(|app| {
        let inner = ResultBase::Set(set(app, ["x", "y"]));
        let deep = ResultBase::Set(ResultSet::new(app, vec![inner, task(app, "z")]).unwrap());
        let empty = ResultBase::Set(set(app, []));
        let members = vec![task(app, "a"), deep, empty, group(app, "g", ["b", "a"])];
        let set = ResultSet::new(app, members).unwrap();
        thread::scope(|scope| {
            let native = scope.spawn(|| set.get(&long()).unwrap());
            let ordered = scope.spawn(|| set.join(&long()).unwrap());
            waiting(app, 12);
            for (id, json) in [("z", "[\"[\"]"), ("y", "\"]\""), ("a", "1"), ("b", "{}"), ("x", "[[]]")] {
                store(app, id, json);
            }
            for outcome in [native.join().unwrap(), ordered.join().unwrap()] {
                assert_eq!(outcome.value.json(), r#"[1, [[[[]], "]"], ["["]], [], [{}, 1]]"#);
                let members = each(&outcome);
                let shown: Vec<_> = members.iter().map(|member| member.value.json()).collect();
                assert_eq!(shown, ["1", r#"[[[[]], "]"], ["["]]"#, "[]", "[{}, 1]"]);
                let deep = each(&members[1]);
                assert_eq!(each(&deep[0])[1].value.json(), "\"]\"");
                assert_eq!(each(&members[3])[0].value.json(), "{}");
                assert!(members[0].members.is_none());
            }
        });
        all_is_given_back(app);
    });
}

#[test]
fn a_thousand_sets_in_each_other_need_no_stack() {
    let app = support::stores::open("memory://");
    store(&app, "deepest", "7");
    let mut nested = set(&app, ["deepest"]);
    for _ in 0..900 {
        nested = ResultSet::new(&app, vec![ResultBase::Set(nested)]).unwrap();
    }
    let outcome = nested.get(&long()).unwrap();
    assert_eq!(outcome.value.json(), format!("{}7{}", "[".repeat(901), "]".repeat(901)));
    assert_eq!(nested.join(&long()).unwrap().value.json(), outcome.value.json());
}

#[test]
fn ignored_and_eager_members_need_no_store() {
    for_each_store(|app| {
        let ignored = AsyncResult::new(app, "ignored").unwrap();
        ignored.ignore();
        let eager = EagerResult::new(&success("eager", "[5]")).unwrap();
        let set =
            ResultSet::new(app, vec![ResultBase::Async(ignored), ResultBase::Eager(eager.clone())]).unwrap();
        assert_eq!(set.get(&long()).unwrap().value.json(), "[null, [5]]");
        assert_eq!(set.join(&long()).unwrap().value.json(), "[null, [5]]");
        let mut walk = set.iter_native(&long()).unwrap();
        let first = walk.next().unwrap().unwrap();
        assert!(first.index == 0 && first.meta.is_none());
        assert_eq!(walk.next().unwrap().unwrap().meta.unwrap().value().unwrap().json(), "[5]");
        assert!(walk.next().unwrap().is_none() && walk.next().unwrap().is_none());
        eager.revoke().unwrap();
        for error in [set.get(&long()).unwrap_err(), set.join(&long()).unwrap_err()] {
            assert_eq!((error.status(), error.member()), (Status::TaskRevoked, Some(1)));
        }
        assert_eq!(
            each(&set.get(&quiet()).unwrap())[1].exception.as_ref().unwrap().class,
            "TaskRevokedError"
        );
        assert_eq!(app.stats().connects, 0);
    });
}

#[test]
fn the_first_failure_ends_get_while_the_others_run() {
    for_each_store(|app| {
        let inner = ResultBase::Set(set(app, ["x", "y"]));
        let set = ResultSet::new(app, vec![task(app, "a"), inner, task(app, "b")]).unwrap();
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap_err());
            waiting(app, 4);
            app.store(&failure("y", "KeyError", "k")).unwrap();
            let error = get.join().unwrap();
            assert_eq!((error.status(), error.member()), (Status::TaskFailed, Some(1)));
            assert_eq!(error.task_id().unwrap().as_ref(), "y");
            assert_eq!(error.exception().unwrap().class, "KeyError");
        });
        all_is_given_back(app);
    });
}

#[test]
fn those_that_had_failed_before_go_in_the_order_of_the_members() {
    for_each_store(|app| {
        let ids = ids("early", 40);
        for (number, id) in ids.iter().enumerate() {
            if number == 31 {
                app.store(&failure(id, "KeyError", "k")).unwrap();
            }
            if number == 12 {
                app.store(&Record { state: State::Revoked, ..failure(id, "TaskRevokedError", "r") }).unwrap();
            }
        }
        let set = || set(app, ids.iter().map(String::as_str));
        let error = set().get(&long()).unwrap_err();
        assert_eq!((error.status(), error.member()), (Status::TaskRevoked, Some(12)));
        // Here nobody waits for the twelve before it.
        let set = set();
        for member in set.members().iter().skip(12) {
            let ResultBase::Async(task) = member else { panic!() };
            let _ = task.state().unwrap();
        }
        let before = app.stats();
        assert_eq!(set.get(&within(0)).unwrap_err().member(), Some(12));
        assert_eq!(app.stats().bytes_sent, before.bytes_sent, "what the handles know costs nothing");
        all_is_given_back(app);
    });
}

#[test]
fn the_first_failure_can_wait_for_the_rest() {
    for_each_store(|app| {
        let set = set(app, ["a", "b", "c", "d"]);
        let notes = Notes::default();
        let options = notes.callback(GetOptions { fail_fast: false, ..long() });
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&options).unwrap_err());
            let join = scope.spawn(|| set.join(&GetOptions { fail_fast: false, ..long() }).unwrap_err());
            waiting(app, 8);
            store(app, "d", "4");
            // Whoever told of this has looked at the others before, so that what follows is told in order.
            eventually("the first was told", || notes.all() == ["d=4"]);
            app.store(&failure("c", "KeyError", "c")).unwrap();
            app.store(&failure("b", "ValueError", "b")).unwrap();
            eventually("three have been seen", || app.stats().waiters == 2);
            assert!(!get.is_finished() && !join.is_finished());
            store(app, "a", "1");
            let error = get.join().unwrap();
            assert_eq!((error.status(), error.member()), (Status::TaskFailed, Some(2)));
            // Of `join` the first in the order of the members.
            assert_eq!(join.join().unwrap().member(), Some(1));
        });
        assert_eq!(notes.all(), ["d=4", "a=1"]);
        all_is_given_back(app);
    });
}

#[test]
fn without_propagate_exceptions_are_values() {
    for_each_store(|app| {
        store(app, "good", "1");
        app.store(&failure("bad", "KeyError", "k")).unwrap();
        let set = set(app, ["bad", "good"]);
        for outcome in [set.get(&quiet()).unwrap(), set.join(&quiet()).unwrap()] {
            let members = each(&outcome);
            assert_eq!(members[0].exception.as_ref().unwrap().class, "KeyError");
            assert!(members[1].exception.is_none());
            assert_eq!(outcome.value.pointer("/0/exc_type").unwrap().as_str().unwrap(), "KeyError");
        }
        set.wait(Some(LONG), None).unwrap();
        all_is_given_back(app);
    });
}

#[test]
fn join_notices_a_failure_when_its_turn_comes() {
    for_each_store(|app| {
        let set = set(app, ["a", "b", "c"]);
        thread::scope(|scope| {
            let join = scope.spawn(|| set.join(&long()).unwrap_err());
            waiting(app, 3);
            app.store(&failure("c", "KeyError", "c")).unwrap();
            eventually("the failure was seen", || app.stats().waiters == 2);
            store(app, "a", "1");
            eventually("the first was seen", || app.stats().waiters == 1);
            assert!(!join.is_finished());
            app.store(&failure("b", "ValueError", "b")).unwrap();
            let error = join.join().unwrap();
            assert_eq!((error.status(), error.member()), (Status::TaskFailed, Some(1)));
        });
        all_is_given_back(app);
    });
}

#[test]
fn join_looks_at_what_came_before_a_member() {
    for_each_store(|app| {
        let parent = task(app, "parent");
        let other = ResultBase::Async(AsyncResult::new(app, "other-parent").unwrap());
        let with = |id: &str, parent: &ResultBase| {
            ResultBase::Async(AsyncResult::with_parent(app, id, Some(parent.clone())).unwrap())
        };
        let set = ResultSet::new(app, vec![with("first", &other), with("second", &parent)]).unwrap();
        thread::scope(|scope| {
            let join = scope.spawn(|| set.join(&long()).unwrap_err());
            waiting(app, 4);
            // Before its turn it does not matter.
            app.store(&failure("parent", "KeyError", "p")).unwrap();
            eventually("it was seen", || app.stats().waiters == 3);
            assert!(!join.is_finished());
            store(app, "other-parent", "0");
            store(app, "first", "1");
            let error = join.join().unwrap();
            assert_eq!((error.status(), error.member()), (Status::TaskFailed, Some(1)));
            assert_eq!(error.task_id().unwrap().as_ref(), "parent");
        });
        // The members have ended well, so the others do not ask what came before.
        store(app, "second", "2");
        assert_eq!(set.get(&long()).unwrap().value.json(), "[1, 2]");
        assert_eq!(set.join(&GetOptions { follow_parents: false, ..long() }).unwrap().value.json(), "[1, 2]");
        assert_eq!(set.join(&long()).unwrap_err().task_id().unwrap().as_ref(), "parent");
        // One whose record is gone decides nothing, once it was looked at.
        let set = ResultSet::new(app, vec![with("second", &task(app, "expired"))]).unwrap();
        assert_eq!(set.join(&within(0)).unwrap().value.json(), "[2]");
        assert_eq!(set.join(&long()).unwrap().value.json(), "[2]");
        let absent = GetOptions { absent_timeout: Some(Duration::ZERO), ..long() };
        let set = ResultSet::new(app, vec![with("third", &task(app, "expired"))]).unwrap();
        app.store(&state("third", "STARTED", "null")).unwrap();
        thread::scope(|scope| {
            let join = scope.spawn(|| set.join(&absent).unwrap());
            waiting(app, 2);
            store(app, "third", "3");
            assert_eq!(join.join().unwrap().value.json(), "[3]");
        });
        all_is_given_back(app);
    });
}

#[test]
fn callbacks_come_as_members_finish_or_in_their_order() {
    for_each_store(|app| {
        store(app, "early", "0");
        let inner = group(app, "g", ["x", "y"]);
        let set = ResultSet::new(app, vec![task(app, "late"), task(app, "early"), inner]).unwrap();
        let (native, ordered) = (Notes::default(), Notes::default());
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&native.callback(long())).unwrap());
            let join = scope.spawn(|| set.join(&ordered.callback(long())).unwrap());
            waiting(app, 6);
            for id in ["y", "x"] {
                store(app, id, "1");
            }
            // A first look that comes late and a push are told by two threads, in any order.
            eventually("the group was told", || native.all() == ["early=0", "g=[1, 1]"]);
            store(app, "late", "1");
            assert!(get.join().unwrap().value.is_null());
            assert_eq!(join.join().unwrap().value.json(), "[]");
        });
        assert_eq!(native.all(), ["early=0", "g=[1, 1]", "late=1"]);
        assert_eq!(ordered.all(), ["late=1", "early=0", "g=[1, 1]"]);
        all_is_given_back(app);
    });
}

#[test]
fn iter_native_gives_members_as_they_finish() {
    for_each_store(|app| {
        let before = app.stats();
        store(app, "b", "2");
        app.store(&failure("d", "KeyError", "d")).unwrap();
        let members = vec![task(app, "a"), task(app, "b"), group(app, "g", ["x", "y"]), task(app, "d")];
        let set = ResultSet::new(app, members).unwrap();
        let mut walk = set.iter_native(&long()).unwrap();
        assert_eq!((app.stats().waiters, app.stats().subscriptions), (before.waiters, 0));
        let mut next = || walk.next().unwrap().map(|finished| (finished.index, finished.meta.is_some()));
        assert_eq!(next(), Some((1, true)));
        assert_eq!(next(), Some((3, true)));
        store(app, "y", "1");
        store(app, "a", "1");
        assert_eq!(next(), Some((0, true)));
        store(app, "x", "1");
        assert_eq!(next(), Some((2, false)));
        assert_eq!(next(), None);
        assert_eq!(next(), None);
        all_is_given_back(app);
        // A walk that is dropped on the way releases what it waits for.
        let set = support::members::set(app, ["never", "b"]);
        let mut walk = set.iter_native(&long()).unwrap();
        assert_eq!(walk.next().unwrap().unwrap().index, 1);
        assert_eq!(app.stats().waiters, 1);
        drop(walk);
        all_is_given_back(app);
    });
}

#[test]
fn what_is_added_is_awaited_and_what_is_removed_is_not() {
    for_each_store(|app| {
        let inner = set(app, ["x"]);
        let set = ResultSet::new(app, vec![task(app, "a"), ResultBase::Set(inner.clone()), task(app, "b")])
            .unwrap();
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap());
            let mut walk = set.iter_native(&long()).unwrap();
            let walked = scope.spawn(move || {
                let mut seen = Vec::new();
                while let Some(finished) = walk.next().unwrap() {
                    seen.push(finished.index);
                }
                seen
            });
            waiting(app, 6);
            inner.add(&task(app, "y")).unwrap();
            set.add(&task(app, "c")).unwrap();
            waiting(app, 10);
            set.remove_id("b").unwrap();
            waiting(app, 8);
            inner.remove_id("x").unwrap();
            waiting(app, 6);
            store(app, "a", "1");
            store(app, "y", "2");
            waiting(app, 2);
            assert!(!get.is_finished());
            set.add(&task(app, "a")).unwrap();
            store(app, "c", "3");
            assert_eq!(get.join().unwrap().value.json(), "[1, [2], 3]");
            assert_eq!(walked.join().unwrap(), [0, 1, 3]);
        });
        all_is_given_back(app);
        // Removing the last one that is missing ends the wait.
        set.add(&task(app, "never")).unwrap();
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap());
            let ordered = scope.spawn(|| set.join(&long()).unwrap());
            waiting(app, 2);
            set.clear();
            assert_eq!(get.join().unwrap().value.json(), "[]");
            assert_eq!(ordered.join().unwrap().value.json(), "[1, [2], 3]");
        });
        all_is_given_back(app);
    });
}

#[test]
fn a_set_that_is_done_grows_into_one_that_is_not() {
    for_each_store(|app| {
        store(app, "done", "1");
        let inner = set(app, ["done"]);
        let set = ResultSet::new(app, vec![ResultBase::Set(inner.clone()), task(app, "open")]).unwrap();
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap());
            waiting(app, 1);
            inner.add(&task(app, "late")).unwrap();
            waiting(app, 2);
            store(app, "open", "2");
            waiting(app, 1);
            assert!(!get.is_finished());
            store(app, "late", "3");
            assert_eq!(get.join().unwrap().value.json(), "[[1, 3], 2]");
        });
        all_is_given_back(app);
    });
}

#[test]
fn a_set_may_be_forgotten_while_it_is_waited_for() {
    for_each_store(|app| {
        store(app, "a", "1");
        let set = set(app, ["a", "b"]);
        thread::scope(|scope| {
            let get = scope.spawn(|| set.get(&long()).unwrap());
            waiting(app, 1);
            AsyncResult::new(app, "a").unwrap().forget().unwrap();
            AsyncResult::new(app, "b").unwrap().forget().unwrap();
            store(app, "b", "2");
            assert_eq!(get.join().unwrap().value.json(), "[1, 2]");
        });
        all_is_given_back(app);
    });
}

#[test]
fn messages_and_intervals_come_to_the_waiting_thread() {
    for_each_store(|app| {
        app.store(&state("a", "STARTED", "null")).unwrap();
        let set = set(app, ["a", "b"]);
        let (messages, intervals) = (Notes::default(), Notes::default());
        let here = thread::current().id();
        let (seen, ticked) = (messages.clone(), intervals.clone());
        let (tell, told) = mpsc::channel();
        let options = GetOptions {
            interval: Duration::from_millis(1),
            on_message: Some(Arc::new(move |meta| {
                let id = meta.task_id().unwrap();
                seen.0.lock().unwrap().push(format!("{id} {} {:?}", meta.state(), thread::current().id()));
            })),
            on_interval: Some(Arc::new(move || {
                ticked.0.lock().unwrap().push(format!("{:?}", thread::current().id()));
                let _ = tell.send(());
            })),
            ..long()
        };
        thread::scope(|scope| {
            scope.spawn(move || {
                // Once the wait has looked at both.
                told.recv().unwrap();
                waiting(app, 2);
                for id in ["a", "b"] {
                    assert!(!AsyncResult::new(app, id).unwrap().ready().unwrap());
                }
                eventually("both are subscribed", || {
                    app.uri().starts_with("memory") || app.stats().subscriptions == 2
                });
                for number in 0..3 {
                    app.store(&state("a", "PROGRESS", &number.to_string())).unwrap();
                }
                app.store(&state("b", "PROGRESS", "1")).unwrap();
                app.store(&state("b", "PROGRESS", "1")).unwrap();
                store(app, "a", "1");
                app.store(&failure("b", "KeyError", "k")).unwrap();
            });
            set.get(&GetOptions { propagate: false, ..options }).unwrap();
        });
        let expected = |text: &str| format!("{text} {here:?}");
        let of =
            |id: &str| messages.all().into_iter().filter(|text| text.starts_with(id)).collect::<Vec<_>>();
        assert_eq!(of("a"), ["a PROGRESS", "a PROGRESS", "a PROGRESS", "a SUCCESS"].map(expected));
        assert_eq!(of("b"), ["b PROGRESS", "b PROGRESS", "b FAILURE"].map(expected));
        assert!(intervals.all().iter().all(|thread| *thread == format!("{here:?}")));
        all_is_given_back(app);
    });
}

#[test]
fn then_is_called_once_when_all_have_finished() {
    for_each_store(|app| {
        let (sender, ended) = mpsc::channel();
        let note = move |what: &'static str| {
            let sender = sender.clone();
            move |set: &ResultSet, end: Result<(), celery_result::model::Error>| {
                let thread = thread::current().name().unwrap().to_owned();
                let end = end.map_err(|error| error.status());
                sender.send((what, set.len(), end, thread)).unwrap();
            }
        };
        let next = || ended.recv_timeout(LONG).unwrap();
        let on_its_thread = "celery-callback".to_owned();
        set(app, []).then(note("empty")).unwrap();
        assert_eq!(next(), ("empty", 0, Ok(()), on_its_thread.clone()));
        let set = set(app, ["a", "b"]);
        set.then(note("two")).unwrap();
        waiting(app, 2);
        store(app, "b", "1");
        set.add(&task(app, "c")).unwrap();
        waiting(app, 2);
        app.store(&failure("c", "KeyError", "k")).unwrap();
        store(app, "a", "1");
        assert_eq!(next(), ("two", 3, Ok(()), on_its_thread.clone()));
        // The handles remember what was found.
        let ResultBase::Async(task) = set.get_member(0).unwrap() else { panic!() };
        assert!(task.peek().is_some());
        set.then(note("known")).unwrap();
        assert_eq!(next(), ("known", 3, Ok(()), on_its_thread.clone()));
        all_is_given_back(app);
        // The registration alone holds the set.
        let nobody = support::members::set(app, ["held", "never"]);
        nobody.then(note("removed")).unwrap();
        waiting(app, 2);
        store(app, "held", "1");
        nobody.remove_id("never").unwrap();
        assert_eq!(next(), ("removed", 1, Ok(()), on_its_thread.clone()));
        support::members::set(app, ["never"]).then(note("closed")).unwrap();
        waiting(app, 1);
        app.close();
        let (what, _, end, _) = next();
        assert_eq!((what, end), ("closed", Err(Status::Closed)));
        assert_eq!(set.then(note("late")).unwrap_err().status(), Status::Closed);
        drop(note);
        assert!(ended.recv().is_err(), "each was called once");
    });
}

#[test]
fn then_ends_with_the_app_of_the_set_or_that_of_a_member() {
    for_each_store(|app| {
        for closes_own in [true, false] {
            let (own, other) = (support::stores::open("memory://"), support::stores::open("memory://"));
            let set = ResultSet::new(&own, vec![task(app, "runs"), task(&other, "too")]).unwrap();
            let (sender, ended) = mpsc::channel();
            set.then(move |_, end| sender.send(end.map_err(|error| error.status())).unwrap()).unwrap();
            waiting(app, 1);
            waiting(&other, 1);
            (if closes_own { &own } else { &other }).close();
            assert_eq!(ended.recv_timeout(LONG).unwrap(), Err(Status::Closed));
            assert!(ended.recv().is_err(), "once");
            all_is_given_back(app);
            all_is_given_back(&other);
            store(app, "later", "1");
        }
    });
}

#[test]
fn the_join_guard_holds_for_sets_too() {
    let app = support::stores::open("memory://");
    store(&app, "a", "1");
    let set = set(&app, ["a"]);
    join_deny(true);
    for end in [set.get(&long()), set.join(&long()), set.join_native(&long())] {
        assert_eq!(end.unwrap_err().status(), Status::JoinDenied);
    }
    let waived = GetOptions { disable_sync_subtasks: false, ..long() };
    assert_eq!(set.get(&waived).unwrap().value.json(), "[1]");
    set.wait(Some(LONG), None).unwrap();
    join_deny(false);
}
