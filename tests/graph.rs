//! Walks and graphs over every store: against what Celery made of the same records
//! (`golden/graph.json`), and where Celery has no answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    codec::{Codec, Limits},
    model::{Record, RecordValue, ResultTuple, State, Status},
    result::{
        AsyncResult, Dependencies, Dependency, DependencyGraph, EagerResult, GetOptions, GroupResult,
        ResultBase, ResultSet, get_leaf,
    },
};
use serde_json::{Value, json};
use std::{thread, time::Duration};
use support::{
    redis_server::RedisServer,
    stores::{for_each_store, open, success},
};

fn tuple(json: &Value) -> ResultTuple {
    Codec::new(Limits { payload: 1 << 20, depth: 100, ..Limits::default() }).tuple(&json.to_string()).unwrap()
}

fn store(app: &App, id: &str, state: &str, children: &Value) {
    let mut record = Record::new(id, State::from_name(state));
    record.children = children.as_array().map(|children| children.iter().map(tuple).collect());
    if record.state.is_exception() {
        let (class, module) = ("ValueError".to_owned(), "builtins".to_owned());
        record.value = RecordValue::Exception { class, module, args: format!("[\"{id}\"]") };
    } else {
        record.value = RecordValue::Json(json!(id).to_string());
    }
    assert!(app.store(&record).unwrap());
}

/// A finished task with these children, as ids.
fn finished(app: &App, id: &str, children: &[&str]) {
    store(app, id, "SUCCESS", &children.iter().map(|child| json!([[child, null], null])).collect());
}

fn task(app: &App, id: &str) -> ResultBase {
    ResultBase::Async(AsyncResult::new(app, id).unwrap())
}

fn known(result: &ResultBase) -> Value {
    let kind = if matches!(result, ResultBase::Group(_)) { "group" } else { "task" };
    json!([kind, &**result.id().unwrap()])
}

fn ids(results: &[ResultBase]) -> Vec<&str> {
    results.iter().map(|result| &**result.id().unwrap()).collect()
}

fn step(dependency: &Dependency) -> Value {
    json!([dependency.parent.as_ref().map(known), known(&dependency.node)])
}

fn steps(root: &ResultBase, intermediate: bool) -> Vec<Value> {
    let mut walk = Dependencies::new(root, intermediate).unwrap();
    std::iter::from_fn(|| walk.next().unwrap()).map(|dependency| step(&dependency)).collect()
}

fn within(millis: u64) -> GetOptions {
    GetOptions { timeout: Some(Duration::from_millis(millis)), ..GetOptions::default() }
}

/// Compares one walk, and the graph, with Celery's.
fn compare(root: &ResultBase, intermediate: bool, celery: &Value) {
    let mut walk = Dependencies::new(root, intermediate).unwrap();
    let mut found = Vec::new();
    let end = loop {
        match walk.next() {
            Ok(Some(dependency)) => found.push(step(&dependency)),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(json!(found), celery["steps"]);
    let graph = DependencyGraph::build(root, intermediate);
    if celery["incomplete"].as_bool().unwrap() {
        for error in [end.unwrap_err(), graph.unwrap_err()] {
            assert_eq!(error.status(), Status::Incomplete);
            assert_eq!(json!(error.task_id().map(|id| &**id)), found.last().unwrap()[1][1]);
        }
        return;
    }
    end.unwrap();
    let graph = graph.unwrap();
    assert_eq!(json!(graph.nodes.iter().map(known).collect::<Vec<_>>()), celery["nodes"]);
    let mut edges = graph.edges.clone();
    edges.sort_by_key(|(from, _)| *from);
    assert_eq!(json!(edges), celery["edges"]);
    assert_eq!(json!(graph.to_dot()), celery["dot"]);
}

#[test]
fn walks_graphs_and_their_text_are_celerys() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/graph.json"));
    let cases: Value = serde_json::from_str(&text.unwrap()).unwrap();
    for_each_store(|app| {
        for (name, case) in cases.as_object().unwrap() {
            let records = case["records"].as_object().unwrap();
            for (id, record) in records {
                store(app, id, record[0].as_str().unwrap(), &record[1]);
            }
            for (intermediate, celery) in case["walks"].as_object().unwrap() {
                let root = ResultBase::from_tuple(app, &tuple(&case["root"])).unwrap();
                println!("{name}, intermediate: {intermediate}");
                compare(&root, intermediate == "true", celery);
            }
            for id in records.keys() {
                AsyncResult::new(app, id).unwrap().forget().unwrap();
            }
        }
    });
}

#[test]
fn circles_and_repeated_ids_end() {
    for_each_store(|app| {
        finished(app, "a", &["b", "c"]);
        finished(app, "b", &["a", "b"]);
        finished(app, "c", &["d"]);
        finished(app, "d", &["c", "a"]);
        let graph = DependencyGraph::build(&task(app, "a"), false).unwrap();
        assert_eq!(ids(&graph.nodes), ["a", "b", "c", "d"]);
        assert_eq!(graph.edges, [(0, 1), (0, 2), (1, 0), (1, 1), (2, 3), (3, 2), (3, 0)]);
        assert_eq!(steps(&task(app, "a"), false).len(), 1 + graph.edges.len());
        assert_eq!(get_leaf(&task(app, "a"), &within(20_000)).unwrap().value.as_str().unwrap(), "a");
    });
}

#[test]
fn groups_that_name_their_sender_end() {
    for_each_store(|app| {
        store(app, "a", "SUCCESS", &json!([[["g", null], [[["b", null], null], [["a", null], null]]]]));
        store(app, "b", "SUCCESS", &json!([[["g", [["a", null], null]], [[["b", null], null]]]]));
        let graph = DependencyGraph::build(&task(app, "a"), false).unwrap();
        assert_eq!(ids(&graph.nodes), ["a", "g", "b"]);
        assert_eq!(graph.edges, [(0, 1), (1, 2), (1, 0), (2, 1)]);
    });
}

#[test]
fn an_incomplete_walk_goes_on_when_the_task_has_finished() {
    for_each_store(|app| {
        finished(app, "a", &["b", "c"]);
        finished(app, "c", &[]);
        let mut walk = Dependencies::new(&task(app, "a"), false).unwrap();
        let mut next = || walk.next().map(|step| step.map(|step| step.node.id().unwrap().to_string()));
        assert_eq!(next().unwrap().as_deref(), Some("a"));
        assert_eq!(next().unwrap().as_deref(), Some("b"));
        for _ in 0..3 {
            let error = next().unwrap_err();
            assert_eq!((error.status(), error.is_retriable()), (Status::Incomplete, true));
            assert!(error.message().contains("task b is not ready"), "{error}");
        }
        finished(app, "b", &["d"]);
        finished(app, "d", &[]);
        assert_eq!(next().unwrap().as_deref(), Some("c"));
        assert_eq!(next().unwrap().as_deref(), Some("d"));
        assert_eq!(next().unwrap(), None);
        assert_eq!(next().unwrap(), None);
    });
}

#[test]
fn a_result_met_again_is_expanded_once_it_is_ready() {
    for_each_store(|app| {
        finished(app, "a", &["b", "c"]);
        finished(app, "c", &["b"]);
        let mut walk = Dependencies::new(&task(app, "a"), true).unwrap();
        let mut next = || walk.next().unwrap().map(|step| step.node.id().unwrap().to_string());
        let begun: Vec<_> = (0..3).map_while(|_| next()).collect();
        assert_eq!(begun, ["a", "b", "c"]);
        finished(app, "b", &["d"]);
        finished(app, "d", &[]);
        assert_eq!([next(), next(), next()], [Some("b".to_owned()), Some("d".to_owned()), None]);
    });
}

#[test]
fn collecting_waits_for_each_result() {
    for_each_store(|app| {
        finished(app, "a", &["b", "c"]);
        finished(app, "c", &[]);
        let mut walk = Dependencies::new(&task(app, "a"), false).unwrap();
        let (root, value) = walk.collect_next(&within(20_000)).unwrap().unwrap();
        assert!(root.parent.is_none());
        assert_eq!(value.value.as_str().unwrap(), "a");
        // What has timed out comes again.
        assert_eq!(walk.collect_next(&within(0)).unwrap_err().status(), Status::Timeout);
        thread::scope(|scope| {
            let collected = scope.spawn(|| {
                let mut values = Vec::new();
                while let Some((step, outcome)) = walk.collect_next(&within(20_000)).unwrap() {
                    assert_eq!(step.parent.unwrap().id().unwrap().as_ref(), "a");
                    values.push(outcome.value.as_str().unwrap().into_owned());
                }
                values
            });
            finished(app, "b", &[]);
            assert_eq!(collected.join().unwrap(), ["b", "c"]);
        });
    });
}

#[test]
fn a_group_is_collected_when_all_its_members_have_finished() {
    for_each_store(|app| {
        store(app, "a", "SUCCESS", &json!([[["g", null], [[["b", null], null], [["c", null], null]]]]));
        finished(app, "b", &[]);
        let root = task(app, "a");
        let mut walk = Dependencies::new(&root, false).unwrap();
        walk.collect_next(&within(20_000)).unwrap().unwrap();
        let error = walk.collect_next(&within(0)).unwrap_err();
        assert_eq!((error.status(), error.member()), (Status::Timeout, Some(1)));
        thread::scope(|scope| {
            let collected = scope.spawn(|| {
                std::iter::from_fn(|| walk.collect_next(&within(20_000)).unwrap())
                    .map(|(step, outcome)| json!([known(&step.node), outcome.value.json()]))
                    .collect::<Vec<_>>()
            });
            finished(app, "c", &["d"]);
            finished(app, "d", &[]);
            let expected = [
                json!([["group", "g"], "[\"b\", \"c\"]"]),
                json!([["task", "b"], "\"b\""]),
                json!([["task", "c"], "\"c\""]),
                json!([["task", "d"], "\"d\""]),
            ];
            assert_eq!(collected.join().unwrap(), expected);
        });
        assert_eq!(get_leaf(&root, &within(20_000)).unwrap().value.as_str().unwrap(), "d");
    });
}

#[test]
fn a_failed_task_is_an_error_or_passed_over() {
    for_each_store(|app| {
        finished(app, "a", &["b", "c"]);
        store(app, "b", "FAILURE", &json!([[["d", null], null]]));
        finished(app, "c", &[]);
        finished(app, "d", &[]);
        let mut walk = Dependencies::new(&task(app, "a"), false).unwrap();
        walk.collect_next(&within(20_000)).unwrap().unwrap();
        for _ in 0..2 {
            let error = walk.collect_next(&within(20_000)).unwrap_err();
            assert_eq!((error.status(), error.task_id().unwrap().as_ref()), (Status::TaskFailed, "b"));
        }
        assert_eq!(known(&walk.next().unwrap().unwrap().node), json!(["task", "b"]));
        let rest: Vec<_> = std::iter::from_fn(|| walk.collect_next(&within(20_000)).unwrap())
            .map(|(_, outcome)| outcome.value.as_str().unwrap().into_owned())
            .collect();
        assert_eq!(rest, ["c", "d"]);

        let error = get_leaf(&task(app, "a"), &within(20_000)).unwrap_err();
        assert_eq!((error.status(), error.task_id().unwrap().as_ref()), (Status::TaskFailed, "b"));
        let leaf = get_leaf(&task(app, "a"), &GetOptions { propagate: false, ..within(20_000) }).unwrap();
        assert_eq!(leaf.value.as_str().unwrap(), "d");
    });
}

#[test]
fn a_leaf_is_waited_for_within_one_budget() {
    for_each_store(|app| {
        finished(app, "a", &["b"]);
        let error = get_leaf(&task(app, "a"), &within(30)).unwrap_err();
        assert_eq!((error.status(), error.task_id().unwrap().as_ref()), (Status::Timeout, "b"));
        thread::scope(|scope| {
            let leaf = scope.spawn(|| get_leaf(&task(app, "a"), &within(20_000)));
            finished(app, "b", &[]);
            assert_eq!(leaf.join().unwrap().unwrap().value.as_str().unwrap(), "b");
        });
    });
}

#[test]
fn a_group_is_a_root_too_and_a_set_is_not() {
    let app = open("memory://");
    finished(&app, "b", &["c"]);
    finished(&app, "c", &[]);
    let members = vec![task(&app, "b"), task(&app, "b")];
    let group = ResultBase::Group(GroupResult::new(&app, "g", members.clone(), None).unwrap());
    let graph = DependencyGraph::build(&group, false).unwrap();
    assert_eq!(ids(&graph.nodes), ["g", "b", "c"]);
    assert_eq!(graph.edges, [(0, 1), (0, 1), (1, 2)]);

    let set = ResultBase::Set(ResultSet::new(&app, members).unwrap());
    assert_eq!(Dependencies::new(&set, false).unwrap_err().status(), Status::WrongKind);
    assert_eq!(get_leaf(&set, &within(0)).unwrap_err().status(), Status::WrongKind);
    let holder = ResultBase::Group(GroupResult::new(&app, "holder", vec![set], None).unwrap());
    assert_eq!(DependencyGraph::build(&holder, true).unwrap_err().status(), Status::WrongKind);
}

#[test]
fn an_eager_result_stands_alone() {
    let eager = ResultBase::Eager(EagerResult::new(&success("eager", "3")).unwrap());
    let graph = DependencyGraph::build(&eager, false).unwrap();
    assert_eq!((ids(&graph.nodes), graph.edges.len()), (vec!["eager"], 0));
}

#[test]
fn children_that_were_let_go_are_an_error() {
    let app = open("memory://");
    finished(&app, "a", &["b"]);
    let root = task(&app, "a");
    let ResultBase::Async(handle) = &root else { panic!("a task") };
    assert!(handle.ready().unwrap());
    handle.release_payload();
    let mut walk = Dependencies::new(&root, true).unwrap();
    walk.next().unwrap().unwrap();
    let error = walk.next().unwrap_err();
    assert_eq!(error.status(), Status::Released);
}

#[test]
fn siblings_are_looked_at_together() {
    const COUNT: usize = 1_000;
    let server = RedisServer::start();
    let app = open(&format!("redis://127.0.0.1:{}/0", server.port()));
    let names: Vec<String> = (0..COUNT).map(|number| format!("child-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    finished(&app, "root", &names);
    for name in &names {
        finished(&app, name, &[]);
    }
    let before = server.reads();
    let graph = DependencyGraph::build(&task(&app, "root"), false).unwrap();
    assert_eq!(graph.nodes.len(), COUNT + 1);
    let made = server.reads() - before;
    assert!(made <= 1 + COUNT / 100, "{made} reads of {COUNT} siblings");
}

/// Wide and deep: neither recursion nor a second look at anything.
#[test]
fn wide_and_deep_graphs_take_no_stack() {
    const COUNT: usize = 20_000;
    let app = open("memory://");
    let names: Vec<String> = (0..COUNT).map(|number| format!("wide-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    finished(&app, "root", &names);
    for name in &names {
        finished(&app, name, &["root"]);
    }
    let graph = DependencyGraph::build(&task(&app, "root"), false).unwrap();
    assert_eq!((graph.nodes.len(), graph.edges.len()), (COUNT + 1, 2 * COUNT));
    assert_eq!(graph.to_dot().lines().count(), 2 + COUNT + 1 + 2 * COUNT + 1);

    for number in 0..COUNT {
        finished(&app, &format!("deep-{number}"), &[&format!("deep-{}", number + 1)]);
    }
    finished(&app, &format!("deep-{COUNT}"), &[]);
    let graph = DependencyGraph::build(&task(&app, "deep-0"), false).unwrap();
    assert_eq!((graph.nodes.len(), graph.edges.len()), (COUNT + 1, COUNT));
}
