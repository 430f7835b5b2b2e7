//! Records of msgpack, to text and back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::codec::limits::Bounds;
use crate::codec::{Limits, outline::TaskId};
use crate::model::{State, Value};

/// The whole text of a record.
fn text(bytes: &[u8], limits: &Limits) -> Result<String> {
    super::text(bytes, &Bounds::new(limits, bytes.len()))?.whole()
}

fn json(bytes: &[u8]) -> String {
    text(bytes, &Limits::default()).unwrap()
}

fn packed(json: &str) -> Result<Vec<u8>> {
    write(&Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap())
}

#[test]
fn read_and_written_again() {
    for (text, bytes) in [
        ("null", &b"\xc0"[..]),
        ("[true, false]", b"\x92\xc3\xc2"),
        ("[0, 127, 128, 255, 256]", b"\x95\x00\x7f\xcc\x80\xcc\xff\xcd\x01\x00"),
        ("[65535, 65536]", b"\x92\xcd\xff\xff\xce\x00\x01\x00\x00"),
        ("[4294967295, 4294967296]", b"\x92\xce\xff\xff\xff\xff\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        ("18446744073709551615", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("[-1, -32, -33, -128, -129]", b"\x95\xff\xe0\xd0\xdf\xd0\x80\xd1\xff\x7f"),
        ("[-32768, -32769]", b"\x92\xd1\x80\x00\xd2\xff\xff\x7f\xff"),
        ("-9223372036854775808", b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        ("1.5", b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"),
        ("-0.0", b"\xcb\x80\x00\x00\x00\x00\x00\x00\x00"),
        ("[Infinity]", b"\x91\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"),
        (r#""\u017c\ud83d\ude00""#, b"\xa6\xc5\xbc\xf0\x9f\x98\x80"),
        (r#"{"a": {}, "b": []}"#, b"\x82\xa1a\x80\xa1b\x90"),
        (r#"{"__type__": "bytes", "__value__": "ab"}"#, b"\xc4\x02ab"),
        (r#"{"__type__": "base64", "__value__": "/w=="}"#, b"\xc4\x01\xff"),
    ] {
        assert_eq!(json(bytes), text);
        assert_eq!(packed(text).unwrap(), bytes, "{text}");
    }
}

#[test]
fn lengths_take_their_smallest_form() {
    for (length, head) in [
        (31, &b"\xbf"[..]),
        (32, b"\xd9\x20"),
        (255, b"\xd9\xff"),
        (256, b"\xda\x01\x00"),
        (65_536, b"\xdb\x00\x01\x00\x00"),
    ] {
        let text = format!("\"{}\"", "x".repeat(length));
        let bytes = packed(&text).unwrap();
        assert!(bytes.starts_with(head), "{length}");
        assert_eq!(json(&bytes), text);
    }
    for (length, head) in [(15, &b"\x9f"[..]), (16, b"\xdc\x00\x10"), (65_536, b"\xdd\x00\x01\x00\x00")] {
        let text = format!("[{}]", vec!["1"; length].join(", "));
        let bytes = packed(&text).unwrap();
        assert!(bytes.starts_with(head), "{length}");
        assert_eq!(json(&bytes), text);
    }
}

#[test]
fn keys_as_python_dumps_them() {
    assert_eq!(
        json(
            b"\x87\x01\x00\xff\x00\xc0\x00\xc3\x00\xc2\x00\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\x00\xa1a\x00"
        ),
        r#"{"1": 0, "-1": 0, "null": 0, "true": 0, "false": 0, "1.5": 0, "a": 0}"#
    );
    assert_eq!(
        json(b"\x82\xa1a\x81\xa1b\x01\xc4\x01x\x80"),
        r#"{"__type__": "map", "__value__": [["a", {"b": 1}], [{"__type__": "bytes", "__value__": "x"}, {}]]}"#
    );
    assert_eq!(json(b"\x81\x92\x01\x80\x90"), r#"{"__type__": "map", "__value__": [[[1, {}], []]]}"#);
}

#[test]
fn what_msgpack_cannot_hold() {
    for (json, named) in [
        ("[18446744073709551616]", "an integer of more than 64 bits"),
        ("-9223372036854775809", "an integer of more than 64 bits"),
        (r#""\ud800""#, "a lone surrogate"),
        (r#"{"\ud800": 1}"#, "a lone surrogate"),
        (r#"{"a": {"__type__": "datetime", "__value__": "2024-02-29T23:59:58"}}"#, "a datetime"),
        (r#"{"__type__": "decimal", "__value__": "1.1"}"#, "a decimal"),
    ] {
        let error = packed(json).unwrap_err();
        assert_eq!(error.status(), Status::Encode);
        assert!(error.message().contains(named) && error.message().contains("msgpack"), "{error:?}");
    }
}

#[test]
fn the_outline_needs_no_value() {
    let record = b"\x83\xa6status\xa7SUCCESS\xa6result\x91\xa1\xff\xa7task_id\xa1x";
    let found = outline(record).unwrap();
    assert_eq!(found.state, State::Success);
    assert!(matches!(found.task_id, TaskId::Text(id) if id == "x"));
    let error = text(record, &Limits::default()).unwrap_err();
    assert_eq!(
        (error.status(), error.message()),
        (Status::Decode, "the msgpack record at byte 25: UTF-8 in a text expected")
    );
    for length in 0..record.len() {
        assert!(outline(&record[..length]).is_err());
        assert!(text(&record[..length], &Limits::default()).is_err());
    }
    assert!(outline(b"\x93\x01\x02\x03").is_err());
    assert!(outline(b"\x81\xa6status\xa7SUCCESS\x00").is_err());
}

#[test]
fn promises_are_not_believed() {
    for head in [
        &b"\xdf\xff\xff\xff\xff"[..],
        b"\xdd\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    ] {
        assert_eq!(text(head, &Limits::default()).unwrap_err().status(), Status::Decode);
    }
    let nest = [vec![0x91; 1001], vec![0xc0]].concat();
    assert_eq!(text(&nest, &Limits::default()).unwrap_err().status(), Status::TooDeep);
    assert_eq!(json(&nest[1..]).len(), 2 * 1000 + 4);
    let wide = [&b"\xdd\x01\x00\x00\x00"[..], &vec![0xcb; 9 << 20]].concat();
    let limits = Limits { payload: 1 << 20, ..Limits::default() };
    assert_eq!(text(&wide, &limits).unwrap_err().status(), Status::Decode);
}
