//! Records of msgpack and yaml of which one part cannot be read: the others can. Pickle has such tests
//! of its own.

use super::*;
use crate::model::Kind;

fn codec() -> Codec {
    Codec::new(Limits { payload: 1 << 20, depth: 100, ..Limits::default() })
}

/// The record has these parts, and all that is usual beside them.
fn check(record: &[u8], part: &str, status: Status, why: &str) {
    let shown = record.get(..record.len().min(300)).unwrap().escape_ascii();
    let meta = codec().decode(Stored::new(record)).unwrap();
    assert_eq!(meta.state(), &State::Failure);
    let error = meta.field(part).unwrap_err();
    assert_eq!(error.status(), status, "{shown}: {error}");
    let message = error.message();
    assert!(message.starts_with(&format!("`{part}` of the record")) && message.contains(why), "{error}");
    assert_eq!(error.record(), Some(meta.stored()));
    assert_eq!(meta.keys().count(), 7, "{shown}");
    assert_eq!(meta.date_done(), Some("2026-01-02T03:04:05.000006"), "{shown}");
    assert_eq!(meta.traceback(), Some("Trace"));
    assert_eq!(meta.exception().unwrap().traceback.as_deref(), Some("Trace"));
    assert_eq!(meta.task_id().map(|id| &**id), Some("t"));
    if part == "result" {
        assert_eq!(meta.value().unwrap_err().status(), status);
        assert_eq!(meta.exception().unwrap().class, "Exception");
        assert_eq!(meta.args().unwrap().unwrap().json(), "[1]");
    } else {
        assert_eq!(meta.exception().unwrap().message, "KeyError: 'k'");
        assert_eq!(meta.value().unwrap().kind(), Kind::Object);
    }
    assert_eq!(meta.children().unwrap().unwrap(), []);
    assert!(codec().group_decode(&Stored::new(record)).is_err());
}

#[cfg(feature = "msgpack")]
mod msgpack {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [&[0xD9, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    }

    /// A FAILURE with this in the place of one of its parts.
    fn failure(part: &str, value: &[u8]) -> Vec<u8> {
        let exception =
            [&b"\x83"[..], &text("exc_type"), &text("KeyError"), &text("exc_message"), b"\x91\xa1k"];
        let exception = [exception.concat(), text("exc_module"), text("builtins")].concat();
        let usual = [
            ("status", text("FAILURE")),
            ("result", exception),
            ("traceback", text("Trace")),
            ("children", vec![0x90]),
            ("args", b"\x91\x01".to_vec()),
            ("date_done", text("2026-01-02T03:04:05.000006")),
            ("task_id", text("t")),
        ];
        let mut record = vec![0x87];
        for (key, usual) in usual {
            record.extend([text(key), if key == part { value.to_vec() } else { usual }].concat());
        }
        record
    }

    #[test]
    fn one_bad_part_does_not_take_the_others() {
        let deep = [vec![0x91; 200], vec![0xC0]].concat();
        let deep_maps = [b"\x81\xC4\x01k".repeat(200), vec![0xC0]].concat();
        let wide = [&b"\xDD\x00\x03\x00\x00"[..], &b"\xC0".repeat(3 << 16)].concat();
        for (value, status, why) in [
            (&deep, Status::TooDeep, "max_nesting_depth (100)"),
            (&deep_maps, Status::TooDeep, "max_nesting_depth (100)"),
            (&wide, Status::TooLarge, "max_payload_bytes"),
            (&b"\x92\x01\x91\x91\xA2\xC3(".to_vec(), Status::Decode, "UTF-8 in a text expected"),
        ] {
            for part in ["result", "args"] {
                check(&failure(part, value), part, status, why);
            }
        }
    }

    #[test]
    fn an_error_between_the_parts_is_the_records() {
        // A key that is no UTF-8.
        let record = [&b"\x82"[..], &text("status"), &text("SUCCESS"), b"\xA2\xC3(\x01"].concat();
        let meta = codec().decode(Stored::new(record)).unwrap();
        assert_eq!(meta.state(), &State::Success);
        assert_eq!(meta.value().unwrap_err().status(), Status::Decode);
        assert_eq!(meta.keys().count(), 0);
    }

    #[test]
    fn bad_parts_have_a_bound() {
        let parts = |count: u8| {
            let bad = [text("k"), [vec![0x91; 200], vec![0xC0]].concat()].concat();
            let record =
                [&[0xDE, 0, count + 1], &text("status")[..], &text("SUCCESS"), &bad.repeat(count.into())];
            codec().decode(Stored::new(record.concat())).unwrap().keys().count()
        };
        assert_eq!((parts(32), parts(33)), (33, 0));
    }
}

#[cfg(feature = "yaml")]
mod yaml {
    use super::*;

    fn failure(part: &str, value: &str) -> String {
        let usual = [
            ("args", "[1]"),
            ("children", "[]"),
            ("date_done", "'2026-01-02T03:04:05.000006'"),
            ("result", "{exc_type: KeyError, exc_message: [k], exc_module: builtins}"),
            ("status", "FAILURE"),
            ("task_id", "t"),
            ("traceback", "Trace"),
        ];
        let line = |(key, usual)| format!("{key}: {}\n", if key == part { value } else { usual });
        usual.map(line).concat()
    }

    fn bad() -> [(String, Status, &'static str); 10] {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let maps = "{a: ".repeat(200) + "1" + &"}".repeat(200);
        let bomb: Vec<String> = (1..30).map(|at| format!("- &b{at} [*b{0}, *b{0}]\n", at - 1)).collect();
        let bomb = bomb.concat();
        let merges: Vec<String> = (0..20_000).map(|key| format!("k{key}: 1")).collect();
        let merges = format!("- &m {{{}}}\n- {{<<: [{}]}}", merges.join(", "), vec!["*m"; 20_000].join(", "));
        [
            (deep, Status::TooDeep, "max_nesting_depth (100)"),
            (maps, Status::TooDeep, "max_nesting_depth (100)"),
            (format!("\n- &b0 [x, x]\n{bomb}"), Status::TooLarge, "max_payload_bytes"),
            (format!("\n{merges}"), Status::TooLarge, "max_payload_bytes"),
            // More parts than there is memory for.
            (format!("[{}]", "1,".repeat(100_000)), Status::TooLarge, "max_payload_bytes"),
            ("[&a {x: !foo [{}, 1]}, *a]".to_owned(), Status::Decode, "\"!foo\""),
            ("[{<<: 1}, [2]]".to_owned(), Status::Decode, "to merge expected"),
            ("&a [{b: [*a]}, [2]]".to_owned(), Status::Decode, "an alias inside of what it names"),
            ("[2024-13-01]".to_owned(), Status::Decode, "2024-13-01"),
            ("!!omap [a]".to_owned(), Status::Decode, "a map of one pair expected"),
        ]
    }

    #[test]
    fn one_bad_part_does_not_take_the_others() {
        for (value, status, why) in bad() {
            for part in ["result", "args"] {
                check(failure(part, &value).as_bytes(), part, status, why);
            }
        }
    }

    /// Whether a part is used elsewhere or not.
    #[test]
    fn what_names_a_part_of_a_bad_one_is_bad_too() {
        let record = "args: [&a x, !foo y]\nresult: [*a]\nstatus: SUCCESS\nname: n\n";
        let meta = codec().decode(Stored::new(record.as_bytes())).unwrap();
        assert_eq!(meta.value().unwrap_err().status(), Status::Decode);
        assert_eq!(meta.args().unwrap_err().status(), Status::Decode);
        assert_eq!(meta.name(), Some("n"));
        let record = "args: &a [1, {<<: {k: v}}]\nname: [!foo y, {<<: 1}]\nresult: *a\nstatus: SUCCESS\n";
        let meta = codec().decode(Stored::new(record.as_bytes())).unwrap();
        assert_eq!(meta.value().unwrap().json(), r#"[1, {"k": "v"}]"#);
        // Maps that merge others in the place of such ones that were left out.
        let record = "name: [{<<: {k: v}}, !foo y]\nresult: [[{k: w}]]\nstatus: SUCCESS\n";
        let meta = codec().decode(Stored::new(record.as_bytes())).unwrap();
        assert_eq!(meta.value().unwrap().json(), r#"[[{"k": "w"}]]"#);
    }

    #[test]
    fn an_error_between_the_parts_is_the_records() {
        for record in
            ["status: SUCCESS\n!foo x: 1\n", "status: SUCCESS\n? [!foo x]\n: 1\n", "status: SUCCESS\n<<: 1\n"]
        {
            let meta = codec().decode(Stored::new(record.as_bytes())).unwrap();
            assert_eq!(meta.state(), &State::Success);
            assert_eq!(meta.value().unwrap_err().status(), Status::Decode, "{record}");
            assert_eq!(meta.keys().count(), 0, "{record}");
        }
    }

    #[test]
    fn bad_parts_have_a_bound() {
        for bad in ["!foo x", "2024-13-01"] {
            let parts = |count: usize| {
                let bad: Vec<String> = (0..count).map(|at| format!("k{at}: {bad}\n")).collect();
                let bad = bad.concat();
                codec()
                    .decode(Stored::new(format!("status: SUCCESS\n{bad}").into_bytes()))
                    .unwrap()
                    .keys()
                    .count()
            };
            assert_eq!((parts(32), parts(33)), (33, 0));
        }
    }
}
