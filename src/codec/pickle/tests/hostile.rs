//! Pickles that nobody should write: each is an error with its place and reason, in bounded time
//! and memory.

use super::*;
use crate::model::Status;

fn refused(value: &[u8], status: Status, part: &str) {
    let record = record(value);
    let error = text(&record).unwrap_err();
    assert_eq!(error.status(), status, "{error}");
    assert!(error.message().contains(part), "{error}");
}

#[test]
fn what_cannot_be_followed_is_named() {
    for (value, part) in [
        (&b"P12\n"[..], "a persistent id"),
        (b"N\x51", "a persistent id"),
        (b"\x82\x07", "extension code 7"),
        (b"\x83\x07\x01", "extension code 263"),
        (b"\x84\0\0\0\x01", "extension code 16777216"),
        (b"\x97", "outside of the record"),
        (b"\xff", "0xff is no opcode"),
        (b"\x80\x06", "protocol 6"),
        (b"B\xff\xff\xff\xff", "4294967295 bytes should follow"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615 bytes should follow"),
        (b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", "bytes should follow"),
        (b"\x8b\xff\xff\xff\xff", "bytes should follow"),
        (b"h\x09", "nothing is kept as number 9"),
        (b"g-1\n", "a number expected"),
        (b"I007\n", "an integer expected"),
        (b"Fx\n", "a float expected"),
        (b"Sx\n", "a text in quotes"),
        (b"cos\nsystem\nK\x01R", "must be a tuple"),
        (b"K\x01)R", "no class or function"),
        (b"K\x01K\x02\x93", "must be text"),
        (b"K\x01}b", "no object"),
        (b"K\x01K\x02a", "none of this kind"),
        (b"(K\x01d", "a key without a value"),
        (b"00000000", "not there"),
        (b"tttt", "not there"),
    ] {
        refused(value, Status::Decode, part);
        assert!(text(&record(value)).unwrap_err().message().contains("at byte"));
    }
    for value in [&b"V\\ud8\n"[..], b"S'\\x'\n", b"X\x01\0\0\0\xff"] {
        refused(value, Status::Decode, "text");
    }
}

#[test]
fn only_a_map_is_a_record() {
    for pickle in [&b"N."[..], b"].", b"", b".", b"(.", b"\x80\x04", b"N}q\x0000h\0."] {
        assert!(outline(pickle).is_err() && text(pickle).is_err(), "{}", pickle.escape_ascii());
    }
    assert!(text(b"}C\x01kNs.").unwrap_err().message().contains("a key"));
    assert_eq!(outline(b"}.").unwrap_err().message(), "the record has no key \"status\"");
}

/// Of two equal keys the last one counts, and what is set on other maps does not.
#[test]
fn the_outline_follows_the_memo() {
    for (pickle, state, id) in [
        (&b"(dS'status'\nS'STARTED'\ns."[..], "STARTED", None),
        (b"}(\x8c\x06status\x8c\x01a\x8c\x06status\x8c\x01bu.", "b", None),
        (
            b"}\x94(\x8c\x06status\x94\x8c\x01a\x94\x8c\x01k}h\x01\x8c\x01bs\x8c\x07task_idh\x02u.",
            "a",
            Some("a"),
        ),
        (b"}q\x07(U\x06statusU\x01aU\x01kh\x07u0h\x07.", "a", None),
        (b"(V\\u0073tatus\nV\\u0061\nd.", "a", None),
    ] {
        let Outline { state: found, task_id } = outline(pickle).unwrap();
        assert_eq!(found, State::from_name(state));
        assert_eq!(matches!(&task_id, TaskId::Text(_)), id.is_some());
        if let TaskId::Text(found) = task_id {
            assert_eq!(Some(found.as_str()), id);
        }
    }
}

#[test]
fn recursion_is_said() {
    for value in [
        &b"]q\0h\0a"[..],
        b"}q\0U\x01kh\0s",
        b"](cown\nC\n)\x81q\0h\0be",
        b"cown\nC\n)\x81q\x00}U\x04selfh\0sb",
        b"cdatetime\ntimezone\n)Rq\0h\0b",
        b"]q\0(h\0h\0h\0e",
        b"\x8fq\0(h\0\x85\x90",
    ] {
        refused(value, Status::TooDeep, "recursive");
    }
    assert!(outline(&record(b"]q\0h\0a")).is_ok());
}

/// Every level twice the one before it.
#[test]
fn shared_parts_cannot_grow_without_bound() {
    let limits = Limits { payload: 1 << 20, ..Limits::default() };
    let assert_bounded = |value: &[u8]| {
        let error = super::super::text(&record(value), &limits).unwrap_err();
        assert_eq!(error.status(), Status::TooLarge, "{error}");
        assert!(outline(&record(value)).is_ok());
    };
    let mut bomb = b"U\x09lollollol".to_vec();
    bomb.extend(b"2\x86".repeat(40));
    assert_bounded(&bomb);
    let mut maps = b"}".to_vec();
    for _ in 0..40 {
        maps.extend(b"q\x010}(U\x01ah\x01U\x01bh\x01u");
    }
    assert_bounded(&maps);
}

#[test]
fn deep_nesting_ends() {
    let deep = [b"]".repeat(500_000), b"a".repeat(499_999)].concat();
    refused(&deep, Status::TooDeep, "max_nesting_depth");
    // A class within a class within a class: a name up to a bound, then calls of getattr.
    let mut within = b"c__builtin__\ngetattr\n(".repeat(400);
    within.extend(b"cown\nC\n");
    within.extend(b"U\x01atR".repeat(400));
    refused(&within, Status::TooDeep, "max_nesting_depth");
}

/// As many elements as a big result has, one by one.
#[test]
fn a_million_elements() {
    let appended = [b"]".as_slice(), &b"K\x01a".repeat(1_000_000)].concat();
    assert_eq!(value(&appended).len(), 3_000_000);
    let nones = [b"(".as_slice(), &b"N".repeat(1_000_000), b"t"].concat();
    assert_eq!(value(&nones).len(), 6_000_000);
}

#[test]
fn huge_integers_have_a_bound() {
    let long = |bytes: usize| {
        [b"\x8b".as_slice(), &u32::try_from(bytes).unwrap().to_le_bytes(), &vec![0x7F; bytes]].concat()
    };
    assert_eq!(value(&long(4096)).len(), 9864);
    refused(&long(4097), Status::TooLarge, "32776 bits");
    assert_eq!(value(b"\x8a\0"), "0");
    assert_eq!(value(b"\x8a\x09\0\0\0\0\0\0\0\0\xff"), "-18446744073709551616");
    assert_eq!(value(b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "-1");
}
