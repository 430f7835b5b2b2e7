//! Records of yaml, to text and back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::codec::{Limits, outline::TaskId};
use crate::model::{State, Value};

/// The whole text of a record.
fn text(bytes: &[u8], limits: &Limits) -> Result<String> {
    super::text(bytes, &Bounds::new(limits, bytes.len()))?.whole()
}

fn try_json(yaml: &str) -> Result<String> {
    text(yaml.as_bytes(), &Limits::default())
}

fn json(yaml: &str) -> String {
    try_json(yaml).unwrap_or_else(|error| format!("{yaml}: {error:?}"))
}

fn dumped(json: &str) -> Result<String> {
    let value = Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap();
    write(&value).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn read_as_safe_load_does() {
    for (yaml, text) in [
        ("", "null"),
        ("a: 1\nb:\n- x\n- ~\n- []\n", r#"{"a": 1, "b": ["x", null, []]}"#),
        (
            "[yes, Off, 1_0.5, .inf, -.inf, .nan, 1e5, 0x1F, 1:30]",
            r#"[true, false, 10.5, Infinity, -Infinity, NaN, "1e5", 31, 90]"#,
        ),
        ("['yes', \"1\", ! '12', !!str 12, !!float 1]", r#"["yes", "1", 12, "12", 1.0]"#),
        (
            "{1: a, 1.5: b, true: c, null: d, =: e}",
            r#"{"1": "a", "1.5": "b", "true": "c", "null": "d", "=": "e"}"#,
        ),
        (
            "2024-02-29 23:59:58.000001+02:00",
            r#"{"__type__": "datetime", "__value__": "2024-02-29T23:59:58.000001+02:00"}"#,
        ),
        ("2024-02-29", r#"{"__type__": "date", "__value__": "2024-02-29"}"#),
        ("!!binary |\n  /w\n  ==\n", r#"{"__type__": "base64", "__value__": "/w=="}"#),
        ("!!set {a, b}", r#"{"__type__": "set", "__value__": ["a", "b"]}"#),
        ("!!omap [a: 1, b: {c: 2}]", r#"[["a", 1], ["b", {"c": 2}]]"#),
        ("!!pairs [a: 1, a: [2]]", r#"[["a", 1], ["a", [2]]]"#),
        (
            "{2024-02-29: 1, a: {b: 2}}",
            r#"{"__type__": "map", "__value__": [[{"__type__": "date", "__value__": "2024-02-29"}, 1], ["a", {"b": 2}]]}"#,
        ),
        ("[&a [1], *a, {*a : *a}]", r#"[[1], [1], {"__type__": "map", "__value__": [[[1], [1]]]}]"#),
        ("&a x: *a", r#"{"x": "x"}"#),
        (
            r#"["\ud800\uDC00", "\/\N\L\P", "a\
            b"]"#,
            r#"["\ud800\udc00", "/\u0085\u2028\u2029", "ab"]"#,
        ),
        ("%YAML 1.1\n---\na: |\n  x\n   y\nb: >-\n  x\n  y\n...\n", r#"{"a": "x\n y\n", "b": "x y"}"#),
        ("a: |\n  x", r#"{"a": "x"}"#),
    ] {
        assert_eq!(json(yaml), text);
    }
}

#[test]
fn merged_as_safe_load_does() {
    for (yaml, text) in [
        ("{<<: {a: 1, b: 2}, a: 3, c: 4}", r#"{"a": 3, "b": 2, "c": 4}"#),
        ("{a: 1, <<: [{a: 2, z: 1}, {z: 9, q: 1}], <<: {k: 1}}", r#"{"z": 1, "q": 1, "a": 1, "k": 1}"#),
        (
            "- &a {x: 1}\n- &b {<<: *a, y: 2}\n- {<<: [*b, *a], z: 3}",
            r#"[{"x": 1}, {"x": 1, "y": 2}, {"x": 1, "y": 2, "z": 3}]"#,
        ),
        ("!!set {<<: {a, b}, c}", r#"{"__type__": "set", "__value__": ["a", "b", "c"]}"#),
    ] {
        assert_eq!(json(yaml), text);
    }
}

#[test]
fn what_safe_load_refuses() {
    for yaml in [
        "a: b: c",
        "[",
        "- 1\n--- 2",
        "a\n---\nb",
        "!!python/tuple [1]",
        "!foo x",
        "!!set [a]",
        "!!map [1]",
        "!!seq {a: 1}",
        "!!str [1]",
        "!!map x",
        "{a: *b}",
        "&a [*a]",
        "&a {b: &c [*a]}",
        "[<<]",
        "=",
        "2024-13-01",
        "0x_",
        "!!bool maybe",
        "!!binary AAE",
        "{<<: x}",
        "{<<: [x]}",
        "!!omap [{a: 1, b: 2}]",
        "!!omap [a]",
        "a: \u{1}",
        "\"\\ud800\u{10D800}\u{FD800}\"",
    ] {
        let error = try_json(yaml).unwrap_err();
        assert_eq!(error.status(), Status::Decode, "{yaml}: {error:?}");
    }
}

#[test]
fn bombs_are_bounded() {
    let limits = Limits { payload: 1 << 20, ..Limits::default() };
    let refused = |yaml: &str| text(yaml.as_bytes(), &limits).unwrap_err().status();
    let laughs = |open: &str, close: &str| {
        let mut yaml = format!("- &a0 {open}x: 1, y: 2{close}\n").replace("[x: 1, y: 2]", "[x, x]");
        for level in 1..40 {
            let before = vec![format!("*a{}", level - 1); 10].join(", ");
            let line = match open {
                "[" => format!("- &a{level} [{before}]\n"),
                _ => format!("- &a{level} {{<<: [{before}], k{level}: 1}}\n"),
            };
            yaml.push_str(&line);
        }
        yaml
    };
    assert_eq!(refused(&laughs("[", "]")), Status::TooLarge);
    // Equal keys are merged as they come, so this one stays small.
    assert!(text(laughs("{", "}").as_bytes(), &limits).unwrap().len() < 1 << 16);
    let wide: Vec<String> = (0..20_000).map(|key| format!("k{key}: 1")).collect();
    let merges = vec!["*a"; 20_000].join(", ");
    assert_eq!(refused(&format!("- &a {{{}}}\n- {{<<: [{merges}]}}", wide.join(", "))), Status::TooLarge);
    // A long key that is merged again and again, which the text has twice.
    let key = "k".repeat(100_000);
    let merges = vec!["*a"; 100].join(", ");
    assert_eq!(refused(&format!("- &a {{? {key} : 1}}\n- {{<<: [{merges}]}}")), Status::TooLarge);
    assert_eq!(refused(&"- a\n".repeat(40_000)), Status::TooLarge);
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let nested = |depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
        assert_eq!(refused(&nested(1001)), Status::TooDeep, "{open}");
        assert_eq!(refused(&nested(100_000)), Status::TooDeep, "{open}");
    }
    assert_eq!(json(&("[".repeat(1000) + &"]".repeat(1000))).len(), 2000);
    let chain: Vec<String> = (1..100_000).map(|at| format!("- &a{at} {{<<: *a{}}}\n", at - 1)).collect();
    let chain = chain.concat();
    assert!(json(&format!("- &a0 {{x: 1}}\n{chain}")).starts_with(r#"[{"x": 1}, {"x": 1}"#));
}

#[test]
fn the_outline_needs_no_value() {
    let found = |yaml: &str| outline(yaml.as_bytes(), &Bounds::new(&Limits::default(), yaml.len()));
    let record = "result:\n  status: FAILURE\n  a: !foo [&x {b: 0x_}, *x]\nstatus: SUCCESS\ntask_id: 'x'\n";
    let seen = found(record).unwrap();
    assert_eq!(seen.state, State::Success);
    assert!(matches!(seen.task_id, TaskId::Text(id) if id == "x"));
    assert!(try_json(record).unwrap_err().message().contains("\"!foo\""));
    let deep = format!("result: {}{}\nstatus: STARTED\n", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(found(&deep).unwrap().state, State::Started);
    assert!(matches!(found("{status: SUCCESS, task_id: 5}").unwrap().task_id, TaskId::Other));
    for yaml in ["status: 1", "a: b", "[status, SUCCESS]", "", "status: SUCCESS\n---\n", "status: SUCCESS\n]"]
    {
        assert_eq!(found(yaml).unwrap_err().status(), Status::Decode, "{yaml}");
    }
}

#[test]
fn written_and_read_again() {
    for (json_text, yaml) in [
        ("null", "null\n"),
        ("{}", "{}\n"),
        (r#"{"b": [1, -2.5, {"c": {}}], "a": "SUCCESS"}"#, "a: SUCCESS\nb: [1, -2.5, {c: {}}]\n"),
        (
            r#"["yes", "null", "1", "", "a b", "- x", "1e5", "it's"]"#,
            "[\"yes\", \"null\", \"1\", \"\", \"a b\", \"- x\", \"1e5\", \"it's\"]\n",
        ),
        (
            "[NaN, Infinity, -Infinity, 1e+16, 5e-324, 1.5e-07, 0.1]",
            "[.nan, .inf, -.inf, 1.0e+16, 5.0e-324, 1.5e-07, 0.1]\n",
        ),
        (
            r#"["\u017c\ud83d\ude00\u0000\u0085\u2028\n\t\r\"\\\ud800"]"#,
            "[\"\\u017C\\U0001F600\\x00\\x85\\u2028\\n\\t\\r\\\"\\\\\\uD800\"]\n",
        ),
        (r#"{"x": {"__type__": "base64", "__value__": "/w=="}}"#, "x: !!binary \"/w==\"\n"),
        (r#"[{"__type__": "date", "__value__": "2024-02-29"}]"#, "[2024-02-29]\n"),
        (
            r#"[{"__type__": "datetime", "__value__": "2024-02-29T23:59:58.000001+02:00"}]"#,
            "[2024-02-29 23:59:58.000001+02:00]\n",
        ),
        (r#"[{"__type__": "set", "__value__": ["a", 1, null]}]"#, "[!!set {a: null, 1: null, null: null}]\n"),
        (
            r#"[{"__type__": "map", "__value__": [[{"__type__": "date", "__value__": "2024-02-29"}, [1]], ["a", 2]]}]"#,
            "[{2024-02-29: [1], a: 2}]\n",
        ),
        ("123456789012345678901234567890", "123456789012345678901234567890\n"),
    ] {
        assert_eq!(dumped(json_text).unwrap(), yaml);
        if !json_text.starts_with("{\"b\"") {
            assert_eq!(json(yaml), json_text);
        }
    }
    let key = "k".repeat(5000);
    for json_text in [format!("{{\"{key}\": {{\"{key}\": 1}}}}"), format!("[{{\"{key}\": [1]}}]")] {
        assert_eq!(json(&dumped(&json_text).unwrap()), json_text);
    }
}

#[test]
fn what_yaml_cannot_hold() {
    for (json, named) in [
        (r#"{"a": {"__type__": "time", "__value__": "23:59:58"}}"#, "a time"),
        (r#"{"__type__": "decimal", "__value__": "1.1"}"#, "a decimal"),
        (r#"{"__type__": "datetime", "__value__": "2024-02-29T23:59:58+01:02:03"}"#, "seconds in its offset"),
        (r#"{"__type__": "set", "__value__": [[1]]}"#, "an array as a key or in a set"),
        (
            r#"{"__type__": "timedelta", "__value__": {"days": 1, "seconds": 0, "microseconds": 0}}"#,
            "a timedelta",
        ),
    ] {
        let error = dumped(json).unwrap_err();
        assert_eq!(error.status(), Status::Encode);
        assert!(error.message().contains(named) && error.message().contains("yaml"), "{error:?}");
    }
}
