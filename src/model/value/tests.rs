//! Values as their users see them. Kinds that are not kombu's are in `kinds`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp)]

use super::*;
use crate::model::Status;

mod kinds;

fn value(json: &str) -> Value {
    Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap()
}

fn typed(name: &str, inner: &str) -> Value {
    value(&format!(r#"{{"__type__": "{name}", "__value__": {inner}}}"#))
}

fn status<T: fmt::Debug>(result: Result<T>) -> Status {
    result.unwrap_err().status()
}

#[test]
fn kinds() {
    for (json, kind) in [
        ("null", Kind::Null),
        ("true", Kind::Bool),
        ("-0", Kind::Int),
        ("100000000000000000000000", Kind::Int),
        ("1.5", Kind::Float),
        ("1E5", Kind::Float),
        ("-Infinity", Kind::Float),
        ("NaN", Kind::Float),
        ("\"\"", Kind::String),
        (" [] ", Kind::Array),
        ("{}", Kind::Object),
    ] {
        assert_eq!(value(json).kind(), kind, "{json}");
    }
}

#[test]
fn typed_forms_are_recognised() {
    for (name, inner, kind) in [
        ("datetime", "\"2024-02-29T23:59:58\"", Kind::DateTime),
        ("date", "\"2024-02-29\"", Kind::Date),
        ("time", "\"23:59:58.5\"", Kind::Time),
        ("decimal", "\"1.10\"", Kind::Decimal),
        ("uuid", r#"{"hex": "12345678123456781234567812345678"}"#, Kind::Uuid),
        ("bytes", "\"\"", Kind::Bytes),
        ("base64", "\"AA==\"", Kind::Bytes),
    ] {
        let form = typed(name, inner);
        assert_eq!(form.kind(), kind, "{name}");
        let (type_name, raw) = form.typed_parts().unwrap();
        assert_eq!((type_name, raw.json()), (name, inner));
        assert_eq!(status(form.len()), Status::WrongType);
    }
    let swapped = value(r#"{"__value__": "2024-02-29", "__type__": "date"}"#);
    assert_eq!(swapped.as_str().unwrap(), "2024-02-29");
}

#[test]
fn what_does_not_fit_a_type_stays_data() {
    for form in [
        typed("nope", "1"),
        typed("datetime", "\"yesterday\""),
        typed("date", "20240229"),
        typed("uuid", "\"12345678123456781234567812345678\""),
        typed("uuid", r#"{"hex": "123"}"#),
        typed("base64", "\"A\""),
        typed("bytes", r#""\ud800""#),
        typed("decimal", "\"one\""),
        value(r#"{"__type__": "date", "__value__": "2020-01-02", "x": 1}"#),
        value(r#"{"__type__": "date"}"#),
        value(r#"{"__type__": ["date"], "__value__": "2020-01-02"}"#),
    ] {
        assert_eq!(form.kind(), Kind::Object, "{}", form.json());
        assert!(form.typed_parts().is_none());
        assert!(form.get_key("__type__").is_ok());
    }
}

#[test]
fn integers() {
    assert_eq!(value("-9223372036854775808").as_i64().unwrap(), i64::MIN);
    assert_eq!(value("18446744073709551615").as_u64().unwrap(), u64::MAX);
    assert_eq!(value("-0").as_u64().unwrap(), 0);
    assert_eq!(status(value("9223372036854775808").as_i64()), Status::Overflow);
    assert_eq!(status(value("-1").as_u64()), Status::Overflow);
    assert_eq!(status(value("1.0").as_i64()), Status::WrongType);
    assert_eq!(status(value("true").as_i64()), Status::WrongType);
    let huge = "1".repeat(5000);
    let error = value(&huge).as_i64().unwrap_err();
    assert!(error.message().contains("(5000 digits)") && error.message().len() < 200, "{error}");
    assert!(value("9223372036854775808").as_i64().unwrap_err().message().contains("9223372036854775808"));
}

#[test]
fn floats() {
    assert_eq!(value("1E5").as_f64().unwrap(), 1e5);
    assert_eq!(value("3").as_f64().unwrap(), 3.0);
    assert_eq!(value("9007199254740993").as_f64().unwrap(), 9_007_199_254_740_992.0);
    assert_eq!(value("-Infinity").as_f64().unwrap(), f64::NEG_INFINITY);
    assert!(value("NaN").as_f64().unwrap().is_nan());
    assert_eq!(status(value(&"9".repeat(400)).as_f64()), Status::Overflow);
    assert_eq!(status(value("\"1\"").as_f64()), Status::WrongType);
}

#[test]
fn texts_and_bytes() {
    assert!(matches!(value("\"plain\"").as_str().unwrap(), Cow::Borrowed("plain")));
    assert_eq!(value(r#""\u017c\ud83d\ude00""#).as_str().unwrap(), "ż😀");
    assert_eq!(*value("\"ż\"").as_bytes().unwrap(), *"ż".as_bytes());
    let lone = value(r#""x\ud800y""#);
    assert_eq!(status(lone.as_str()), Status::NotUtf8);
    assert_eq!(status(lone.as_bytes()), Status::NotUtf8);
    assert_eq!(*lone.as_wtf8().unwrap(), *b"x\xED\xA0\x80y");
    assert_eq!(*typed("base64", "\"/wA=\"").as_bytes().unwrap(), *b"\xff\0");
    assert_eq!(*typed("bytes", "\"h\\u00e9\"").as_bytes().unwrap(), *"hé".as_bytes());
    assert_eq!(status(typed("base64", "\"/wA=\"").as_str()), Status::WrongType);
    assert_eq!(status(typed("date", "\"2020-01-02\"").as_bytes()), Status::WrongType);
    let uuid = typed("uuid", r#"{"hex": "12345678123456781234567812345678"}"#);
    assert_eq!(uuid.as_str().unwrap(), "12345678-1234-5678-1234-567812345678");
    assert_eq!(status(value("[]").as_str()), Status::WrongType);
}

#[test]
fn navigation() {
    let all = value(
        r#" { "a" : [1, {"b": [], "c/d": 2, "~": 3}, "x"] , "": 4, "a\u0062": 5, "dup": 1, "dup": 2 } "#,
    );
    assert_eq!(all.len().unwrap(), 5);
    assert_eq!(all.key(2).unwrap().as_str().unwrap(), "ab");
    assert_eq!(all.get(1).unwrap().as_i64().unwrap(), 4);
    assert_eq!(all.get_key("dup").unwrap().as_i64().unwrap(), 2);
    for (pointer, json) in [
        ("/a/0", "1"),
        ("/a/1/c~1d", "2"),
        ("/a/1/~0", "3"),
        ("/", "4"),
        ("/ab", "5"),
        ("/a/2", "\"x\""),
        ("/a/1/b", "[]"),
    ] {
        assert_eq!(all.pointer(pointer).unwrap().json(), json, "{pointer}");
    }
    assert_eq!(all.pointer("").unwrap().json(), all.json());
    for pointer in ["/b", "/a/3", "/a/-", "/a/01", "/a/+1", "/a/x", "/a/0/0", "/a/99999999999999999999"] {
        let error = all.pointer(pointer).unwrap_err();
        assert_eq!(error.status(), Status::NoSuchValue, "{pointer}");
        assert!(error.message().contains(pointer), "{error}");
    }
    for pointer in ["a", "/~", "/~2"] {
        assert_eq!(status(all.pointer(pointer)), Status::InvalidArgument, "{pointer}");
    }
    assert_eq!(status(all.get(5)), Status::NoSuchValue);
    assert_eq!(status(value("[1]").key(0)), Status::WrongType);
    assert_eq!(status(value("3").iter().map(|_| ())), Status::WrongType);
}

#[test]
fn iteration_gives_keys_and_order() {
    let object = value(r#"{"b": 1, "a": [2, [3]], "\ud800": null}"#);
    let seen: Vec<(String, String)> = object
        .iter()
        .unwrap()
        .map(|(key, item)| (key.unwrap().json().to_owned(), item.json().to_owned()))
        .collect();
    let expected = [("\"b\"", "1"), ("\"a\"", "[2, [3]]"), ("\"\\ud800\"", "null")];
    assert_eq!(seen, expected.map(|(key, item)| (key.to_owned(), item.to_owned())));
    assert_eq!(value("[]").iter().unwrap().count(), 0);
    assert_eq!(value("{ }").iter().unwrap().count(), 0);
    assert_eq!(value("[ ]").len().unwrap(), 0);
}

#[test]
fn values_outlive_their_parents() {
    let inner = value(r#"{"a": {"b": "deep"}}"#).pointer("/a/b").unwrap();
    assert_eq!(inner.as_str().unwrap(), "deep");
}

#[test]
fn strict_json() {
    let fine = r#"{"a": [1e400, "\ud83d\ude00", "\u0000", 123456789012345678901234567890]}"#;
    assert_eq!(value(fine).json_strict().unwrap(), fine);
    for (json, path) in [
        ("NaN", "\"\""),
        (r#"{"a": [1, {"b/c~": -Infinity}]}"#, "\"/a/1/b~1c~0\""),
        (r#"[[], {}, "\ud800"]"#, "\"/2\""),
        (r#"{"ok": 1, "\ude00": 2}"#, "\"/\\\\ude00\""),
        (r#"[{"__type__": "set", "__value__": [1, {"a": NaN}]}]"#, "\"/0/1/a\""),
        (r#"{"__type__": "map", "__value__": [["k", NaN]]}"#, "\"/k\""),
        (r#"{"__type__": "map", "__value__": [[[1, NaN], 2]]}"#, "\"/[1, NaN]\""),
    ] {
        let error = value(json).json_strict().unwrap_err();
        assert_eq!(error.status(), Status::NotJson);
        assert!(error.message().contains(path), "{error}");
    }
    let part = value(r#"[NaN, {"fine": true}]"#).get(1).unwrap();
    assert_eq!(part.json_strict().unwrap(), r#"{"fine": true}"#);
}

#[test]
fn deserialize_into_rust_types() {
    let map: std::collections::BTreeMap<String, Vec<i64>> =
        value(r#"{"a": [1, 2], "b": []}"#).deserialize().unwrap();
    assert_eq!(map["a"], [1, 2]);
    assert_eq!(status(value("[1]").deserialize::<String>()), Status::WrongType);
    assert_eq!(status(value("[NaN]").deserialize::<Vec<f64>>()), Status::NotJson);
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    assert_eq!(status(value(&deep).deserialize::<serde_json::Value>()), Status::TooDeep);
}

#[test]
fn depth_is_bounded_where_it_wnested_set() {
    let deep = |levels: usize| format!("{}1{}", "[{\"k\":".repeat(levels / 2), "}]".repeat(levels / 2));
    let inner = value(&deep(1000)).pointer(&"/0/k".repeat(500)).unwrap();
    assert_eq!(inner.as_i64().unwrap(), 1);
    let text = deep(1002);
    let error = Value::check(text.as_bytes().into(), 0, text.len(), 1000).unwrap_err();
    assert_eq!(error.error("it", Status::Decode).status(), Status::TooDeep);
    assert!(error.to_string().contains("max_nesting_depth (1000)"), "{error}");
    let text = deep(200_000);
    let very_deep = Value::check(text.as_bytes().into(), 0, text.len(), 200_000).unwrap();
    assert_eq!(very_deep.python_repr().len(), text.len() + 100_000);
    assert!(very_deep.json_strict().is_ok());
}

#[test]
fn a_million_elements_by_iteration_and_by_index() {
    const COUNT: usize = 1_000_000;
    let flat = value(&format!("[{}7]", "7,".repeat(COUNT - 1)));
    // One container, and a mark for every 64th element: nothing per element.
    assert_eq!(flat.document.notes(), (1, COUNT.div_ceil(64) - 1));
    let row = r#"{"id": 1, "tags": ["a", "]"], "sub": {"x": [1, 2]}}"#;
    let nested = value(&format!("[{}{row}]", format!("{row}, ").repeat(COUNT - 1)));
    assert_eq!(nested.document.notes(), (1, COUNT.div_ceil(64) - 1));
    for all in [&flat, &nested] {
        assert_eq!(all.len().unwrap(), COUNT);
        assert_eq!(all.iter().unwrap().count(), COUNT);
        let last = all.get(COUNT - 1).unwrap();
        assert_eq!(last.span.1, all.span.1 - 1);
        assert_eq!(status(all.get(COUNT)), Status::NoSuchValue);
    }
    // Would take hours if every index were counted from the start.
    let sum: i64 = (0..COUNT).step_by(10).map(|index| flat.get(index).unwrap().as_i64().unwrap()).sum();
    assert_eq!(sum, 700_000);
    assert_eq!(nested.pointer("/999999/sub/x/1").unwrap().as_i64().unwrap(), 2);
}

#[test]
fn indexes_agree_with_iteration_around_the_marks() {
    for count in [0, 1, 63, 64, 65, 127, 128, 129, 200] {
        let list =
            value(&format!("[{}]", (0..count).map(|n| format!("[{n}]")).collect::<Vec<_>>().join(" , ")));
        let map = value(&format!(
            "{{{}}}",
            (0..count).map(|n| format!("\"k{n}\":{{\"v\":{n}}}")).collect::<Vec<_>>().join(",")
        ));
        assert_eq!((list.len().unwrap(), map.len().unwrap()), (count, count));
        for (index, (_, item)) in list.iter().unwrap().enumerate() {
            assert_eq!(list.get(index).unwrap().json(), item.json());
            assert_eq!(item.json(), format!("[{index}]"));
        }
        for index in 0..count {
            assert_eq!(map.key(index).unwrap().as_str().unwrap(), format!("k{index}"));
            assert_eq!(map.get(index).unwrap().json(), format!("{{\"v\":{index}}}"));
        }
        assert_eq!(status(list.get(count)), Status::NoSuchValue);
    }
}

#[test]
fn bad_text_is_refused_with_its_place() {
    for (json, position) in [
        ("", 0),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("{\"a\":1,}", 7),
        ("{1:2}", 1),
        ("{\"a\" 1}", 5),
        ("tru", 0),
        ("+1", 0),
        ("01", 1),
        ("\"\u{1}\"", 1),
        ("[1]]", 3),
        ("'a'", 0),
        ("[-]", 2),
        ("-Inf", 0),
    ] {
        let error = Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap_err();
        assert_eq!(error.position, position, "{json}: {error}");
    }
    let error = Value::check(b"[\"a\xff\"]"[..].into(), 0, 6, 1000).unwrap_err();
    assert_eq!((error.position, error.problem), (3, syntax::Problem::NotUtf8));
}

#[test]
fn values_are_for_any_thread() {
    fn any_thread<T: Send + Sync + 'static>(_: &T) {}
    any_thread(&value("1"));
    any_thread(&value("[]").iter().unwrap());
    let held = value("{\"a\": [1, 2]}").get_key("a").unwrap();
    let sum =
        std::thread::spawn(move || held.iter().unwrap().map(|(_, item)| item.as_i64().unwrap()).sum::<i64>());
    assert_eq!(sum.join().unwrap(), 3);
}

#[test]
fn debug_hides_the_content() {
    assert_eq!(format!("{:?}", value("[\"secret\"]")), "Value(Array, 10 bytes)");
}
