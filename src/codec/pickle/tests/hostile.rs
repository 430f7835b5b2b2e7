//! Pickles that nobody should write: each is an error with its place and reason, in bounded time
//! and memory.

use super::*;
use crate::codec::Codec;
use crate::model::{Status, Stored};

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

/// Also where nothing but the bytes says that it is a pickle.
#[test]
fn a_cut_pickle_is_named() {
    for whole in [
        &b"(dp0\nVstatus\np1\nVSUCCESS\np2\nsVresult\np3\nV12:30\np4\ns."[..],
        b"}q\0(X\x06\0\0\0statusq\x01X\x07\0\0\0SUCCESSq\x02X\x01\0\0\0:K\x01u.",
        b"\x80\x02}q\0X\x06\0\0\0statusq\x01X\x07\0\0\0SUCCESSq\x02s.",
        b"\x80\x04\x95\x15\0\0\0\0\0\0\0}\x94\x8c\x06status\x94\x8c\x07SUCCESS\x94s.",
    ] {
        let codec = Codec::new(Limits::default());
        assert!(codec.glance(&Stored::new(whole), "t").is_ok());
        for length in 2..whole.len() {
            let error = codec.glance(&Stored::new(&whole[..length]), "t").unwrap_err();
            assert!(error.message().starts_with("the record, a pickle, at byte"), "{length}: {error}");
        }
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
        let error = within(&record(value), &limits).unwrap_err();
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

/// Each refers a hundred thousand times to texts of a megabyte: a look at them with every reference would
/// take hours.
#[test]
fn shared_texts_are_not_read_once_per_reference() {
    const COUNT: usize = 100_000;
    let limits = Limits { payload: 4 << 20, ..Limits::default() };
    let long = "s".repeat(1 << 20);
    let counted = |opcode: u8| {
        [&[opcode][..], &u32::try_from(long.len()).unwrap().to_le_bytes(), long.as_bytes()].concat()
    };
    let line = format!("V\\u0073{long}\n").into_bytes();
    let quoted = format!("S'\\x73{long}'\n").into_bytes();
    let python2 = counted(b'T');
    let foreign = [&b"T\x04\0\x10\0\xff\xff\xff\xff"[..], long.as_bytes()].concat();
    let class = |module: &str, name: &str| format!("c{module}\n{name}\n").into_bytes();
    let kept = |value: &[u8], number: u8| [value, b"q", &[number], b"0"].concat();

    // As keys, of one map and of many; as the state.
    for text in [&line, &quoted, &python2, &foreign] {
        let keys = [kept(text, 1), [&b"}("[..], &b"h\x01N".repeat(COUNT), b"u"].concat()].concat();
        assert_eq!(within(&record(&keys), &limits).unwrap_err().status(), Status::TooLarge);
        let outermost = [&b"}("[..], text, b"q\x01NU\x06statusU\x07SUCCESS", &b"h\x01N".repeat(COUNT), b"u."];
        assert_eq!(outline(&outermost.concat()).unwrap().state, State::Success);
        let again = b"h\x02h\x01".repeat(COUNT);
        let states =
            [&b"}(U\x06statusq\x02"[..], text, b"q\x01", &again, b"U\x06statusU\x07SUCCESSu."].concat();
        assert_eq!(outline(&states).unwrap().state, State::Success);
        let error = within(&states, &limits).unwrap_err();
        assert_eq!(error.status(), Status::TooLarge);
    }

    // Where they are never written.
    let owner =
        [class("__builtin__", "getattr"), b"(".to_vec(), class("own", "C"), counted(b'X'), b"tR".to_vec()];
    let base = [class("own", &long), class("own", "C"), class("copy_reg", "_reconstructor")].concat();
    let base = [&base, &b"q\x030q\x020q\x010"[..]].concat();
    let state = [&b"}("[..], &line, b"q\x04N", &b"h\x04N".repeat(12), b"U\x03intK\x07u"].concat();
    let uuid = [kept(&class("uuid", "UUID"), 1), kept(&state, 2)].concat();
    let rebuilt = class("celery.backends.base", "unpickle_backend");
    let rebuilt = [kept(&rebuilt, 1), kept(&owner.concat(), 2)].concat();
    for (start, each, text) in [
        (&base, &b"h\x03(h\x02h\x01NtR"[..], r#""class": "own.C", "args": [null]"#),
        (&uuid, b"h\x01)\x81h\x02b", r#"{"hex": "00000000000000000000000000000007"}"#),
        (&rebuilt, b"h\x01h\x02\x85R", r#""class": "celery.backends.base.unpickle_backend""#),
    ] {
        let objects = [&start[..], b"(", &each.repeat(COUNT), b"l"].concat();
        assert_eq!(value(&objects).matches(text).count(), COUNT);
    }
}
