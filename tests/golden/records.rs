//! Every record: each field and the value as Python's `AsyncResult` gives them, a glance beside
//! decoding, the tuple forms.

use crate::{
    codec,
    difference::{Comparison, Difference},
    limits, parsed, sets, unpacked,
};
use celery_result::{
    codec::{Accept, Codec, Formats},
    model::{Compression, Kind, RemoteException, Serializer, State, Stored, TaskMeta, Value as Decoded},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A record, and the set that it is in.
pub(crate) struct Case<'a> {
    pub(crate) set: &'a str,
    /// How the worker was configured.
    pub(crate) run: &'a Value,
    pub(crate) name: &'a str,
    pub(crate) stored: Vec<u8>,
    record: &'a Value,
}

impl Case<'_> {
    /// What the worker wrote with.
    pub(crate) fn formats(&self) -> Formats {
        let named = |key: &str| self.run[key].as_str();
        Formats {
            serializer: Serializer::named(named("result_serializer").unwrap()),
            accept: Accept::all(),
            compression: named("result_compression").and_then(Compression::named),
        }
    }

    pub(crate) fn is_legacy(&self) -> bool {
        self.set.starts_with("legacy/")
    }

    /// Python 2 has no order of keys, and yaml is written sorted.
    pub(crate) fn keeps_order(&self) -> bool {
        !self.is_legacy() && self.formats().serializer != Some(Serializer::Yaml)
    }

    pub(crate) fn decoded(&self) -> Arc<TaskMeta> {
        codec().decode(Stored::new(self.stored.clone())).unwrap_or_else(|error| panic!("{self}: {error}"))
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.set, self.name)
    }
}

pub(crate) fn for_each_record(mut each: impl FnMut(Case<'_>)) {
    let mut count = 0;
    for (set, golden) in sets() {
        for (name, record) in golden["records"].as_object().unwrap() {
            let stored = unpacked(&record["stored"]);
            each(Case { set, run: &golden["meta"], name, stored, record });
            count += 1;
        }
    }
    assert!(count > 2500, "only {count} records");
}

fn answers(meta: &TaskMeta, case: &Case<'_>, all: &mut Comparison) {
    let view = &case.record["view"];
    if let Some(raised) = view.get("raised") {
        let ours = match meta.exception() {
            Some(exception) => exception.message.clone(),
            None => meta.value().unwrap().python_repr(),
        };
        return all.check("reading the record", raised, json!(format!("{}: {ours}", meta.state().as_str())));
    }
    let state = meta.state();
    all.check("state", &view["state"], json!(state.as_str()));
    let flags = json!({
        "ready": state.is_ready(), "successful": *state == State::Success, "failed": *state == State::Failure, "exists": true,
    });
    all.check("flags", &view["flags"], flags);
    all.check("task_id", &view["task_id"], json!(meta.task_id().map(AsRef::<str>::as_ref)));
    all.check("parent_id", &view["parent_id"], json!(meta.parent_id().map(AsRef::<str>::as_ref)));
    all.check("group_id", &view["group_id"], json!(meta.group_id().map(AsRef::<str>::as_ref)));
    all.check("name", &view["name"], json!(meta.name()));
    all.check("worker", &view["worker"], json!(meta.worker()));
    all.check("queue", &view["queue"], json!(meta.queue()));
    all.check("retries", &view["retries"], json!(meta.retries()));
    let traceback = Some(&view["traceback"]).filter(|traceback| !traceback.is_null()).map(unpacked);
    all.check(
        "traceback",
        &json!(traceback.map(|text| String::from_utf8(text).unwrap())),
        json!(meta.traceback()),
    );
    all.check("date_done", &view["date_done_raw"], json!(meta.date_done()));
    let time = meta.date_done_time().map(|time| time.unix_micros);
    all.check("date_done as time", &view["date_done_micros"], json!(time));
    let mut keys: Vec<String> = meta.keys().collect();
    if case.run["python"].as_str().unwrap().starts_with("2.") {
        keys.sort();
    }
    all.check("keys", &view["meta_keys"], json!(keys));
    let repr =
        |value: Option<Decoded>| json!(value.map_or_else(|| "None".to_owned(), |value| value.python_repr()));
    all.check("args", &view["args"], repr(meta.args().unwrap()));
    all.check("kwargs", &view["kwargs"], repr(meta.kwargs().unwrap()));
    let children = match meta.children() {
        Ok(children) => json!(
            children
                .map(|all| all.iter().map(|child| parsed(&codec().tuple_json(child))).collect::<Vec<_>>())
        ),
        Err(error) => json!(error.to_string()),
    };
    all.check("children", &view["children"], children);
    exception(meta.exception().as_deref(), &view["exception"], all);
    if view["exception"].is_null() {
        let value = meta.value().unwrap();
        all.check("value", &view["result"], json!(value.python_repr()));
        if let Some(python) = view.get("json") {
            all.check("value as json", python, json!(value.json()));
        }
    }
}

fn exception(ours: Option<&RemoteException>, python: &Value, all: &mut Comparison) {
    let Some(ours) = ours else {
        return all.check("exception", python, Value::Null);
    };
    if python.is_null() {
        return all.check("exception", python, json!(ours.message));
    }
    all.check("exception class", &python["class"], json!(ours.class));
    all.check("exception module", &python["module"], json!(ours.module));
    all.check("exception args", &python["args"], json!(ours.args.as_ref().map(as_tuple)));
    let name = match ours.module.as_deref() {
        Some("builtins" | "exceptions") | None => ours.class.clone(),
        Some(module) => format!("{module}.{}", ours.class),
    };
    let text = ours.message.strip_prefix(&name).unwrap();
    all.check("exception text", &python["str"], json!(text.strip_prefix(": ").unwrap_or(text)));
}

/// The `repr` of a list as that of the tuple it was.
pub(crate) fn as_tuple(args: &Decoded) -> String {
    let list = args.python_repr();
    let comma = if args.kind() == Kind::Array && args.len().unwrap() == 1 { "," } else { "" };
    format!("({}{comma})", &list[1..list.len() - 1])
}

/// What Python says otherwise than we do.
pub(crate) fn differences() -> Vec<Difference> {
    let mut found = Vec::new();
    for_each_record(|case| {
        let mut comparison = Comparison::new(case.set, case.name);
        answers(&case.decoded(), &case, &mut comparison);
        found.append(&mut comparison.found);
    });
    found
}

#[test]
fn a_glance_agrees_with_decoding() {
    for_each_record(|case| {
        let meta = case.decoded();
        let id = meta.task_id().unwrap();
        let only = Formats { accept: Accept::only(&[case.formats().serializer.unwrap()]), ..case.formats() };
        for codec in [codec(), Codec::with_formats(limits(), only)] {
            let glance = codec.glance(meta.stored(), id).unwrap();
            assert_eq!((&glance.state, glance.same_task), (meta.state(), true), "{case}");
            assert!(!codec.glance(meta.stored(), "another").unwrap().same_task, "{case}");
        }
        for earlier in case.record["published"].as_array().into_iter().flatten() {
            let earlier = Stored::new(unpacked(earlier));
            let glance = codec().glance(&earlier, id).unwrap();
            let decoded = codec().decode(earlier).unwrap();
            assert_eq!((&glance.state, glance.same_task), (decoded.state(), true), "{case}");
            assert!(decoded.value().is_ok(), "{case}");
        }
    });
}

#[test]
fn tuple_forms_survive() {
    let mut groups = 0;
    for (set, golden) in sets() {
        for (case, tuples) in golden["tuples"].as_object().unwrap() {
            let tuple = codec().tuple(&tuples["as_tuple"].to_string()).unwrap();
            assert_eq!(parsed(&codec().tuple_json(&tuple)), tuples["as_tuple"], "{set}/{case}");
            if let Some(saved) = tuples.get("group_key") {
                let restored = codec().group_decode(&Stored::new(unpacked(saved)));
                assert_eq!(restored.unwrap(), tuple, "{set}/{case}");
                groups += 1;
            }
            if let Some(saved) = tuples["group_key"].as_str().filter(|_| set.contains("json-")) {
                assert_eq!(format!("{{\"result\": {}}}", codec().tuple_json(&tuple)), saved, "{set}/{case}");
            }
        }
    }
    assert!(groups > 80, "only {groups} saved groups");
}
