//! Exceptions of every shape (`exceptions.json`): as a failed task's and as a value inside of another,
//! against what Python shows of them.

use crate::{codec, load};
use celery_result::model::{Kind, RemoteException, Stored, Value as Decoded};
use serde_json::Value;

/// What `repr` shows otherwise, because it needs what is not stored: that an argument was a tuple,
/// that a `JSONDecodeError` puts its arguments into one text.
const OTHER_REPR: [&str; 4] = ["indentation", "json_decode", "json_decode_line", "syntax"];

fn cases(kind: &str) -> Vec<(String, Value)> {
    let all = load("exceptions.json");
    let cases: Vec<_> = all[kind].as_object().unwrap().clone().into_iter().collect();
    assert!(!cases.is_empty());
    cases
}

fn value(json: &str) -> Decoded {
    codec().value(json).unwrap()
}

fn typed(map: &str) -> Decoded {
    value(&format!("{{\"__type__\": \"exception\", \"__value__\": {map}}}"))
}

fn text<'a>(view: &'a Value, key: &str) -> &'a str {
    view[key].as_str().unwrap()
}

/// The exception of a failed task whose `result` is this map.
fn failed(map: &str) -> RemoteException {
    let record = format!(r#"{{"status": "FAILURE", "result": {map}, "task_id": "t"}}"#);
    let meta = codec().decode(Stored::new(record.into_bytes())).unwrap();
    meta.exception().unwrap().as_ref().clone()
}

#[test]
fn raised_exceptions_read_as_python_shows_them() {
    for (case, view) in cases("raised") {
        let map = text(&view, "map");
        for exception in [
            failed(map),
            failed(typed(map).json()),
            RemoteException::from_value(&value(map)).unwrap(),
            RemoteException::from_value(&typed(map)).unwrap(),
        ] {
            assert_eq!(exception.class, text(&view, "class"), "{case}");
            assert_eq!(exception.module.as_deref(), view["module"].as_str(), "{case}");
            assert_eq!(exception.message, text(&view, "line"), "{case}");
            assert_eq!(exception.degraded, view["degraded"] == true, "{case}");
        }
    }
}

#[test]
fn exceptions_as_values_are_shown_as_python_does() {
    let mut other = Vec::new();
    for (case, view) in cases("raised") {
        if view["degraded"] == true {
            continue;
        }
        let exception = typed(text(&view, "map"));
        assert_eq!(exception.kind(), Kind::Exception, "{case}");
        assert_eq!(exception.python_str(), text(&view, "text"), "{case}");
        if exception.python_repr() != text(&view, "repr") {
            other.push(case);
        }
    }
    other.sort_unstable();
    assert_eq!(other, OTHER_REPR);
}

#[test]
fn maps_of_old_and_foreign_writers_read_as_celery_reads_them() {
    for (case, view) in cases("stored") {
        let exception = failed(text(&view, "map"));
        assert_eq!(exception.class, text(&view, "class"), "{case}");
        let shown = exception.message.split_once(": ").unwrap().1;
        assert_eq!(shown, text(&view, "text"), "{case}");
        assert!(!exception.degraded, "{case}");
    }
}

#[test]
fn what_is_no_exception() {
    for json in [
        "null",
        "1",
        "\"ValueError\"",
        "[]",
        "{}",
        r#"{"exc_type": "ValueError"}"#,
        r#"{"exc_type": 1, "exc_message": []}"#,
        r#"{"exc_type": "ValueError", "exc_message": [], "more": 1}"#,
        r#"{"__type__": "object", "__value__": {"class": "m.C", "args": [], "state": null}}"#,
    ] {
        assert!(RemoteException::from_value(&value(json)).is_none(), "{json}");
    }
    for (json, message) in [
        ("null", "Exception: FAILURE without a stored exception"),
        ("\"text\"", "Exception: text"),
        (r#"{"exc_message": ["x"]}"#, "Exception: {'exc_message': ['x']}"),
        (r#"{"exc_type": ["x"]}"#, "Exception: {'exc_type': ['x']}"),
        (r#"{"__type__": "set", "__value__": [1]}"#, "Exception: {1}"),
    ] {
        let exception = failed(json);
        assert_eq!((exception.message.as_str(), exception.degraded), (message, true), "{json}");
    }
}

#[test]
fn files_of_an_os_error_are_found_among_its_attributes_too() {
    let map = |state: &str| {
        format!(
            r#"{{"exc_type": "FileNotFoundError", "exc_message": [2, "No"], "exc_module": "builtins", "exc_state": {state}}}"#
        )
    };
    for (state, message) in [
        (r#"{"filename": "a"}"#, "FileNotFoundError: [Errno 2] No: 'a'"),
        (r#"{"filename": "a", "filename2": "b"}"#, "FileNotFoundError: [Errno 2] No: 'a' -> 'b'"),
        (r#"{"filename": null}"#, "FileNotFoundError: [Errno 2] No"),
        ("null", "FileNotFoundError: [Errno 2] No"),
    ] {
        assert_eq!(failed(&map(state)).message, message);
        assert_eq!(RemoteException::from_value(&typed(&map(state))).unwrap().message, message);
    }
}

#[test]
fn members_of_a_group_are_exceptions_too() {
    let all = load("exceptions.json");
    let group = failed(text(&all["raised"]["group"], "map"));
    assert_eq!(group.message, "ExceptionGroup: grp (2 sub-exceptions)");
    let args = group.args.unwrap();
    let inner = |pointer: &str| RemoteException::from_value(&args.pointer(pointer).unwrap()).unwrap();
    assert_eq!(inner("/1/0").message, "ValueError: a");
    assert_eq!(inner("/1/1").message, "ExceptionGroup: sub (1 sub-exception)");
    assert_eq!(inner("/1/1/exc_message/1/0").message, "TypeError: 1");
}
