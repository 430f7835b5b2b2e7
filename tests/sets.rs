//! `ResultSet`, `GroupResult` and `EagerResult` over every store: what a program asks of and changes
//! in sets, without waiting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::{Record, RecordValue, Result, State, Status},
    result::{
        AsyncResult, CompletionQueue, EagerResult, GetOptions, GroupResult, ResultBase, ResultSet, wait_any,
    },
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use support::{
    redis_server::{RedisServer, free_port},
    stores::{for_each_store, open, options, success},
    worker::Worker,
};

fn task(app: &App, id: &str) -> ResultBase {
    ResultBase::Async(AsyncResult::new(app, id).unwrap())
}

fn tasks(app: &App, ids: &[&str]) -> Vec<ResultBase> {
    ids.iter().map(|id| task(app, id)).collect()
}

fn set(app: &App, members: Vec<ResultBase>) -> ResultSet {
    ResultSet::new(app, members).unwrap()
}

fn group(app: &App, id: &str, members: Vec<ResultBase>) -> ResultBase {
    ResultBase::Group(GroupResult::new(app, id, members, None).unwrap())
}

fn eager(id: &str, state: State) -> ResultBase {
    ResultBase::Eager(EagerResult::new(&Record::new(id, state)).unwrap())
}

fn ended(id: &str, state: State, text: &str) -> Record {
    let value = RecordValue::Exception {
        class: "ValueError".to_owned(),
        module: "builtins".to_owned(),
        args: format!("[\"{text}\"]"),
    };
    Record { value, ..Record::new(id, state) }
}

fn ids(set: &ResultSet) -> Vec<String> {
    set.members().iter().map(|member| member.id().map_or("-", AsRef::as_ref).to_owned()).collect()
}

/// `done`, `well` (SUCCESS), `bad` (FAILURE), `revoked`, `half` (PROGRESS); every other id is unknown.
fn store_some(app: &App) {
    app.store(&success("done", "1")).unwrap();
    app.store(&success("well", "2")).unwrap();
    app.store(&ended("bad", State::Failure, "x")).unwrap();
    app.store(&ended("revoked", State::Revoked, "y")).unwrap();
    app.store(&Record::new("half", State::from_name("PROGRESS"))).unwrap();
}

#[test]
fn states_are_those_that_celery_gives() {
    for_each_store(|app| {
        store_some(app);
        let nested = |ids: &[&str]| group(app, "nested", tasks(app, ids));
        for (members, ready, successful, failed, count) in [
            (vec![], true, true, false, 0),
            (tasks(app, &["done", "well"]), true, true, false, 2),
            (tasks(app, &["done", "done"]), true, true, false, 2),
            (tasks(app, &["done", "bad"]), true, false, true, 1),
            (tasks(app, &["done", "revoked"]), true, false, false, 1),
            (tasks(app, &["done", "unknown"]), false, false, false, 1),
            (tasks(app, &["half", "well"]), false, false, false, 1),
            (tasks(app, &["unknown", "bad"]), false, false, true, 0),
            (vec![nested(&["done", "well"]), task(app, "well")], true, true, false, 2),
            (vec![nested(&["done", "unknown"]), task(app, "well")], false, false, false, 1),
            (vec![nested(&["done", "bad"]), nested(&[])], true, false, true, 1),
            (vec![ResultBase::Set(set(app, vec![nested(&["half"])]))], false, false, false, 0),
            (vec![eager("e", State::Success), eager("f", State::Failure)], true, false, true, 1),
            (vec![eager("p", State::Pending), task(app, "done")], true, false, false, 1),
        ] {
            let set = set(app, members);
            assert_eq!(set.ready().unwrap(), ready, "{set:?}");
            assert_eq!(set.waiting().unwrap(), !ready, "{set:?}");
            assert_eq!(set.successful().unwrap(), successful, "{set:?}");
            assert_eq!(set.failed().unwrap(), failed, "{set:?}");
            assert_eq!(set.completed_count().unwrap(), count, "{set:?}");
            let any = ResultBase::Set(set);
            assert_eq!(any.ready().unwrap(), ready);
            assert_eq!((any.successful().unwrap(), any.failed().unwrap()), (successful, failed));
            assert_eq!(any.children().unwrap_err().status(), Status::WrongKind);
        }
        assert_eq!(nested(&["done", "bad"]).children().unwrap().unwrap().len(), 2);
    });
}

#[test]
fn what_has_finished_is_remembered_by_every_handle() {
    for_each_store(|app| {
        store_some(app);
        let members = [AsyncResult::new(app, "done").unwrap(), AsyncResult::new(app, "done").unwrap()];
        let inner = group(app, "g", vec![ResultBase::Async(members[1].clone())]);
        let set = set(app, vec![ResultBase::Async(members[0].clone()), inner, task(app, "unknown")]);
        assert!(!set.ready().unwrap());
        for member in &members {
            assert_eq!(member.peek().unwrap().meta.unwrap().value().unwrap().json(), "1");
        }
        AsyncResult::new(app, "done").unwrap().forget().unwrap();
        assert_eq!(set.completed_count().unwrap(), 2);
        // What has not finished is looked at again.
        app.store(&success("unknown", "1")).unwrap();
        assert!(set.ready().unwrap());
    });
}

#[test]
fn members_of_several_apps_are_asked_together() {
    let server = RedisServer::start();
    let apps = [
        open("memory://"),
        open(&format!("redis://127.0.0.1:{}/0", server.port())),
        open(&format!("redis://127.0.0.1:{}/1", server.port())),
    ];
    for app in &apps[..2] {
        app.store(&success("same id", "1")).unwrap();
    }
    let set = set(&apps[0], apps.iter().map(|app| task(app, "same id")).collect());
    assert_eq!(set.len(), 3);
    assert_eq!(set.completed_count().unwrap(), 2);
    assert!(set.waiting().unwrap());
    set.forget().unwrap();
    assert_eq!(set.completed_count().unwrap(), 0);
}

#[test]
fn a_question_is_one_batched_read_and_subscribes_to_nothing() {
    let server = RedisServer::start();
    let app = open(&format!("redis://127.0.0.1:{}/0", server.port()));
    app.store(&success("member-7", "1")).unwrap();
    let members: Vec<_> = (0..1_000).map(|number| task(&app, &format!("member-{}", number % 500))).collect();
    let group = GroupResult::new(&app, "g", members, None).unwrap();
    group.save(None).unwrap();
    let group = GroupResult::restore(&app, "g").unwrap();
    let _: redis::Value = server.run("CONFIG RESETSTAT");
    assert_eq!(group.set().completed_count().unwrap(), 2);
    // 500 ids: each is read once.
    assert!(server.reads() <= 8, "{:?}", server.commands());
    assert_eq!(server.asked("subscribe"), 0);
    assert_eq!(app.stats().subscriptions, 0);
}

#[test]
fn a_record_that_cannot_be_read_is_named_where_it_matters() {
    let server = RedisServer::start();
    let app = open(&format!("redis://127.0.0.1:{}/0", server.port()));
    let mut worker = Worker::new(&server);
    worker.set_silently("junk", b"{\"status\": 7}");
    worker.store("done", "1");
    let inner = group(&app, "g", tasks(&app, &["done", "junk"]));
    let named = |error: celery_result::model::Error| {
        (error.status(), error.member(), error.task_id().map(ToString::to_string))
    };
    let junk = |member| (Status::Decode, Some(member), Some("junk".to_owned()));
    let first = set(&app, vec![task(&app, "done"), inner, task(&app, "unknown")]);
    assert_eq!(named(first.ready().unwrap_err()), junk(1));
    assert_eq!(named(first.successful().unwrap_err()), junk(1));
    assert_eq!(named(first.failed().unwrap_err()), junk(1));
    assert_eq!(named(first.completed_count().unwrap_err()), junk(1));
    assert_eq!(named(first.maybe_throw(&GetOptions::default()).unwrap_err()), junk(1));
    // What is decided before it is decided.
    let last = set(&app, tasks(&app, &["unknown", "junk"]));
    assert!(!last.ready().unwrap() && last.waiting().unwrap() && !last.successful().unwrap());
    assert_eq!(named(last.failed().unwrap_err()), junk(1));
    // It can still be forgotten.
    first.forget().unwrap();
    assert!(!last.failed().unwrap());
}

#[test]
fn a_store_that_is_gone_is_told_once() {
    let mut options = options();
    options.set("operation_timeout_ms", "200").unwrap();
    let url = format!("redis://127.0.0.1:{}/0", free_port());
    let app = App::open(&url, &options, celery_result::sys::Log::default()).unwrap();
    let set = set(&app, (0..20_000).map(|number| task(&app, &format!("member-{number}"))).collect());
    for error in [set.ready().unwrap_err(), set.forget().unwrap_err()] {
        assert_eq!((error.status(), error.member()), (Status::Unreachable, Some(0)));
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("member-0"));
    }
    app.close();
    assert_eq!(set.ready().unwrap_err().status(), Status::Closed);
}

#[test]
fn maybe_throw_goes_in_member_order() {
    for_each_store(|app| {
        store_some(app);
        let inner = group(app, "g", tasks(app, &["unknown", "revoked"]));
        let set = set(app, vec![task(app, "done"), task(app, "half"), inner, task(app, "bad")]);
        let error = set.maybe_throw(&GetOptions::default()).unwrap_err();
        assert_eq!((error.status(), error.member()), (Status::TaskRevoked, Some(2)));
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("revoked"));
        let values = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&values);
        let options = GetOptions {
            propagate: false,
            callback: Some(Arc::new(move |id, value| {
                seen.lock().unwrap().push(format!("{id} {}", value.json()));
            })),
            ..GetOptions::default()
        };
        set.maybe_throw(&options).unwrap();
        let values = values.lock().unwrap();
        assert_eq!(values[..2], ["done 1", "half null"]);
        assert!(values[2].starts_with("revoked {") && values[3].starts_with("bad {"), "{values:?}");
        assert_eq!(values.len(), 4);
        let propagating = GetOptions {
            propagate_states: Some(vec![State::from_name("PROGRESS")]),
            ..GetOptions::default()
        };
        assert_eq!(set.maybe_throw(&propagating).unwrap_err().member(), Some(1));
    });
}

#[test]
fn forget_removes_members_and_what_came_before_them() {
    for_each_store(|app| {
        for id in ["first", "left", "right", "before", "last", "alone", "kept"] {
            app.store(&success(id, "1")).unwrap();
        }
        let before = AsyncResult::new(app, "before").unwrap();
        let left = AsyncResult::with_parent(app, "left", Some(ResultBase::Async(before))).unwrap();
        let header = GroupResult::new(
            app,
            "header",
            vec![ResultBase::Async(left), task(app, "right")],
            Some(task(app, "first")),
        )
        .unwrap();
        header.save(None).unwrap();
        let last = AsyncResult::with_parent(app, "last", Some(ResultBase::Group(header))).unwrap();
        let set =
            set(app, vec![ResultBase::Async(last.clone()), task(app, "alone"), eager("e", State::Success)]);
        assert!(set.ready().unwrap());
        set.forget().unwrap();
        assert!(last.peek().is_none());
        let exists = |id: &str| AsyncResult::new(app, id).unwrap().exists().unwrap();
        for id in ["left", "right", "before", "last", "alone"] {
            assert!(!exists(id), "{id}");
        }
        // What came before the group, and the saved group itself, stay as in Celery.
        assert!(exists("first") && exists("kept"));
        assert!(GroupResult::restore(app, "header").is_ok());
        assert_eq!(set.len(), 3);
    });
}

#[test]
fn members_are_added_and_removed_as_in_celery() {
    let app = &open("memory://");
    let set = set(app, tasks(app, &["a", "b", "a"]));
    assert_eq!(ids(&set), ["a", "b", "a"]);
    set.add(&task(app, "a")).unwrap();
    set.add(&eager("b", State::Success)).unwrap();
    set.update(&tasks(app, &["c", "a", "c", "d"])).unwrap();
    assert_eq!(ids(&set), ["a", "b", "a", "c", "d"]);
    assert!(set.contains(&task(app, "d")) && !set.contains(&task(app, "x")));
    set.remove(&eager("a", State::Pending)).unwrap();
    assert_eq!(ids(&set), ["b", "a", "c", "d"]);
    assert_eq!(set.get_member(2).unwrap(), task(app, "c"));
    assert!(set.get_member(4).is_none());
    set.remove_id("a").unwrap();
    let error = set.remove_id("a").unwrap_err();
    assert_eq!((error.status(), error.task_id().map(AsRef::as_ref)), (Status::NoSuchValue, Some("a")));
    assert!(error.message().contains("task a"), "{error}");
    assert_eq!(set.remove_id("").unwrap_err().status(), Status::InvalidArgument);
    set.discard(&task(app, "a"));
    set.discard(&task(app, "d"));
    assert_eq!((ids(&set), set.len()), (vec!["b".to_owned(), "c".to_owned()], 2));
    // A group is a member of its own, whatever the ids; one with other members is another one.
    let made = |members: &[&str]| group(app, "b", tasks(app, members));
    set.add(&made(&["x"])).unwrap();
    set.add(&made(&["x"])).unwrap();
    set.add(&made(&["y"])).unwrap();
    set.add(&ResultBase::Set(ResultSet::new(app, tasks(app, &["y"])).unwrap())).unwrap();
    assert_eq!(ids(&set), ["b", "c", "b", "b"]);
    set.remove_id("b").unwrap();
    assert_eq!(set.remove_id("b").unwrap_err().status(), Status::NoSuchValue);
    set.remove(&made(&["y"])).unwrap();
    assert!(set.remove(&made(&["y"])).unwrap_err().message().contains("group b"));
    assert_eq!(set.len(), 2);
    // A snapshot is not changed any more.
    let before = set.members();
    set.clear();
    assert!(set.is_empty() && before.len() == 2);
    set.add(&task(app, "a")).unwrap();
    assert_eq!(ids(&set), ["a"]);
}

#[test]
fn a_set_cannot_hold_itself() {
    let app = &open("memory://");
    let made = GroupResult::new(app, "g", vec![], None).unwrap();
    let inner = set(app, vec![ResultBase::Group(made.clone())]);
    let outer = set(app, vec![ResultBase::Set(inner.clone())]);
    for (holder, member) in [
        (&outer, ResultBase::Set(outer.clone())),
        (made.set(), ResultBase::Group(made.clone())),
        (made.set(), ResultBase::Set(outer.clone())),
        (&inner, ResultBase::Set(outer.clone())),
    ] {
        let before = holder.len();
        let error = holder.update(&[task(app, "x"), member]).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains("hold itself"), "{error}");
        assert_eq!(holder.len(), before, "none is added");
    }
    // The same member twice, on two ways, is no circle.
    outer.add(&ResultBase::Group(made)).unwrap();
}

#[test]
fn two_sets_that_are_added_to_each_other_make_no_circle() {
    let app = &open("memory://");
    for _ in 0..2_000 {
        let (one, other) = (set(app, vec![]), set(app, vec![]));
        thread::scope(|scope| {
            scope.spawn(|| one.add(&ResultBase::Set(other.clone())));
            scope.spawn(|| other.add(&ResultBase::Set(one.clone())));
        });
        assert!(one.is_empty() || other.is_empty());
    }
}

#[test]
fn nesting_is_bounded_and_needs_no_stack() {
    let app = &open("memory://");
    let mut last = set(app, tasks(app, &["a"]));
    for _ in 1..1_000 {
        last = set(app, vec![ResultBase::Set(last)]);
    }
    assert!(!last.ready().unwrap() && !last.failed().unwrap());
    last.maybe_throw(&GetOptions::default()).unwrap();
    last.forget().unwrap();
    let too_deep = ResultSet::new(app, vec![ResultBase::Set(last.clone())]).unwrap_err();
    assert_eq!(too_deep.status(), Status::TooDeep);
    assert_eq!(set(app, vec![]).add(&ResultBase::Set(last)).unwrap_err().status(), Status::TooDeep);
    // A set does not know in which sets it is, so that one can get too deep later.
    let levels: Vec<_> = (0..100_000).map(|_| set(app, vec![])).collect();
    for pair in levels.windows(2) {
        pair[0].add(&ResultBase::Set(pair[1].clone())).unwrap();
    }
    levels[99_999].add(&task(app, "a")).unwrap();
    let first = levels[0].clone();
    drop(levels);
    assert_eq!(first.ready().unwrap_err().status(), Status::TooDeep);
    // The same set many times over is one set.
    let mut tangle = set(app, tasks(app, &["a"]));
    for _ in 0..500 {
        tangle = set(app, vec![ResultBase::Set(tangle.clone()), ResultBase::Set(tangle)]);
    }
    assert!(!tangle.ready().unwrap());
    app.store(&success("a", "1")).unwrap();
    assert!(tangle.successful().unwrap());
    assert_eq!(tangle.completed_count().unwrap(), 2);
    tangle.maybe_throw(&GetOptions::default()).unwrap();
    tangle.forget().unwrap();
}

#[test]
fn very_many_members_are_changed_one_by_one() {
    let app = &open("memory://");
    let members: Vec<_> = (0..200_000).map(|number| task(app, &number.to_string())).collect();
    let set = set(app, vec![]);
    set.update(&members).unwrap();
    set.update(&members).unwrap();
    assert_eq!(set.len(), 200_000);
    assert!(!set.ready().unwrap());
    // From the front, where a plain list moves all that are behind.
    for member in &members[..199_999] {
        set.remove(member).unwrap();
    }
    assert_eq!(ids(&set), ["199999"]);
    // The same ones, all equal.
    let set = ResultSet::new(app, vec![members[0].clone(); 200_000]).unwrap();
    for left in (0..200_000).rev() {
        set.remove(&members[0]).unwrap();
        assert_eq!(set.len(), left);
    }
}

#[test]
fn a_forked_child_is_refused_whatever_was_locked() {
    let app = &open("memory://");
    let inner = set(app, tasks(app, &["a", "b"]));
    let outer = set(app, vec![ResultBase::Set(inner.clone())]);
    let queue = CompletionQueue::new().unwrap();
    let no_longer = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !no_longer.load(Ordering::Relaxed) {
                    inner.add(&task(app, "c")).unwrap();
                    inner.discard(&task(app, "c"));
                }
            });
        }
        for _ in 0..200 {
            // SAFETY: the child makes the calls that are tested and ends.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: for a child that is blocked for ever.
                unsafe { libc::alarm(20) };
                let all = is_refused(&inner, &queue) && is_refused(&outer, &queue);
                // SAFETY: nothing of the parent's is to be run.
                unsafe { libc::_exit(i32::from(!all)) };
            }
            let mut status = 0;
            // SAFETY: the child is ours, the place is valid for the call.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            if status != 0 {
                no_longer.store(true, Ordering::Relaxed);
            }
            assert_eq!(status, 0, "a call was not refused, or blocked");
        }
        no_longer.store(true, Ordering::Relaxed);
    });
}

fn is_refused(set: &ResultSet, queue: &CompletionQueue) -> bool {
    let base = ResultBase::Set(set.clone());
    let options = GetOptions::default();
    let ends: [Result<()>; 14] = [
        set.ready().map(drop),
        set.failed().map(drop),
        set.completed_count().map(drop),
        set.maybe_throw(&options),
        set.forget(),
        set.wait(None, None),
        set.get(&options).map(drop),
        set.join(&options).map(drop),
        set.iter_native(&options).and_then(|mut walk| walk.next()).map(drop),
        set.then(|_, _| {}),
        set.update(&[]),
        set.remove_id("a"),
        wait_any(std::slice::from_ref(&base), None, None).map(drop),
        queue.add_members(&base, 0),
    ];
    ends.iter().all(|end| end.as_ref().is_err_and(|error| error.status() == Status::Forked))
}
