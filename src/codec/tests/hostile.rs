//! Damaged and generated records: nothing panics, no damage makes another state than the bytes
//! of the state itself say, and the short way through a record agrees with the long one.

use super::*;
use crate::model::Kind;

fn corpus() -> Vec<String> {
    [
        "null",
        "-12.5e+3",
        "NaN",
        r#""text \" with \\ and \u017c\ud83d\ude00\ud800""#,
        r#"{"status": "FAILURE", "task_id": "x", "a": [1, {"b": null}], "c": "}]"}"#,
        r#"{"exc_type": "ValueError", "exc_message": ["x"], "exc_module": "builtins"}"#,
        r#"[[["a", null], null], {"__type__": "base64", "__value__": "/wA="}]"#,
    ]
    .iter()
    .flat_map(|result| [usual(result), usual(result).replace("SUCCESS", "FAILURE").replace("\": ", "\" :\t")])
    .collect()
}

/// Calls everything that reads a record; errors are fine, panics are not.
fn read_all(bytes: &[u8]) -> Option<State> {
    let meta = codec().decode(Stored::new(bytes)).ok()?;
    let _ = (meta.children(), meta.args(), meta.traceback(), meta.date_done_time(), meta.exception());
    for key in meta.keys() {
        if let Ok(Some(value)) = meta.field(&key) {
            walk(&value);
        }
    }
    Some(meta.state().clone())
}

fn walk(value: &Value) {
    let mut left = vec![value.clone()];
    while let Some(value) = left.pop() {
        let _ = (value.as_bool(), value.as_i64(), value.as_u64(), value.as_f64(), value.as_str());
        let _ = (
            value.as_bytes(),
            value.as_wtf8(),
            value.json_strict(),
            value.python_repr(),
            value.typed_parts(),
        );
        if let Ok(items) = value.iter() {
            for (index, (_, item)) in items.enumerate() {
                assert_eq!(value.get(index).unwrap().json(), item.json());
                left.push(item);
            }
        }
    }
}

/// The id of such a record is nobody's, however it is asked for.
#[test]
fn text_that_is_not_utf8_is_no_text() {
    let bytes = b"{\"status\": \"SUCCESS\", \"task_id\": \"a\xD00\", \"traceback\": \"\xC3\"}";
    let meta = codec().decode(Stored::new(&bytes[..])).unwrap();
    assert_eq!((meta.task_id(), meta.traceback()), (None, None));
    assert!(!codec().glance(meta.stored(), "a\u{430}").unwrap().same_task);
}

#[test]
fn truncated_records_have_no_state() {
    for text in corpus() {
        let trimmed = text.trim_end();
        assert!(read_all(trimmed.as_bytes()).is_some());
        for length in 0..trimmed.len() {
            let part = &trimmed.as_bytes()[..length];
            assert_eq!(read_all(part), None, "{length} of {text}");
            assert!(codec().glance(&Stored::new(part), ID).is_err(), "{length} of {text}");
        }
    }
}

#[test]
fn flipped_bytes_never_change_the_state_from_outside() {
    for text in corpus() {
        let state = read_all(text.as_bytes()).unwrap();
        let name = text.find(state.as_str()).unwrap();
        let own = name..name + state.as_str().len();
        for position in 0..text.len() {
            for flip in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] {
                let mut bytes = text.clone().into_bytes();
                bytes[position] ^= flip;
                let decoded = read_all(&bytes);
                let glanced = codec().glance(&Stored::new(bytes.as_slice()), ID).ok();
                if !own.contains(&position) {
                    assert!(decoded.as_ref().is_none_or(|found| *found == state), "{position} {flip} {text}");
                    let glanced = glanced.as_ref().map(|glance| &glance.state);
                    assert!(glanced.is_none_or(|found| *found == state), "{position} {flip} {text}");
                }
                if let (Some(decoded), Some(glanced)) = (&decoded, &glanced) {
                    assert_eq!(*decoded, glanced.state, "{position} {flip} {text}");
                }
            }
        }
    }
}

/// A small generator of the same numbers on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn space(&mut self) -> &'static str {
        self.pick(&["", "", "", " ", "\n", "\t \r"])
    }

    fn text(&mut self) -> String {
        let mut text = String::from("\"");
        for _ in 0..self.below(8) {
            text += self.pick(&[
                "a",
                "status",
                "\\\"status\\\"",
                "task_id",
                "\\\\",
                "\\\"",
                "\\u017c",
                "ż",
                "\\ud800",
                "\\ud83d\\ude00",
                "😀",
                "]",
                "}",
                ",",
                ": ",
                "\\n",
                "__type__",
                "/",
                "~",
            ]);
        }
        text + "\""
    }

    fn value(&mut self, depth: u64) -> String {
        let space = self.space();
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => self.pick(&["null", "true", "false", "NaN", "Infinity", "-Infinity"]).to_owned(),
            1 => self
                .pick(&["0", "-0", "12", "-345", "1.5", "1E5", "-0.0e-7", "98765432109876543210"])
                .to_owned(),
            2 => self
                .pick(&[
                    r#"{"__type__": "date", "__value__": "2020-01-02"}"#,
                    r#"{"__type__": "base64", "__value__": "AAEC"}"#,
                    r#"{"__type__": "uuid", "__value__": {"hex": "12345678123456781234567812345678"}}"#,
                    r#"{"__type__": "nope", "__value__": 1}"#,
                ])
                .to_owned(),
            3 | 4 => self.text(),
            kind => {
                let object = kind > 5;
                let mut items = Vec::new();
                for _ in 0..self.below(if self.0.is_multiple_of(16) { 150 } else { 5 }) {
                    let key = if object { self.text() + self.space() + ":" } else { String::new() };
                    items.push(key + self.space() + &self.value(depth - 1) + self.space());
                }
                let (open, close) = if object { ('{', '}') } else { ('[', ']') };
                format!("{open}{space}{}{close}", items.join(","))
            }
        }
    }
}

#[test]
fn generated_values_are_read_back() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let codec = codec();
    let mut elements = 0;
    for _ in 0..400 {
        let json = format!("[{}, {}]", numbers.value(6), numbers.value(6));
        let value = codec.value(&json).unwrap();
        assert_eq!(value.json(), json.trim());
        walk(&value);
        elements += value.iter().unwrap().filter_map(|(_, item)| item.len().ok()).sum::<usize>();
        // Spelled as Python does, it is the same value and stays as it is.
        let mut spelled = String::new();
        spell::json(&json, 1000, &mut spelled).unwrap();
        let mut again = String::new();
        spell::json(&spelled, 1000, &mut again).unwrap();
        assert_eq!(spelled, again);
        assert!(spelled.is_ascii());
        assert_eq!(codec.value(&spelled).unwrap().python_repr(), value.python_repr());
        // serde_json knows neither NaN nor lone surrogates; on all else both must agree.
        let strict = value.json_strict();
        assert_eq!(strict.is_ok(), serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    }
    assert!(elements > 500, "the generator has gone dull: {elements}");
}

#[test]
fn generated_records_look_the_same_both_ways() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut short, mut long) = (0, 0);
    for _ in 0..400 {
        let state = numbers.pick(&["SUCCESS", "FAILURE", "PROGRESS", "my \\u017c"]);
        let mut record = format!("{{\"status\": \"{state}\", \"result\": {}", numbers.value(4));
        for _ in 0..numbers.below(3) {
            let stamp = format!(", {}: {}", numbers.text(), numbers.value(2));
            record += &stamp;
        }
        record = format!("{record}, \"task_id\": \"{ID}\"}}");
        let Ok(meta) = codec().decode(Stored::new(record.as_bytes())) else {
            // A stamp named status that is no text.
            assert!(codec().glance(&Stored::new(record.as_bytes()), ID).is_err(), "{record}");
            continue;
        };
        let same = meta.task_id().is_some_and(|id| id.as_ref() == ID);
        assert_eq!(glance(&record, ID), (meta.state().clone(), same), "{record}");
        assert_eq!(glance(&record, "other"), (meta.state().clone(), false), "{record}");
        if record.matches("\"status\"").count() > 1 || state.contains('\\') {
            long += 1;
        } else {
            short += 1;
        }
        assert!(meta.value().is_ok());
        assert_ne!(meta.value().unwrap().kind(), Kind::Time);
    }
    assert!(short > 50 && long > 50, "the generator has gone dull: {short} {long}");
}
