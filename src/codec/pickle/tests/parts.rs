//! Records of which one part cannot be read: the others can.

use super::*;
use crate::codec::Codec;
use crate::model::{Status, Stored, TaskMeta};
use std::sync::Arc;

fn codec() -> Codec {
    Codec::new(Limits { payload: 1 << 20, depth: 100, ..Limits::default() })
}

/// A FAILURE with this in the place of some of its parts.
fn failure(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let usual = [
        ("status", &b"U\x07FAILURE"[..]),
        ("result", b"c__builtin__\nKeyError\n(U\x01ktR"),
        ("traceback", b"U\x05Trace"),
        ("children", b"]"),
        ("date_done", b"U\x1a2026-01-02T03:04:05.000006"),
        ("args", b"(K\x01t"),
        ("name", b"U\x04work"),
        ("task_id", b"U\x02id"),
    ];
    let mut pickle = b"}".to_vec();
    for (key, value) in usual {
        let value = parts.iter().find(|(part, _)| *part == key).map_or(value, |(_, value)| value);
        pickle.extend([b"U", &[u8::try_from(key.len()).unwrap()], key.as_bytes(), value, b"s"].concat());
    }
    pickle.push(b'.');
    pickle
}

fn decoded(parts: &[(&str, &[u8])]) -> Arc<TaskMeta> {
    codec().decode(Stored::new(failure(parts))).unwrap()
}

fn bad() -> [(Vec<u8>, Status, &'static str); 5] {
    let deep = [b"]".repeat(200), b"a".repeat(199)].concat();
    let mut bomb = b"U\x09lollollol".to_vec();
    bomb.extend(b"2\x86".repeat(30));
    [
        (deep, Status::TooDeep, "max_nesting_depth (100)"),
        (bomb, Status::TooLarge, "max_payload_bytes"),
        (b"]q\x01h\x01a".to_vec(), Status::TooDeep, "recursive"),
        (b"X\x01\0\0\0\xff".to_vec(), Status::Decode, "not UTF-8"),
        ([&b"\x8b\x01\x10\0\0"[..], &[1; 4097]].concat(), Status::TooLarge, "32776 bits"),
    ]
}

#[test]
fn one_bad_part_does_not_take_the_others() {
    for (value, status, why) in bad() {
        let meta = decoded(&[("result", &value)]);
        let error = meta.value().unwrap_err();
        assert_eq!(error.status(), status, "{error}");
        assert!(
            error.message().starts_with("`result` of the record") && error.message().contains(why),
            "{error}"
        );
        assert_eq!(meta.field("result").unwrap_err().status(), status);
        assert_eq!(meta.exception().unwrap().traceback.as_deref(), Some("Trace"));
        assert_eq!(meta.date_done(), Some("2026-01-02T03:04:05.000006"));
        assert_eq!(meta.children().unwrap().unwrap(), []);
        assert_eq!(meta.args().unwrap().unwrap().json(), "[1]");
        assert_eq!((meta.name(), meta.traceback()), (Some("work"), Some("Trace")));
        assert_eq!(meta.keys().count(), 8);
    }
}

#[test]
fn each_bad_part_has_its_own_error() {
    let [(deep, ..), (bomb, ..), (recursive, ..), ..] = bad();
    let meta = decoded(&[("children", &recursive), ("args", &deep), ("traceback", &deep), ("name", &bomb)]);
    assert_eq!(
        meta.value().unwrap().json(),
        r#"{"exc_type": "KeyError", "exc_message": ["k"], "exc_module": "builtins"}"#
    );
    assert!(meta.children().unwrap_err().message().starts_with("`children`"));
    assert_eq!(meta.args().unwrap_err().status(), Status::TooDeep);
    assert_eq!(meta.field("name").unwrap_err().status(), Status::TooLarge);
    assert_eq!((meta.name(), meta.traceback()), (None, None));
    assert!(meta.date_done_time().is_some());
}

/// Where the values need more memory than they may: what is text is found without them.
#[test]
fn texts_need_no_memory() {
    let many = [&b"("[..], &b"]".repeat(2_000_000), b"l"].concat();
    let limits = Limits { payload: 4 << 20, ..Limits::default() };
    let meta = Codec::new(limits).decode(Stored::new(failure(&[("result", &many)]))).unwrap();
    let error = meta.value().unwrap_err();
    assert_eq!(error.status(), Status::TooLarge);
    assert!(error.message().contains("33554432 bytes of memory"), "{error}");
    assert!(meta.children().is_err() && meta.args().is_err());
    assert!(meta.date_done_time().is_some());
    assert_eq!((meta.name(), meta.traceback()), (Some("work"), Some("Trace")));
    assert_eq!(meta.keys().count(), 8);
}

/// Parts that are too large one after the other are work without end: they end the whole record.
#[test]
fn bad_parts_have_a_bound() {
    let [_, (bomb, ..), ..] = bad();
    let parts: Vec<u8> = [&b"U\x01k"[..], &bomb, b"q\x01s"].concat();
    let pickle = [b"}U\x06statusU\x07SUCCESSs", &parts[..], &b"U\x01kh\x01s".repeat(100_000), b"."].concat();
    let meta = codec().decode(Stored::new(pickle)).unwrap();
    assert_eq!(meta.value().unwrap_err().status(), Status::TooLarge);
    assert_eq!(meta.keys().count(), 0);
}

#[test]
fn a_group_is_read_whole_or_not() {
    for (value, status, _) in bad() {
        let group = [&b"}U\x06result"[..], &value, b"s."].concat();
        assert_eq!(codec().group_decode(&Stored::new(group)).unwrap_err().status(), status);
    }
}
