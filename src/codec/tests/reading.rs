//! Looking at and decoding records, well-formed and odd ones.

use super::*;

#[test]
fn a_usual_record() {
    let meta = meta(&usual("{\"a\": [1, 2.5]}"));
    assert_eq!(meta.state(), &State::Success);
    assert_eq!(meta.task_id().unwrap().as_ref(), ID);
    assert_eq!(meta.value().unwrap().pointer("/a/1").unwrap().as_f64().unwrap(), 2.5);
    assert_eq!(meta.children().unwrap(), Some(vec![]));
    assert_eq!(meta.traceback(), None);
    assert!(meta.exception().is_none());
    assert_eq!(meta.date_done(), Some("2026-11-22T08:46:01.419812+00:00"));
    let done = meta.date_done_time().unwrap();
    assert_eq!((done.unix_micros, done.had_offset), (1_795_337_161_419_812, true));
    assert_eq!((meta.name(), meta.worker(), meta.queue(), meta.retries()), (None, None, None, None));
    assert!(meta.args().unwrap().is_none() && meta.kwargs().unwrap().is_none());
    let keys: Vec<String> = meta.keys().collect();
    assert_eq!(keys, ["status", "result", "traceback", "children", "date_done", "task_id"]);
    assert_eq!(meta.stored().bytes(), usual("{\"a\": [1, 2.5]}").as_bytes());
    assert!(!format!("{meta:?}").contains("2.5"));
}

#[test]
fn an_extended_record_with_stamps() {
    let meta = meta(
        r#"{"status": "FAILURE", "result": null, "traceback": "line\n  żółw\n", "children": null,
            "date_done": "2020-01-02T03:04:05", "group_id": "g", "parent_id": "p", "name": "gen.add",
            "args": [1, {"x": 2}], "kwargs": {"k": null}, "worker": "w@h", "retries": 3, "queue": "celery",
            "stamped_headers": ["colour"], "colour": "blue", "task_id": "t"}"#,
    );
    assert_eq!(meta.traceback(), Some("line\n  żółw\n"));
    assert_eq!(meta.children().unwrap(), None);
    assert_eq!(
        meta.date_done_time().map(|done| (done.unix_micros, done.had_offset)),
        Some((1_577_934_245_000_000, false))
    );
    assert_eq!(meta.group_id().map(AsRef::as_ref), Some("g"));
    assert_eq!(meta.parent_id().map(AsRef::as_ref), Some("p"));
    assert_eq!((meta.name(), meta.worker(), meta.queue()), (Some("gen.add"), Some("w@h"), Some("celery")));
    assert_eq!(meta.retries(), Some(3));
    assert_eq!(meta.args().unwrap().unwrap().pointer("/1/x").unwrap().as_i64().unwrap(), 2);
    assert_eq!(meta.kwargs().unwrap().unwrap().json(), r#"{"k": null}"#);
    assert_eq!(meta.field("colour").unwrap().unwrap().as_str().unwrap(), "blue");
    assert!(meta.field("result").unwrap().unwrap().is_null());
    assert!(meta.field("nope").unwrap().is_none());
}

#[test]
fn the_date_may_be_stored_as_a_time() {
    let meta = meta(
        r#"{"status": "SUCCESS", "result": 1, "date_done": {"__type__": "datetime", "__value__": "2020-01-02T03:04:05"}}"#,
    );
    assert_eq!(meta.date_done(), Some("2020-01-02T03:04:05"));
    assert_eq!(meta.date_done_time().map(|done| done.unix_micros), Some(1_577_934_245_000_000));
}

/// As Celery's reader takes it, which is `isoparse`.
#[test]
fn the_date_may_be_any_iso_8601() {
    for (text, expected) in [
        ("20261123T010203Z", Some((1_795_395_723_000_000, true))),
        ("2026-11-23", Some((1_795_392_000_000_000, false))),
        ("2026-11-23T01:02:03+01:00:00", Some((1_795_392_123_000_000, true))),
        ("yesterday", None),
    ] {
        let meta = meta(&format!("{{\"status\": \"SUCCESS\", \"date_done\": \"{text}\"}}"));
        assert_eq!(meta.date_done(), Some(text));
        assert_eq!(meta.date_done_time().map(|done| (done.unix_micros, done.had_offset)), expected, "{text}");
    }
}

#[test]
fn keys_may_be_missing_but_not_status() {
    let least = meta(r#"{"status": "STARTED"}"#);
    assert_eq!(least.state(), &State::Started);
    assert!(least.value().unwrap().is_null());
    assert!(least.field("result").unwrap().is_none());
    assert!(least.children().unwrap().is_none());
    assert_eq!((least.task_id(), least.date_done(), least.traceback()), (None, None, None));
    for (text, part) in [
        ("{}", "\"status\""),
        (r#"{"result": 1}"#, "\"status\""),
        (r#"{"status": null}"#, "\"status\""),
        (r#"{"status": 3}"#, "\"status\""),
        (r#"{"status": "\ud800"}"#, "\"status\""),
        ("[]", "byte 0"),
        ("\"SUCCESS\"", "byte 0"),
        ("null", "byte 0"),
    ] {
        let decoded = codec().decode(Stored::new(text.as_bytes())).unwrap_err();
        let glanced = codec().glance(&Stored::new(text.as_bytes()), ID).unwrap_err();
        assert_eq!((decoded.status(), glanced.status()), (Status::Decode, Status::Decode), "{text}");
        assert!(decoded.message().contains(part), "{decoded}");
    }
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let twice = r#"{"status": "STARTED", "result": 1, "result": 2, "st\u0061tus": "SUCCESS", "task_id": "a", "task_id": "b"}"#;
    let decoded = meta(twice);
    assert_eq!(decoded.state(), &State::Success);
    assert_eq!(decoded.value().unwrap().as_i64().unwrap(), 2);
    assert_eq!(decoded.task_id().unwrap().as_ref(), "b");
    assert_eq!(glance(&twice.replace("\\u0061", "a"), "b"), (State::Success, true));
    assert_eq!(glance(twice, "a"), (State::Success, false));
}

#[test]
fn a_status_inside_the_value_is_not_the_status() {
    let nested = r#"{"status": "FAILURE", "task_id": "other"}"#;
    assert_eq!(glance(&usual(nested), ID), (State::Success, true));
    let spelled_in_text = r#""\", \"status\": \"FAILURE\", \"task_id\": \"x\"}""#;
    assert_eq!(glance(&usual(spelled_in_text), ID), (State::Success, true));
    let first = format!(r#"{{"result": {nested}, "status": "RETRY", "task_id": "{ID}"}}"#);
    assert_eq!(glance(&first, ID), (State::Retry, true));
    let only_nested = format!(r#"{{"result": {nested}, "task_id": "{ID}"}}"#);
    assert!(codec().glance(&Stored::new(only_nested.as_bytes()), ID).is_err());
}

#[test]
fn the_task_id_is_compared() {
    assert_eq!(glance(&usual("1"), ID), (State::Success, true));
    assert_eq!(glance(&usual("1"), "other"), (State::Success, false));
    assert_eq!(glance(&usual("1"), &ID[1..]), (State::Success, false));
    assert_eq!(glance(r#"{"status": "PENDING", "result": null}"#, "any"), (State::Pending, true));
    assert_eq!(glance(r#"{"status": "PENDING", "task_id": null}"#, "null"), (State::Pending, false));
    for (id, stored) in [
        ("a\"b\\", r#""a\"b\\""#),
        ("zażółć", r#""za\u017c\u00f3\u0142\u0107""#),
        ("zażółć", "\"zażółć\""),
        ("plain", r#""pl\u0061in""#),
    ] {
        let record = format!(r#"{{"status": "SUCCESS", "result": 1, "task_id": {stored}}}"#);
        assert_eq!(glance(&record, id), (State::Success, true), "{stored}");
        assert_eq!(glance(&record, "other"), (State::Success, false), "{stored}");
    }
    // The quote before task_id belongs to a longer key.
    let key = r#"{"status": "SUCCESS", "result": 1, "my, \"task_id": "t"}"#;
    assert_eq!(glance(key, "t"), (State::Success, true));
    assert!(meta(key).task_id().is_none());
}

#[test]
fn any_spacing_and_order() {
    let record = format!(" \n{{ \"task_id\":\"{ID}\"\t,\"result\":[ ] , \"status\" : \"my state\" }}\r\n");
    assert_eq!(glance(&record, ID), (State::Custom("my state".into()), true));
    assert_eq!(meta(&record).state().as_str(), "my state");
}

#[test]
fn the_state_is_readable_where_the_value_is_not() {
    let deep = format!("{}{}", "[".repeat(1001), "]".repeat(1001));
    let cases: [(&str, Status); 5] = [
        (&deep, Status::TooDeep),
        ("[1,,2]", Status::Decode),
        ("undefined", Status::Decode),
        ("[}", Status::Decode),
        ("\"\\x\"", Status::Decode),
    ];
    for (result, status) in cases {
        let text = usual(result);
        assert_eq!(glance(&text, ID), (State::Success, true));
        let meta = meta(&text);
        assert_eq!(meta.state(), &State::Success);
        let error = meta.value().unwrap_err();
        assert_eq!(error.status(), status, "{error}");
        assert!(error.message().contains("`result`") && error.message().contains("byte"), "{error}");
        assert_eq!(meta.children().unwrap(), Some(vec![]));
        let failed = self::meta(&text.replace("SUCCESS", "FAILURE"));
        let exception = failed.exception().unwrap();
        assert!(exception.degraded && exception.message.contains("cannot be read"), "{exception}");
    }
    let mut bytes = usual("\"?\"").into_bytes();
    let bad = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[bad] = 0xFF;
    let meta = codec().decode(Stored::new(bytes)).unwrap();
    assert!(meta.value().unwrap_err().message().contains(&format!("not UTF-8 at byte {bad}")));
}

#[test]
fn one_thousand_levels() {
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(meta(&usual(&deep)).value().unwrap().len().unwrap(), 1);
}

#[test]
fn parts_of_another_type_are_left_alone() {
    let odd = meta(
        r#"{"status": "FAILURE", "result": "text", "traceback": {"a": 1}, "children": {"x": 1},
            "date_done": 5, "retries": "many", "args": "(1, 2)", "task_id": 7}"#,
    );
    assert_eq!((odd.traceback(), odd.date_done(), odd.retries(), odd.task_id()), (None, None, None, None));
    assert_eq!(odd.field("traceback").unwrap().unwrap().get_key("a").unwrap().as_i64().unwrap(), 1);
    assert_eq!(odd.args().unwrap().unwrap().as_str().unwrap(), "(1, 2)");
    assert_eq!(odd.children().unwrap_err().status(), Status::Decode);
    assert_eq!(odd.exception().unwrap().message, "Exception: text");
}

#[test]
fn exceptions() {
    let failure = |result: &str| {
        let text = format!(r#"{{"status": "FAILURE", "result": {result}, "traceback": "tb\n"}}"#);
        meta(&text).exception().unwrap()
    };
    for (result, class, module, message, degraded) in [
        (
            r#"{"exc_type": "ValueError", "exc_message": ["x"], "exc_module": "builtins"}"#,
            "ValueError",
            Some("builtins"),
            "ValueError: x",
            false,
        ),
        (
            r#"{"exc_type": "KeyError", "exc_message": ["k"], "exc_module": "builtins"}"#,
            "KeyError",
            Some("builtins"),
            "KeyError: 'k'",
            false,
        ),
        (
            r#"{"exc_type": "ValueError", "exc_message": [], "exc_module": "builtins"}"#,
            "ValueError",
            Some("builtins"),
            "ValueError",
            false,
        ),
        (
            r#"{"exc_type": "Outer.Inner", "exc_message": ["a", 1, null], "exc_module": "app.errors"}"#,
            "Outer.Inner",
            Some("app.errors"),
            "app.errors.Outer.Inner: ('a', 1, None)",
            false,
        ),
        (
            r#"{"exc_type": "FileNotFoundError", "exc_message": [2, "No such file"], "exc_module": "builtins"}"#,
            "FileNotFoundError",
            Some("builtins"),
            "FileNotFoundError: [Errno 2] No such file",
            false,
        ),
        // Celery 4.2 and older.
        (
            r#"{"exc_type": "ValueError", "exc_message": "old text"}"#,
            "ValueError",
            None,
            "ValueError: old text",
            false,
        ),
        (r#"{"exc_type": "ValueError"}"#, "ValueError", None, "ValueError", false),
        (
            r#"{"exc_type": "UnpickleableExceptionWrapper", "exc_message": ["gen", "TwoArgs", ["404", 1], "TwoArgs('404')"], "exc_module": "celery.utils.serialization"}"#,
            "TwoArgs",
            Some("gen"),
            "gen.TwoArgs: ('404', 1)",
            true,
        ),
        (
            r#"{"exc_type": "UnpickleableExceptionWrapper", "exc_message": [1], "exc_module": "celery.utils.serialization"}"#,
            "UnpickleableExceptionWrapper",
            Some("celery.utils.serialization"),
            "celery.utils.serialization.UnpickleableExceptionWrapper: 1",
            true,
        ),
        ("null", "Exception", None, "Exception: FAILURE without a stored exception", true),
        (r#"{"not": "one"}"#, "Exception", None, "Exception: {'not': 'one'}", true),
        ("[1, 2]", "Exception", None, "Exception: [1, 2]", true),
        (
            r#"{"exc_type": 3, "exc_message": []}"#,
            "Exception",
            None,
            "Exception: {'exc_type': 3, 'exc_message': []}",
            true,
        ),
        (
            r#"{"exc_type": "E\ud800", "exc_message": ["\ud800"]}"#,
            "E\\ud800",
            None,
            "E\\ud800: \\ud800",
            false,
        ),
    ] {
        let exception = failure(result);
        assert_eq!((exception.class.as_str(), exception.module.as_deref()), (class, module), "{result}");
        assert_eq!((exception.message.as_str(), exception.degraded), (message, degraded), "{result}");
        assert_eq!(exception.traceback.as_deref(), Some("tb\n"));
    }
    let unwrapped = failure(
        r#"{"exc_type": "UnpickleableExceptionWrapper", "exc_message": ["m", "C", [1], "r"], "exc_module": "celery.utils.serialization"}"#,
    );
    assert_eq!(unwrapped.args.as_ref().unwrap().json(), "[1]");
    assert!(meta(r#"{"status": "SUCCESS", "result": {"exc_type": "ValueError"}}"#).exception().is_none());
    assert!(meta(r#"{"status": "RETRY"}"#).exception().is_some());
}

#[test]
fn tuples() {
    let codec = codec();
    let group =
        ResultTuple { id: "g".into(), parent: Some(Box::new(task("p", None))), members: Some(vec![]) };
    let full = ResultTuple {
        members: Some(vec![task("a", None), task("b\"", Some(group.clone()))]),
        ..group.clone()
    };
    for (json, tuple) in [
        (r#"[["a", null], null]"#, task("a", None)),
        (r#"[["a", [["b", null], null]], null]"#, task("a", Some(task("b", None)))),
        (r#"[["g", [["p", null], null]], []]"#, group),
        (
            r#"[["g", [["p", null], null]], [[["a", null], null], [["b\"", [["g", [["p", null], null]], []]], null]]]"#,
            full,
        ),
    ] {
        assert_eq!(codec.tuple(json).unwrap(), tuple, "{json}");
        assert_eq!(codec.tuple_json(&tuple), json);
    }
    assert_eq!(codec.tuple(r#"["old", null]"#).unwrap(), task("old", None));
    assert_eq!(codec.tuple(r#"["g", [["m", null], ["n", []]]]"#).unwrap().members.unwrap().len(), 2);
    for json in [
        "[]",
        "null",
        r#"["a"]"#,
        r#"[["a"], null]"#,
        "[[1, null], null]",
        r#"[["a", null], 3]"#,
        r#"[["a", "p"], null]"#,
        r#"[["a", null], [3]]"#,
        r#"[["\ud800", null], null]"#,
    ] {
        let error = codec.tuple(json).unwrap_err();
        assert_eq!(error.status(), Status::Decode, "{json}");
        assert!(error.message().contains("tuple form"), "{error}");
    }
}

#[test]
fn chains_of_parents_are_bounded() {
    let chain = |length: usize| {
        let mut tuple = task("0", None);
        for _ in 1..length {
            tuple = task("n", Some(tuple));
        }
        tuple
    };
    let codec = Codec::new(Limits { payload: 64 << 20, depth: 1_000_000, ..Limits::default() });
    let json = codec.tuple_json(&chain(1000));
    assert_eq!(codec.tuple(&json).unwrap(), chain(1000));
    let json = codec.tuple_json(&chain(1001));
    assert_eq!(codec.tuple(&json).unwrap_err().status(), Status::TooDeep);
}

/// Whatever is wrong with a record, its bytes can be had.
#[test]
fn an_error_holds_the_record_that_it_is_about() {
    let codec = Codec::new(Limits { payload: 10_000, depth: 10, ..Limits::default() });
    let too_large = usual(&format!("\"{}\"", "x".repeat(20_000)));
    for bytes in [
        &b""[..],
        b"no record",
        b"\xFF\xFE",
        b"{\"status\": 3}",
        b"\0celery-compressed\0application/x-snappy\0data",
        b"\0celery-compressed\0application/x-gzip\0data",
        too_large.as_bytes(),
    ] {
        let stored = Stored::new(bytes);
        let errors = [
            codec.glance(&stored, ID).unwrap_err(),
            codec.decode(stored.clone()).unwrap_err(),
            codec.group_decode(&stored).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.record(), Some(&stored), "{error}");
        }
    }
    for result in [format!("{}1{}", "[".repeat(20), "]".repeat(20)), "nope".to_owned()] {
        let meta = codec.decode(Stored::new(usual(&result).as_bytes())).unwrap();
        assert_eq!(meta.value().unwrap_err().record(), Some(meta.stored()));
        assert_eq!(meta.field("result").unwrap_err().record(), Some(meta.stored()));
    }
    let group = codec.group_decode(&Stored::new(&b"{\"result\": 1}"[..])).unwrap_err();
    assert_eq!(group.record().unwrap().bytes(), b"{\"result\": 1}");
    let children = usual("1").replace("[]", "[7]");
    let meta = codec.decode(Stored::new(children.as_bytes())).unwrap();
    assert_eq!(meta.children().unwrap_err().record(), Some(meta.stored()));
    assert_eq!(codec.value("nope").unwrap_err().record(), None);
}

#[test]
fn the_size_is_bounded() {
    let small = Codec::new(Limits { payload: 100, depth: 10, ..Limits::default() });
    let text = usual("1");
    let error = small.decode(Stored::new(text.as_bytes())).unwrap_err();
    assert_eq!(error.status(), Status::TooLarge);
    assert!(error.message().contains("max_payload_bytes allows 100"), "{error}");
    assert_eq!(small.glance(&Stored::new(text.as_bytes()), ID).unwrap_err().status(), Status::TooLarge);
}
