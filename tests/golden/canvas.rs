//! Every canvas: its records are put into a store, its result is made of the stored tuple form, and
//! each result that can be reached from it is asked what Python's own was asked (`canvas.json`).

use crate::{
    codec,
    difference::{Comparison, Difference},
    load, parsed,
    records::as_tuple,
    sets,
    support::{redis_server::RedisServer, stores},
    unpacked,
    writing::record_of,
};
use celery_result::{
    app::App,
    model::{Error, RemoteException, Stored},
    result::{
        Dependencies, Dependency, DependencyGraph, GetOptions, GroupResult, Outcome, ResultBase, get_leaf,
    },
    sys::Log,
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What Python says otherwise than we do, over the store in memory and over Redis.
pub(crate) fn differences() -> Vec<Difference> {
    let mut found = Vec::new();
    let mut python = load("canvas.json");
    let mut legacy = load("legacy/canvas.json");
    python.as_object_mut().unwrap().append(legacy.as_object_mut().unwrap());
    let server = RedisServer::start();
    let mut count = 0;
    for (set, golden) in sets() {
        for (case, canvas) in golden["tuples"].as_object().unwrap() {
            // What Celery cannot be asked, canvas.py says.
            let Some(python) = python[set].get(case) else { continue };
            for app in [in_memory(&golden, case), in_redis(&server, &golden, case)] {
                let mut comparison = Comparison::new(set, &format!("canvas/{case}"));
                compare(&app, canvas, python, &mut comparison);
                found.append(&mut comparison.found);
                count += 1;
            }
        }
    }
    assert_eq!(count, 2 * 187);
    found
}

fn compare(app: &App, canvas: &Value, python: &Value, all: &mut Comparison) {
    let root = from_json(app, &canvas["as_tuple"]);
    let mut nodes = Vec::new();
    reach("result".to_owned(), &root, &mut nodes);
    let paths: Vec<&str> = nodes.iter().map(|(path, _)| path.as_str()).collect();
    let expected: Vec<&str> = python["nodes"].as_object().unwrap().keys().map(String::as_str).collect();
    all.check("results", &sorted(expected), sorted(paths));
    for (path, result) in &nodes {
        check(path, &python["nodes"][path], answers(result), all);
    }
    let Some(python) = python.get("restored") else { return };
    let restored = GroupResult::restore(app, root.id().unwrap()).unwrap();
    let restored = ResultBase::Group(restored);
    let mut ours = answers(&restored);
    ours.insert("equal".to_owned(), json!(restored == root));
    check("restored", python, ours, all);
}

fn check(path: &str, python: &Value, ours: Map<String, Value>, all: &mut Comparison) {
    let asked = python.as_object().unwrap();
    assert_eq!(asked.len(), ours.len(), "{path}: {:?} and {:?}", asked.keys(), ours.keys());
    for (what, answer) in ours {
        all.check(&format!("{path}: {what}"), &asked[&what], answer);
    }
}

/// The answers of handles that have seen nothing before.
fn answers(result: &ResultBase) -> Map<String, Value> {
    let tuple = result.as_tuple().unwrap();
    let fresh = || ResultBase::from_tuple(result.app().unwrap(), &tuple).unwrap();
    let propagate = GetOptions { timeout: Some(Duration::from_secs(20)), ..GetOptions::default() };
    let quiet = GetOptions { propagate: false, ..propagate.clone() };
    let children = fresh().children().unwrap().map(|all| all.iter().map(tuple_of).collect::<Vec<_>>());
    let mut all = json!({
        "known": known(result),
        "as_tuple": tuple_of(result),
        "ready": fresh().ready().unwrap(),
        "successful": fresh().successful().unwrap(),
        "failed": fresh().failed().unwrap(),
        "get": ended(fresh().get(&propagate)),
        "get without propagate": ended(fresh().get(&quiet)),
        "children": children,
    });
    let more = match fresh() {
        ResultBase::Group(group) => json!({
            "waiting": group.set().waiting().unwrap(),
            "completed_count": group.set().completed_count().unwrap(),
            "join": ended(group.set().join(&propagate)),
            "join without propagate": ended(group.set().join(&quiet)),
        }),
        ResultBase::Async(result) => json!({
            "state": result.state().unwrap().as_str(),
            "walk": walk(&fresh()),
            "collect": collect(&fresh(), &quiet),
            "get_leaf": ended(get_leaf(&fresh(), &propagate)),
        }),
        _ => panic!("neither a task nor a group"),
    };
    let all = all.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    std::mem::take(all)
}

fn walk(root: &ResultBase) -> Value {
    let mut walk = Dependencies::new(root, false).unwrap();
    let mut steps = Vec::new();
    while let Some(Dependency { parent, node }) = walk.next().unwrap() {
        steps.push(json!([parent.as_ref().map(known), known(&node)]));
    }
    let graph = DependencyGraph::build(root, false).unwrap();
    let nodes: Vec<Value> = graph.nodes.iter().map(known).collect();
    let mut edges = graph.edges.clone();
    edges.sort_by_key(|(from, _)| *from);
    json!({"steps": steps, "incomplete": false, "nodes": nodes, "edges": edges})
}

fn collect(root: &ResultBase, options: &GetOptions) -> Vec<Value> {
    let mut walk = Dependencies::new(root, false).unwrap();
    std::iter::from_fn(|| walk.collect_next(options).unwrap())
        .map(|(Dependency { node, .. }, outcome)| json!([known(&node), shown(&outcome)]))
        .collect()
}

/// What Python would show at its prompt: a value, an exception as a value, or one that is raised.
fn ended(end: Result<Outcome, Error>) -> Value {
    match end {
        Ok(outcome) => json!(shown(&outcome)),
        Err(error) => {
            json!({"raised": error.exception().map_or_else(|| error.to_string(), |raised| exception(raised))})
        }
    }
}

fn shown(outcome: &Outcome) -> String {
    if let Some(members) = &outcome.members {
        let members: Vec<String> = members.iter().map(shown).collect();
        return format!("[{}]", members.join(", "));
    }
    outcome.exception.as_ref().map_or_else(|| outcome.value.python_repr(), |raised| exception(raised))
}

fn exception(raised: &RemoteException) -> String {
    let args = raised.args.as_ref().map_or_else(|| "()".to_owned(), as_tuple);
    format!("{}{}", raised.class, args.replace(",)", ")"))
}

/// Each result that hangs on this one as a parent or a member, by how it is reached.
fn reach(path: String, result: &ResultBase, nodes: &mut Vec<(String, ResultBase)>) {
    if let Some(parent) = result.parent() {
        reach(format!("{path}.parent"), parent, nodes);
    }
    if let ResultBase::Group(group) = result {
        for (index, member) in group.members().iter().enumerate() {
            reach(format!("{path}.members[{index}]"), member, nodes);
        }
    }
    nodes.push((path, result.clone()));
}

fn known(result: &ResultBase) -> Value {
    let kind = if matches!(result, ResultBase::Group(_)) { "group" } else { "task" };
    json!([kind, &**result.id().unwrap()])
}

fn tuple_of(result: &ResultBase) -> Value {
    parsed(&codec().tuple_json(&result.as_tuple().unwrap()))
}

fn from_json(app: &App, tuple: &Value) -> ResultBase {
    ResultBase::from_tuple(app, &codec().tuple(&tuple.to_string()).unwrap()).unwrap()
}

fn sorted(mut names: Vec<&str>) -> Value {
    names.sort_unstable();
    json!(names)
}

fn records<'a>(golden: &'a Value, case: &str) -> impl Iterator<Item = (&'a str, Vec<u8>)> {
    let start = format!("canvas/{case}/");
    golden["records"]
        .as_object()
        .unwrap()
        .iter()
        .filter(move |(name, _)| name.starts_with(&start))
        .map(|(_, record)| (record["view"]["task_id"].as_str().unwrap(), unpacked(&record["stored"])))
}

/// The records, stored as a program stores them.
fn in_memory(golden: &Value, case: &str) -> App {
    let mut options = stores::options();
    options.set("result_extended", &golden["meta"]["result_extended"].to_string()).unwrap();
    let app = App::open("memory://", &options, Log::default()).unwrap();
    for (_, record) in records(golden, case) {
        let record = record_of(&codec().decode(Stored::new(record)).unwrap());
        assert!(app.store(&record).unwrap());
    }
    if golden["tuples"][case].get("group_key").is_some() {
        let ResultBase::Group(group) = from_json(&app, &golden["tuples"][case]["as_tuple"]) else {
            panic!("{case} is a group")
        };
        group.save(None).unwrap();
    }
    app
}

/// The records, and the saved group, as the worker and Python left them, byte for byte.
fn in_redis(server: &RedisServer, golden: &Value, case: &str) -> App {
    let mut options = stores::options();
    let mut prefix = String::new();
    if let Some(name) = golden["meta"]["global_keyprefix"].as_str().filter(|name| !name.is_empty()) {
        options.set("result_backend_transport_options.global_keyprefix", name).unwrap();
        prefix = if name.ends_with(':') { name.to_owned() } else { format!("{name}_") };
    }
    let mut client = server.client();
    let mut set = |key: String, value: &[u8]| {
        let (): () = redis::cmd("SET").arg(key).arg(value).query(&mut client).unwrap();
    };
    for (id, record) in records(golden, case) {
        set(format!("{prefix}celery-task-meta-{id}"), &record);
    }
    let tuples = &golden["tuples"][case];
    if let Some(saved) = tuples.get("group_key") {
        let id = tuples["as_tuple"][0][0].as_str().unwrap();
        set(format!("{prefix}celery-taskset-meta-{id}"), &unpacked(saved));
    }
    App::open(&format!("redis://127.0.0.1:{}/0", server.port()), &options, Log::default()).unwrap()
}
