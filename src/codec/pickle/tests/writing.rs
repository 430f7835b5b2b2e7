//! What is written here and read by Python.

use super::text;
use crate::model::{Status, Value};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn value(json: &str) -> Value {
    Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap()
}

fn written(json: &str) -> Vec<u8> {
    super::super::write(&value(json)).unwrap()
}

/// What Python makes of each, as `ascii` shows it.
fn read_by_python(pickles: &[Vec<u8>]) -> Vec<String> {
    let mut python = Command::new("python3")
        .args(["-c", include_str!("written.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    let mut lines = String::new();
    for pickle in pickles {
        for byte in pickle {
            write!(lines, "{byte:02x}").unwrap();
        }
        lines.push('\n');
    }
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let out = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}

const KINDS: &[(&str, &str)] = &[
    ("null", "None"),
    ("[true, false]", "[True, False]"),
    (
        "[0, 255, 256, -1, 2147483648, -9223372036854775808]",
        "[0, 255, 256, -1, 2147483648, -9223372036854775808]",
    ),
    (
        "[9223372036854775808, -123456789012345678901234567890]",
        "[9223372036854775808, -123456789012345678901234567890]",
    ),
    ("[1.5, -0.0, NaN, Infinity, -Infinity, 5e-324]", "[1.5, -0.0, nan, inf, -inf, 5e-324]"),
    (r#"["", "\u017c\ud83d\ude00", "x\ud800y", "\u0000"]"#, r"['', '\u017c\U0001f600', 'x\ud800y', '\x00']"),
    (r#"{"a": [{"a": 1, "b": {}}, {"a": 2, "b": []}]}"#, "{'a': [{'a': 1, 'b': {}}, {'a': 2, 'b': []}]}"),
    (r#"{"__type__": "bytes", "__value__": "\u00e9"}"#, r"b'\xc3\xa9'"),
    (r#"{"__type__": "base64", "__value__": "/wA="}"#, r"b'\xff\x00'"),
    (
        r#"[{"__type__": "datetime", "__value__": "2024-02-29T23:59:58.000001"}, {"__type__": "datetime", "__value__": "2024-02-29T00:00:00Z"}]"#,
        "[datetime.datetime(2024, 2, 29, 23, 59, 58, 1), datetime.datetime(2024, 2, 29, 0, 0, tzinfo=datetime.timezone.utc)]",
    ),
    (
        r#"{"__type__": "time", "__value__": "01:02:03-02:30"}"#,
        "datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=77400)))",
    ),
    (r#"{"__type__": "date", "__value__": "0001-01-01"}"#, "datetime.date(1, 1, 1)"),
    (r#"{"__type__": "decimal", "__value__": "1.10"}"#, "Decimal('1.10')"),
    (
        r#"{"__type__": "uuid", "__value__": {"hex": "12345678123456781234567812345678"}}"#,
        "UUID('12345678-1234-5678-1234-567812345678')",
    ),
    (r#"{"__type__": "nope", "__value__": 1}"#, "{'__type__': 'nope', '__value__': 1}"),
    (r#"{"__type__": "set", "__value__": [1]}"#, "{1}"),
    (r#"{"__type__": "set", "__value__": [[1, [2]]]}"#, "{(1, (2,))}"),
    (
        r#"{"__type__": "set", "__value__": [{"__type__": "frozenset", "__value__": ["a"]}]}"#,
        "{frozenset({'a'})}",
    ),
    (r#"{"__type__": "frozenset", "__value__": []}"#, "frozenset()"),
    (
        r#"{"__type__": "timedelta", "__value__": {"days": -1, "seconds": 5, "microseconds": 7}}"#,
        "datetime.timedelta(days=-1, seconds=5, microseconds=7)",
    ),
    (
        r#"{"__type__": "map", "__value__": [[[1, 2], [3]], [{"__type__": "bytes", "__value__": "k"}, {}]]}"#,
        "{(1, 2): [3], b'k': {}}",
    ),
];

#[test]
fn python_reads_every_kind() {
    let pickles: Vec<Vec<u8>> = KINDS.iter().map(|(json, _)| written(json)).collect();
    let shown = read_by_python(&pickles);
    for ((json, python), shown) in KINDS.iter().zip(shown) {
        assert_eq!(*python, shown, "{json}");
    }
}

#[test]
fn keys_and_long_parts() {
    let keys: Vec<String> = (0..300).map(|index| format!("\"key{index}\": {index}")).collect();
    let map = format!("{{{}}}", keys.join(", "));
    let long = "x".repeat(70_000);
    let shown = read_by_python(&[written(&format!("[{map}, {map}]")), written(&format!("\"{long}\""))]);
    assert_eq!(shown[0], format!("[{map}, {map}]").replace('"', "'"));
    assert_eq!(shown[1], format!("'{long}'"));
    let deep = format!("{}{}", "[".repeat(900), "]".repeat(900));
    assert_eq!(written(&deep).len(), 11 + 3 * 900 + 1);
}

#[test]
fn what_is_written_is_read_again() {
    for (json, _) in KINDS {
        let record = format!(r#"{{"status": "SUCCESS", "result": {json}, "task_id": "t"}}"#);
        let text = text(&written(&record)).unwrap();
        assert_eq!(text.replace("+00:00", "Z"), record);
    }
}

/// The exception that a task ended with is Celery's map in every serializer. One that it returned is an
/// object of its class, which only a Python program has.
#[test]
fn the_map_of_an_exception_is_a_map_and_an_exception_is_none() {
    let map = r#"{"exc_type": "ValueError", "exc_message": ["x"], "exc_module": "builtins"}"#;
    assert_eq!(read_by_python(&[written(map)]), [map.replace('"', "'")]);
    let typed = format!(r#"{{"__type__": "exception", "__value__": {map}}}"#);
    let error = super::super::write(&value(&typed)).unwrap_err();
    assert_eq!(error.status(), Status::Encode);
    assert!(error.message().contains("an exception"), "{error}");
}

#[test]
fn what_python_could_not_read_is_refused() {
    let long = "1".repeat(4301);
    for (json, part) in [
        (long.as_str(), "an integer of 4301 digits"),
        (r#"{"__type__": "name", "__value__": "os.system"}"#, "a Python name"),
        (
            r#"[{"__type__": "object", "__value__": {"class": "C", "args": [], "state": null}}]"#,
            "a Python object",
        ),
        (r#"{"__type__": "set", "__value__": [{}]}"#, "an object as an element"),
        (r#"{"__type__": "map", "__value__": [[[{}], 1]]}"#, "an object as an element"),
    ] {
        let error = super::super::write(&value(json)).unwrap_err();
        assert_eq!(error.status(), Status::Encode);
        assert!(error.message().contains(part), "{error}");
    }
}
