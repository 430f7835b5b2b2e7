//! Small records are read another way than large ones; what comes out of them is the same.

use super::*;
use crate::model::Error;

/// Everything that can be asked, with the places in errors.
fn all(text: &str) -> Vec<String> {
    let shown = |error: &Error| {
        let end = format!("at byte {}", text.len());
        format!("{:?} {}", error.status(), error.message().replace(&end, "at the end"))
    };
    let meta = match codec().decode(Stored::new(text.as_bytes())) {
        Ok(meta) => meta,
        Err(error) => return vec![shown(&error)],
    };
    let value = |value: Result<Value>| match value {
        Ok(value) => format!("{} {:?}", value.json(), value.kind()),
        Err(error) => shown(&error),
    };
    let field = |name: &str| meta.field(name).transpose().map_or_else(|| "absent".to_owned(), value);
    let mut all =
        vec![meta.state().to_string(), value(meta.value()), meta.keys().collect::<Vec<_>>().join(" ")];
    all.extend(["status", "result", "children", "task_id"].map(field));
    all.extend(meta.date_done().map(str::to_owned));
    all
}

#[test]
fn a_result_is_the_same_in_a_small_record_and_in_a_large_one() {
    let room = " ".repeat(1000);
    let deep = format!("{}1{}", "[".repeat(30), "]".repeat(30));
    let long = format!("[{}]", vec!["1"; 40].join(", "));
    for result in [
        "1",
        "-0",
        "01",
        "1x",
        "1 x",
        "1.5e3",
        "-",
        "+1",
        "null",
        "nul",
        "nulll",
        "true",
        "NaN",
        "-Infinity",
        "\"a\"",
        "\"a\\\"b\"",
        "\"a\\x\"",
        "\"a\nb\"",
        "\"é\\ud800\"",
        "\"a",
        "\"1234567\"",
        "\"12345678\"",
        "[]",
        "[1,]",
        "[1 2]",
        "[1, {\"a\": []}]",
        "{}",
        "{\"a\": 1,}",
        "{\"a\" 1}",
        "{1: 2}",
        "[1}",
        "[",
        "]",
        "",
        ",",
        "}",
        "{\"a\": \"}\"}",
        &deep,
        &long,
        "{\"exc_type\": \"ValueError\", \"exc_message\": [\"x\"], \"exc_module\": \"builtins\"}",
        "\u{0}",
        "1\t",
    ] {
        for record in [
            usual(result),
            usual(result).replace("\"result\"", "\"resu\\u006ct\""),
            format!("{{\"result\":{result},\"status\":\"FAILURE\",\"result\" : 7}}"),
            format!("{{\"result\" : 7,\"status\":\"FAILURE\",\"result\":{result}}}"),
            format!("{{\"result\" : 7,\"status\":\"FAILURE\",\"r\\u0065sult\":{result} ,\"x\":{result}}}"),
        ] {
            // Behind all else, so that every place is the same.
            assert_eq!(all(&record), all(&format!("{record}{room}")), "{record}");
        }
    }
    assert_eq!(all(&usual(&long))[1], format!("{long} Array"));
}

#[test]
fn keys_are_the_same_in_any_order_and_spelling() {
    let keys = ["status", "result", "traceback", "children", "date_done", "task_id"];
    let members: Vec<_> = keys.iter().map(|key| format!("\"{key}\": \"{key}\"")).collect();
    for first in 0..6 {
        for spelled in [": ", ":", " :", "\n:\t"] {
            let mut order = members.clone();
            order.rotate_left(first);
            order.insert(first, "\"statu\": 1".to_owned());
            let record = format!("{{{}}}", order.join(",")).replace(": ", spelled);
            let meta = meta(&record);
            let mut found: Vec<_> = meta.keys().collect();
            found.sort_unstable();
            assert_eq!(found, ["children", "date_done", "result", "statu", "status", "task_id", "traceback"]);
            for key in keys {
                assert_eq!(meta.field(key).unwrap().unwrap().as_str().unwrap(), key, "{record}");
            }
        }
    }
    let error = codec().decode(Stored::new(b"{\"status\":\"SUCCESS\",\"result\" 1}".as_slice())).unwrap_err();
    assert!(error.message().contains("\"result\"") && error.message().contains("a colon"), "{error}");
}
