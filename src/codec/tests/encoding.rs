//! Records as a worker would have stored them.

use super::*;
use crate::model::{Extended, RecordValue};

const TIME: i64 = 1_795_337_161_419_812;

fn encoded(record: &Record) -> String {
    let stored = codec().encode_at(record, TIME).unwrap();
    let text = String::from_utf8(stored.bytes().to_vec()).unwrap();
    let meta = codec().decode(stored).unwrap();
    assert_eq!(meta.state(), &record.state);
    assert_eq!(meta.task_id(), Some(&record.task_id));
    assert_eq!(glance(&text, &record.task_id), (record.state.clone(), true));
    text
}

#[test]
fn success() {
    let mut record = Record::new("t-1", State::Success);
    record.value = RecordValue::Json("{\"a\":1E5,\"ż\":[NaN]}".to_owned());
    record.children = Some(vec![]);
    assert_eq!(
        encoded(&record),
        r#"{"status": "SUCCESS", "result": {"a": 100000.0, "\u017c": [NaN]}, "traceback": null, "children": [], "date_done": "2026-11-22T08:46:01.419812+00:00", "task_id": "t-1"}"#
    );
}

#[test]
fn failure_with_everything() {
    let record = Record {
        value: RecordValue::Exception {
            class: "Outer.InnerError".to_owned(),
            module: "app".to_owned(),
            args: "[\"x\",1]".to_owned(),
        },
        traceback: Some("Traceback\n  \"ż\"\n".to_owned()),
        children: Some(vec![
            task("c", None),
            ResultTuple { members: Some(vec![task("m", None)]), ..task("g", None) },
        ]),
        group_id: Some("g".into()),
        parent_id: Some("p".into()),
        extended: Some(Extended {
            name: Some("app.add".to_owned()),
            args: Some("[1,2]".to_owned()),
            kwargs: Some("{}".to_owned()),
            worker: Some("w@h".to_owned()),
            retries: Some(0),
            queue: None,
        }),
        ..Record::new("t", State::Failure)
    };
    assert_eq!(
        encoded(&record),
        concat!(
            r#"{"status": "FAILURE", "result": {"exc_type": "Outer.InnerError", "exc_message": ["x", 1], "exc_module": "app"}, "#,
            r#""traceback": "Traceback\n  \"\u017c\"\n", "children": [[["c", null], null], [["g", null], [[["m", null], null]]]], "#,
            r#""date_done": "2026-11-22T08:46:01.419812+00:00", "group_id": "g", "parent_id": "p", "name": "app.add", "args": [1, 2], "#,
            r#""kwargs": {}, "worker": "w@h", "retries": 0, "queue": null, "task_id": "t"}"#
        )
    );
}

#[test]
fn unready_states_have_no_date() {
    let mut record = Record::new("t \"ż\"", State::from_name("PROGRESS"));
    record.value = RecordValue::Json("[1]".to_owned());
    record.group_id = Some("".into());
    assert_eq!(
        encoded(&record),
        r#"{"status": "PROGRESS", "result": [1], "traceback": null, "children": null, "date_done": null, "task_id": "t \"\u017c\""}"#
    );
    assert!(codec().encode(&Record::new("t", State::Success)).is_ok());
}

/// What Python's reader of json fails on is not stored as json, wherever it stands.
#[test]
fn json_holds_the_forms_that_kombu_knows() {
    let stored = |json: &str| {
        let value = RecordValue::Json(json.to_owned());
        codec().encode(&Record { value, ..Record::new("t", State::Success) })
    };
    let form = |name: &str, inner: &str| format!(r#"{{"__type__": "{name}", "__value__": {inner}}}"#);
    for (name, inner) in [
        ("datetime", "\"2024-02-29T23:59:58\""),
        ("bytes", "\"x\""),
        // Of names that are nobody's here the user's program may know more.
        ("point", "[1, 2]"),
    ] {
        let json = format!("[{}]", form(name, inner));
        assert!(stored(&json).unwrap().bytes().windows(json.len()).any(|part| part == json.as_bytes()));
    }
    for (name, inner, what) in [
        ("set", "[1]", "a set"),
        ("frozenset", "[]", "a frozenset"),
        ("map", "[[[1], 2]]", "a map with keys of any kind"),
        ("timedelta", r#"{"days": 1, "seconds": 0, "microseconds": 0}"#, "a timedelta"),
        ("object", r#"{"class": "m.C", "args": [], "state": null}"#, "a Python object"),
        ("name", "\"m.f\"", "a Python name"),
        ("exception", r#"{"exc_type": "E"}"#, "an exception"),
        // The reader goes by the name.
        ("set", "1", "a set"),
    ] {
        let form = form(name, inner);
        for (json, place) in [
            (form.clone(), "/result,"),
            (format!("[0, {{\"a/b\": {form}}}]"), "/result/1/a~1b,"),
            // However its keys are spelled.
            (format!("[{}]", form.replace("__type__", "\\u005f_type__")), "/result/0,"),
        ] {
            let error = stored(&json).unwrap_err();
            assert_eq!(error.status(), Status::Encode, "{json}");
            assert!(error.message().contains(&format!("holds {what} at {place} which")), "{error}");
        }
    }
    for json in [
        r#"{"__type__": "set", "__value__": [1], "more": 1}"#,
        r#"{"__type__": "set"}"#,
        r#"["__type__", {"set": "\"__type__\""}]"#,
        r#"{"__type__": 1, "__value__": 2}"#,
    ] {
        assert!(stored(json).is_ok(), "{json}");
    }
    let extended = Extended { args: Some(format!("[{}]", form("set", "[]"))), ..Extended::default() };
    let record = Record { extended: Some(extended), ..Record::new("t", State::Success) };
    let error = codec().encode(&record).unwrap_err();
    assert!(
        error.message().contains("a set at /args/0, which json cannot hold; pickle and yaml can"),
        "{error}"
    );
    // What was run in this process is no record, and nothing is stored.
    let value = RecordValue::Json(form("set", "[1]"));
    let eager = codec().eager(&Record { value, ..Record::new("t", State::Success) }).unwrap();
    assert_eq!(eager.value().unwrap().kind(), crate::model::Kind::Set);
}

#[test]
fn bad_json_names_field_and_place() {
    let base = Record::new("t", State::Success);
    let exception = |args: &str| RecordValue::Exception {
        class: "E".to_owned(),
        module: "m".to_owned(),
        args: args.to_owned(),
    };
    for (record, field, place) in [
        (Record { value: RecordValue::Json("[1,]".to_owned()), ..base.clone() }, "`result`", "byte 3"),
        (Record { value: RecordValue::Json(String::new()), ..base.clone() }, "`result`", "byte 0"),
        (Record { value: exception("[1"), ..base.clone() }, "`exc_message`", "byte 2"),
        (Record { value: exception("\"x\""), ..base.clone() }, "`exc_message`", "array"),
        (
            Record {
                extended: Some(Extended { kwargs: Some("{} {}".to_owned()), ..Extended::default() }),
                ..base.clone()
            },
            "`kwargs`",
            "byte 3",
        ),
    ] {
        let error = codec().encode(&record).unwrap_err();
        assert_eq!(error.status(), Status::Encode);
        assert!(error.message().contains(field) && error.message().contains(place), "{error}");
    }
    let deep = Record { value: RecordValue::Json("[".repeat(2000)), ..base };
    assert_eq!(codec().encode(&deep).unwrap_err().status(), Status::TooDeep);
}
