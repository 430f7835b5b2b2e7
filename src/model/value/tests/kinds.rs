//! The kinds that JSON has not, beyond kombu's: recognised, walked through, shown.

use super::*;

#[test]
fn typed_forms_beyond_kombus_are_recognised() {
    let exception = r#"{"exc_type": "E", "exc_message": [], "exc_module": "m", "exc_state": {"code": 1}}"#;
    let object = r#"{"class": "m.C", "args": [1], "state": null, "kwargs": {}, "items": [], "entries": []}"#;
    for (name, inner, kind, len) in [
        ("set", "[1, 2]", Kind::Set, Some(2)),
        ("frozenset", "[]", Kind::Set, Some(0)),
        ("map", "[[[1], 2], [\"k\", null]]", Kind::Map, Some(2)),
        ("map", "[]", Kind::Map, Some(0)),
        ("timedelta", r#"{"microseconds": 3, "days": -1, "seconds": 2}"#, Kind::TimeDelta, None),
        ("name", "\"m.f\"", Kind::PythonName, None),
        ("object", r#"{"class": "m.C", "args": [], "state": 1}"#, Kind::PythonObject, Some(3)),
        ("object", object, Kind::PythonObject, Some(6)),
        ("exception", exception, Kind::Exception, Some(4)),
        ("exception", r#"{"exc_type": "\ud800"}"#, Kind::Exception, Some(1)),
    ] {
        let form = typed(name, inner);
        assert_eq!(form.kind(), kind, "{name} {inner}");
        let (type_name, raw) = form.typed_parts().unwrap();
        assert_eq!((type_name, raw.json()), (name, inner));
        assert_eq!(form.len().ok(), len, "{name} {inner}");
        assert_eq!(form.json_strict().is_ok(), !inner.contains("ud800"));
    }
}

#[test]
fn what_does_not_fit_a_form_of_ours_stays_data() {
    let object = |members: &str| typed("object", &format!("{{{members}}}"));
    for form in [
        typed("set", "{}"),
        typed("frozenset", "\"a\""),
        typed("map", "{}"),
        typed("map", "[[1, 2], [1]]"),
        typed("map", "[[1, 2], {\"a\": 1, \"b\": 2}]"),
        typed("map", "[[1, 2, 3]]"),
        typed("map", &format!("[{}[1, 2, 3]]", "[1, 2], ".repeat(100))),
        typed("map", &format!("[{}7]", "[1, 2], ".repeat(100))),
        typed("timedelta", "1"),
        typed("timedelta", r#"{"days": 1, "seconds": 2}"#),
        typed("timedelta", r#"{"days": 1, "seconds": 86400, "microseconds": 0}"#),
        typed("timedelta", r#"{"days": 1.0, "seconds": 0, "microseconds": 0}"#),
        typed("timedelta", r#"{"days": 1, "seconds": 0, "microseconds": 0, "weeks": 1}"#),
        typed("name", "\"\""),
        typed("name", "[]"),
        object(r#""class": "m.C", "args": []"#),
        object(r#""class": "", "args": [], "state": null"#),
        object(r#""class": "m.C", "args": {}, "state": null"#),
        object(r#""class": "m.C", "args": [], "state": null, "kwargs": []"#),
        object(r#""class": "m.C", "args": [], "state": null, "items": {}"#),
        object(r#""class": "m.C", "args": [], "state": null, "entries": [1]"#),
        object(r#""class": "m.C", "args": [], "state": null, "more": 1"#),
        typed("exception", "[]"),
        typed("exception", r#"{"exc_message": []}"#),
        typed("exception", r#"{"exc_type": 1}"#),
        typed("exception", r#"{"exc_type": "E", "more": 1}"#),
    ] {
        assert_eq!(form.kind(), Kind::Object, "{}", form.json());
        assert!(form.typed_parts().is_none());
        assert!(form.get_key("__type__").is_ok());
    }
}

#[test]
fn navigation_goes_through_the_typed_form() {
    let set = typed("set", "[1, [2, 3]]");
    assert_eq!(set.pointer("/1/0").unwrap().json(), "2");
    assert_eq!(set.get(1).unwrap().json(), "[2, 3]");
    assert_eq!(set.iter().unwrap().map(|(key, _)| key.is_none()).collect::<Vec<_>>(), [true, true]);
    assert_eq!(status(set.key(0)), Status::WrongType);
    assert_eq!(status(set.get_key("__type__")), Status::WrongType);
    assert_eq!(status(set.pointer("/__value__")), Status::NoSuchValue);
    assert!(set.get(2).unwrap_err().message().contains("a set with 2 elements"));

    let map = typed("map", r#"[[[1, "a"], {"in": 5}], ["k", 1], [null, 2], ["k", [3]], [7, 4]]"#);
    assert_eq!(map.key(0).unwrap().json(), "[1, \"a\"]");
    assert_eq!(map.get(0).unwrap().get_key("in").unwrap().as_i64().unwrap(), 5);
    assert_eq!(map.get_key("k").unwrap().json(), "[3]");
    assert_eq!(map.pointer("/k/0").unwrap().json(), "3");
    assert_eq!(status(map.get_key("7")), Status::NoSuchValue);
    assert_eq!(status(map.pointer("/7")), Status::NoSuchValue);
    let keys: Vec<String> = map.iter().unwrap().map(|(key, _)| key.unwrap().json().to_owned()).collect();
    assert_eq!(keys, ["[1, \"a\"]", "\"k\"", "null", "\"k\"", "7"]);

    let object = typed("object", r#"{"class": "m.C", "args": [[8]], "state": {"x": 9}}"#);
    assert_eq!(object.pointer("/args/0/0").unwrap().json(), "8");
    assert_eq!(object.pointer("/state/x").unwrap().json(), "9");
    assert_eq!(object.get_key("class").unwrap().as_str().unwrap(), "m.C");
    let exception =
        typed("exception", r#"{"exc_type": "E", "exc_message": ["a"], "exc_state": {"code": 4}}"#);
    assert_eq!(exception.key(0).unwrap().as_str().unwrap(), "exc_type");
    assert_eq!(exception.pointer("/exc_state/code").unwrap().json(), "4");
    assert_eq!(value(&format!("[{}]", set.json())).pointer("/0/1/1").unwrap().json(), "3");
}

#[test]
fn timedeltas_and_names() {
    let timedelta =
        |days: i64| typed("timedelta", &format!(r#"{{"days": {days}, "seconds": 2, "microseconds": 3}}"#));
    assert_eq!(timedelta(1).as_timedelta_micros().unwrap(), 86_402_000_003);
    assert_eq!(timedelta(-1).as_str().unwrap(), "-1 day, 0:00:02.000003");
    assert_eq!(timedelta(1).python_str(), "1 day, 0:00:02.000003");
    assert_eq!(status(timedelta(999_999_999).as_timedelta_micros()), Status::Overflow);
    assert_eq!(status(value("1").as_timedelta_micros()), Status::WrongType);
    assert_eq!(status(typed("time", "\"00:00:00\"").as_timedelta_micros()), Status::WrongType);
    assert_eq!(typed("name", "\"m.C.f\"").as_str().unwrap(), "m.C.f");
    assert_eq!(status(typed("set", "[]").as_str()), Status::WrongType);
    assert_eq!(status(typed("name", "\"m.f\"").as_bytes()), Status::WrongType);
}

#[test]
fn a_million_elements_behind_a_typed_form() {
    const COUNT: usize = 1_000_000;
    let set = typed("set", &format!("[{}7]", "7,".repeat(COUNT - 1)));
    let map = typed("map", &format!("[{}[[0], 0]]", "[[7], 7], ".repeat(COUNT - 1)));
    let kwargs = r#"{"class": "m.C", "args": [7], "state": null}"#;
    let object = typed("object", &kwargs.replace("[7]", &format!("[{}7]", "7,".repeat(COUNT - 1))));
    assert_eq!((set.len().unwrap(), map.len().unwrap(), object.len().unwrap()), (COUNT, COUNT, 3));
    let args = object.get_key("args").unwrap();
    // Would take hours if recognising the form took a look at each element.
    for index in (0..COUNT - 1).step_by(100) {
        assert_eq!(set.get(index).unwrap().json(), "7");
        assert_eq!((map.key(index).unwrap().json(), map.get(index).unwrap().json()), ("[7]", "7"));
        assert_eq!((object.kind(), args.get(index).unwrap().json()), (Kind::PythonObject, "7"));
    }
    assert_eq!(map.iter().unwrap().filter(|(key, _)| key.is_some()).count(), COUNT);
    assert_eq!(map.python_repr().len(), "(7,): 7, ".len() * COUNT);
}

#[test]
fn exceptions_in_exceptions_are_shown_at_any_depth() {
    let levels = 50_000;
    let start = r#"{"__type__":"exception","__value__":{"exc_type":"E","exc_message":["#;
    let json = format!("{}\"x\"{}", start.repeat(levels), "]}}".repeat(levels));
    let nested = Value::check(json.as_bytes().into(), 0, json.len(), levels * 3).unwrap();
    assert_eq!(nested.python_str(), "x");
    assert_eq!(nested.python_repr(), format!("{}'x'{}", "E(".repeat(levels), ")".repeat(levels)));
}
