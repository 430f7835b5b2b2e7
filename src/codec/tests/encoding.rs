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
