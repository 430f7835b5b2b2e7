//! `saferepr` of many values, cut to many lengths, as Celery's own shows them.

use super::{codec, rows};
use crate::codec::spell;
use crate::message::saferepr::{Arrays, shown};

#[test]
fn values_are_shown_as_celery_shows_them() {
    let rows = rows(include_str!("saferepr.json"));
    assert!(rows.len() > 1500);
    for row in rows {
        let (json, python) = (row[0].as_str().unwrap(), row[2].as_str().unwrap());
        let longest = usize::try_from(row[1].as_u64().unwrap()).unwrap();
        let value = codec().value(json).unwrap();
        let mut ours = String::new();
        assert!(spell::raw_text(&shown(&value, longest, Arrays::Lists), &mut ours));
        assert_eq!(ours, python, "{json} cut to {longest}");
    }
}

#[test]
fn what_json_itself_does_not_have() {
    let typed = |name: &str, inner: &str| format!(r#"{{"__type__": "{name}", "__value__": {inner}}}"#);
    for (name, inner, python) in [
        ("set", "[1]", "{1}"),
        ("set", "[]", "set()"),
        ("frozenset", "[[1, [2]]]", "frozenset({(1, (2,))})"),
        ("map", r#"[[[1, "a"], 2], [3, [4]]]"#, "{(1, 'a'): 2, 3: [4]}"),
        ("set", "[[[[[1]]]]]", "{(((...,),),)}"),
    ] {
        let value = codec().value(&typed(name, inner)).unwrap();
        assert_eq!(String::from_utf8(shown(&value, 1024, Arrays::Lists)).unwrap(), python);
    }
}

#[test]
fn a_tuple_with_lists_in_it() {
    for (json, python) in [
        ("[]", "()"),
        ("[0]", "(0,)"),
        ("[[1], {\"a\": [2]}]", "([1], {'a': [2]})"),
        ("[[[[1]]]]", "([[[...]]],)"),
    ] {
        let value = codec().value(json).unwrap();
        assert_eq!(String::from_utf8(shown(&value, 1024, Arrays::Tuple)).unwrap(), python);
    }
}

#[test]
fn much_is_not_walked_through() {
    let many = format!("[{}1]", "[1, 2], ".repeat(200_000));
    let value = codec().value(&many).unwrap();
    let text = String::from_utf8(shown(&value, 20, Arrays::Lists)).unwrap();
    assert_eq!(text, "[[1, 2], [1, 2], [1, , ...]]");
    let deep = format!("{}{}", "[".repeat(900), "]".repeat(900));
    let value = codec().value(&deep).unwrap();
    assert_eq!(shown(&value, 1024, Arrays::Lists), b"[[[[...]]]]");
}
