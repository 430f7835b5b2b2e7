//! What options take and refuse, and calls that fail before anything is sent.

use super::{codec, origin, settings};
use crate::codec::{Codec, Limits};
use crate::message::{SendOptions, TaskMessage, task};
use crate::model::{Result, Route, Status};
use serde_json::Value;

fn message(options: &SendOptions, args: &str, kwargs: &str) -> Result<TaskMessage> {
    task::message(&codec(), &settings(&Value::Null), "task", args, kwargs, options, &origin())
}

fn headers(options: &SendOptions) -> Value {
    serde_json::from_str(&message(options, "", "").unwrap().message.headers).unwrap()
}

fn set(options: &[(&str, &str)]) -> SendOptions {
    let mut set = SendOptions::new();
    for (name, json) in options {
        set.set(name, json).unwrap();
    }
    set
}

#[test]
fn every_option_takes_null() {
    for name in SendOptions::NAMES {
        assert_eq!(set(&[(name, "null")]), SendOptions::new(), "{name}");
    }
    let mut sorted = SendOptions::NAMES.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, SendOptions::NAMES);
}

#[test]
fn wrong_values_say_what_would_be_right() {
    for (name, json, expected) in [
        ("task_id", "5", "a text"),
        ("task_id", "\"\"", "empty"),
        ("root_id", "[]", "a text"),
        ("countdown", "\"10\"", "a number of seconds"),
        ("countdown", "true", "a number of seconds"),
        ("countdown", "NaN", "a number of seconds"),
        ("countdown", "-1e10", "a number of seconds"),
        ("eta", "\"tomorrow\"", "ISO text or as Unix time"),
        ("eta", "\"2026-13-01T00:00:00\"", "ISO text or as Unix time"),
        ("eta", "1e15", "ISO text or as Unix time"),
        // Python writes such an offset, and workers refuse the task for it.
        ("eta", "\"2026-11-22T08:46:01+05:30:15\"", "ISO text or as Unix time"),
        ("expires", "\"soon\"", "from now or a moment"),
        ("expires", "[]", "from now or a moment"),
        ("priority", "-1", "an integer from 0 to 255"),
        ("priority", "256", "an integer from 0 to 255"),
        ("priority", "1.5", "an integer from 0 to 255"),
        ("queue", "\"\"", "not empty"),
        ("queue", "7", "not empty"),
        ("delivery_mode", "3", "persistent"),
        ("delivery_mode", "\"PERSISTENT\"", "persistent"),
        ("serializer", "\"xml\"", "msgpack"),
        ("serializer", "1", "msgpack"),
        ("compression", "\"zip\"", "gzip"),
        ("retries", "-1", "an integer from 0"),
        ("retries", "12345678901234567890", "an integer from 0"),
        ("headers", "[]", "an object"),
        ("headers", r#"{"__type__": "date", "__value__": "2020-01-02"}"#, "an object"),
        ("stamped_headers", "\"x\"", "an array of texts"),
        ("stamped_headers", "[1]", "an array of texts"),
        ("stamps", "[]", "an object"),
        ("time_limit", "-1", "0 or more"),
        ("time_limit", "\"10\"", "0 or more"),
        ("ignore_result", "1", "true or false"),
        ("add_to_parent", "\"yes\"", "true or false"),
        ("shadow", "\"\\ud800\"", "a text"),
        ("link", "\"proj.add\"", "a signature"),
        ("link", "{}", "a signature"),
        ("link", r#"[{"task": "a"}, {"task": 1}]"#, "a signature"),
        ("link_error", r#"{"task": ""}"#, "a signature"),
        ("chain", r#"{"task": "a"}"#, "an array of signatures"),
        ("chord", "[]", "a signature"),
    ] {
        let mut options = set(&[("shadow", "\"s\"")]);
        let error = options.set(name, json).unwrap_err();
        assert_eq!(error.status(), Status::InvalidOption, "{name} {json}: {error}");
        assert!(error.message().contains(expected) && error.message().contains(name), "{error}");
        assert_eq!(options, set(&[("shadow", "\"s\"")]), "{name} {json}");
    }
}

#[test]
fn a_long_wrong_value_is_cut() {
    let json = format!("\"{}\"", "ż".repeat(5000));
    let error = SendOptions::new().set("countdown", &json).unwrap_err();
    assert!(error.message().len() < 250 && error.message().contains('…'), "{error}");
}

#[test]
fn a_bare_text_gets_a_hint() {
    let error = SendOptions::new().set("queue", "urgent").unwrap_err();
    assert_eq!(error.status(), Status::InvalidOption);
    assert!(error.message().contains("double quotes"), "{error}");
}

#[test]
fn unknown_names_come_with_the_nearest() {
    for (name, nearest) in
        [("count_down", "countdown"), ("softtimelimit", "soft_time_limit"), ("exipres", "expires")]
    {
        let error = SendOptions::new().set(name, "1").unwrap_err();
        assert_eq!(error.status(), Status::UnknownOption);
        assert!(error.message().contains(&format!("{nearest:?}")), "{error}");
    }
}

#[test]
fn stamps_and_their_names() {
    let error = message(&set(&[("stamped_headers", "[\"x\"]")]), "", "").unwrap_err();
    assert_eq!(error.status(), Status::InvalidOption);
    assert!(error.message().contains("\"x\""), "{error}");
    let mut options = SendOptions::new();
    options.set_all(r#"{"x": 1, "retries": 2, "stamped_headers": ["x"]}"#).unwrap();
    options.set("x", "[2]").unwrap();
    let headers = headers(&options);
    assert_eq!(headers["stamps"], serde_json::json!({"x": [2]}));
    assert_eq!(headers["retries"], 2);
    assert_eq!(options.set("y", "1").unwrap_err().status(), Status::UnknownOption);
}

#[test]
fn set_all_wants_an_object() {
    for json in ["[]", "1", "{", "\"a\""] {
        let error = SendOptions::new().set_all(json).unwrap_err();
        assert_eq!(error.status(), Status::InvalidOption, "{json}: {error}");
    }
}

#[test]
fn own_options_go_before_others() {
    let own = set(&[("queue", "\"own\""), ("headers", r#"{"a": 1}"#), ("retries", "1")]);
    let others = set(&[
        ("queue", "\"other\""),
        ("headers", r#"{"b": 1}"#),
        ("priority", "3"),
        ("stamps", r#"{"s": 1}"#),
    ]);
    let both = own.or(&others);
    let sent = message(&both, "", "").unwrap();
    assert!(matches!(sent.route, Route::Queue { name, .. } if name == "own"));
    assert_eq!(sent.message.priority, 3);
    let headers = headers(&both);
    assert_eq!(
        (&headers["a"], &headers["b"], &headers["stamps"]),
        (&1.into(), &Value::Null, &serde_json::json!({"s": 1}))
    );
    assert_eq!(own.or(&SendOptions::new()), own);
    assert_eq!(SendOptions::new().or(&own), own);
}

#[test]
fn arguments_that_are_none() {
    for (args, kwargs, place) in [
        ("{}", "", "args"),
        ("", "[]", "kwargs"),
        ("1", "", "args"),
        ("[", "", "args"),
        ("", "{\"a\"}", "kwargs"),
    ] {
        let error = message(&SendOptions::new(), args, kwargs).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{error}");
        assert!(error.message().starts_with(place), "{error}");
    }
    let typed = r#"{"__type__": "date", "__value__": "2020-01-02"}"#;
    assert_eq!(message(&SendOptions::new(), "", typed).unwrap_err().status(), Status::InvalidArgument);
    let no_name =
        task::message(&codec(), &settings(&Value::Null), "", "", "", &SendOptions::new(), &origin());
    assert_eq!(no_name.unwrap_err().status(), Status::InvalidArgument);
}

#[test]
fn too_large_and_too_deep() {
    let small = Codec::new(Limits { payload: 1000, ..Limits::default() });
    let large = format!("[\"{}\"]", "x".repeat(950));
    let sent = |codec: &Codec, args: &str| {
        task::message(codec, &settings(&Value::Null), "t", args, "", &SendOptions::new(), &origin())
    };
    assert_eq!(sent(&small, &large).unwrap_err().status(), Status::TooLarge);
    assert_eq!(sent(&small, &format!("[\"{}\"]", "x".repeat(2000))).unwrap_err().status(), Status::TooLarge);
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(sent(&codec(), &deep).unwrap_err().status(), Status::TooDeep);
}

#[test]
fn what_a_serializer_cannot_hold() {
    for (serializer, args) in [
        ("msgpack", "[18446744073709551616]"),
        ("msgpack", "[\"\\ud800\"]"),
        ("yaml", r#"[{"__type__": "decimal", "__value__": "1.1"}]"#),
    ] {
        let options = set(&[("serializer", &format!("{serializer:?}"))]);
        let error = message(&options, args, "").unwrap_err();
        assert_eq!(error.status(), Status::Encode, "{error}");
        assert!(!error.message().contains("to store"), "{error}");
    }
}

#[test]
fn moments_that_no_datetime_holds() {
    for name in ["countdown", "expires"] {
        let error = message(&set(&[(name, "9e12")]), "", "").unwrap_err();
        assert_eq!(error.status(), Status::InvalidOption, "{error}");
    }
}
