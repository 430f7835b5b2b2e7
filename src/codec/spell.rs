//! JSON as Python's `json.dumps` spells it: ASCII only, `", "` and `": "`, floats by `repr`. Text
//! that came from C is brought into this spelling, so stored records look like a worker's.

use crate::model::value::python::{float, integer, json_float};
use crate::model::value::reader::Token;
use crate::model::value::rewrite::{Spelling, rewrite};
use crate::model::value::scan;
use crate::model::value::syntax::Syntax;
use crate::model::value::text::{code_points, wtf8};
use std::fmt::Write;

/// Appends `json` as Python would dump it after loading it.
pub(crate) fn json(json: &str, depth: usize, out: &mut String) -> Result<(), Syntax> {
    let bytes = json.as_bytes();
    // What many tasks return is done before a reader is made.
    if scan::checked_number(bytes, 0) == Ok((bytes.len(), true)) {
        out.push_str(integer(json));
        return Ok(());
    }
    let end = scan::space(bytes, rewrite(bytes, 0, depth, &mut Dumps, out)?);
    if end == bytes.len() { Ok(()) } else { Err(Syntax::expected(end, "the end of the text")) }
}

/// Appends a text as a JSON string.
pub(crate) fn text(text: &str, out: &mut String) {
    if !is_plain_text(text.as_bytes()) {
        return quoted(text.as_bytes(), out, json_escape);
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Appends a text in UTF-8 with lone surrogates as a JSON string, or nothing that can be used where
/// it is not such text.
#[must_use]
pub(crate) fn raw_text(bytes: &[u8], out: &mut String) -> bool {
    let valid = is_wtf8(bytes);
    if valid {
        quoted(bytes, out, json_escape);
    }
    valid
}

/// How long [`raw_text`] is, without its quotes.
#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
pub(super) fn raw_length(bytes: &[u8]) -> usize {
    let escaped = |byte: u8| match byte {
        byte if is_plain(byte) => 1,
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 2,
        // All of a character's escape counts where it begins.
        0x80..=0xBF => 0,
        0xF0.. => 12,
        _ => 6,
    };
    bytes.iter().fold(0, |length: usize, byte| length.saturating_add(escaped(*byte)))
}

fn is_wtf8(mut bytes: &[u8]) -> bool {
    while let Err(error) = std::str::from_utf8(bytes) {
        match bytes.get(error.valid_up_to()..) {
            Some([0xED, 0xA0..=0xBF, 0x80..=0xBF, rest @ ..]) => bytes = rest,
            _ => return false,
        }
    }
    true
}

struct Dumps;

impl Spelling for Dumps {
    fn scalar(&mut self, token: Token, stored: &[u8], out: &mut String) {
        let plain = std::str::from_utf8(stored).unwrap_or_default();
        match token {
            Token::Key | Token::Text => quoted(&wtf8(stored), out, json_escape),
            Token::Int => out.push_str(integer(plain)),
            Token::Float => out.push_str(&json_float(float(plain))),
            _ => out.push_str(plain),
        }
    }
}

/// Appends a text in UTF-8 with lone surrogates in double quotes: what needs no escape in runs, all else
/// as `escape` writes it.
pub(super) fn quoted(mut text: &[u8], out: &mut String, escape: impl Fn(u32, &mut String)) {
    out.push('"');
    loop {
        let (run, rest) = text.split_at(plain_length(text));
        out.push_str(std::str::from_utf8(run).unwrap_or_default());
        // Ends before an ASCII character, so that no other is torn apart.
        let odd = rest.iter().position(|byte| is_plain(*byte)).unwrap_or(rest.len());
        let (escaped, rest) = rest.split_at(odd);
        if escaped.is_empty() {
            break;
        }
        for point in code_points(escaped) {
            match short_escape(point) {
                Some(short) => out.push_str(short),
                None => escape(point, out),
            }
        }
        text = rest;
    }
    out.push('"');
}

/// Whether no byte needs an escape.
pub(super) fn is_plain_text(text: &[u8]) -> bool {
    plain_length(text) == text.len()
}

/// How many bytes at the start need no escape.
fn plain_length(text: &[u8]) -> usize {
    const TOGETHER: usize = 16;
    // Without a way out on the first odd byte, many are compared at once.
    let all_plain = |chunk: &&[u8]| chunk.iter().fold(true, |plain, byte| plain & is_plain(*byte));
    let sure = text.chunks_exact(TOGETHER).take_while(all_plain).count() * TOGETHER;
    let rest = text.get(sure..).unwrap_or_default();
    sure + rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len())
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// The escapes that are the same wherever text stands in double quotes.
fn short_escape(point: u32) -> Option<&'static str> {
    Some(match char::from_u32(point)? {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => return None,
    })
}

/// As `json.dumps` escapes.
fn json_escape(point: u32, out: &mut String) {
    match (char::from_u32(point), point.checked_sub(0x1_0000)) {
        (Some('\u{8}'), _) => out.push_str("\\b"),
        (Some('\u{c}'), _) => out.push_str("\\f"),
        (_, None) => escape(point, out),
        (_, Some(rest)) => {
            escape(0xD800 + (rest >> 10), out);
            escape(0xDC00 + (rest & 0x3FF), out);
        }
    }
}

fn escape(unit: u32, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{unit:04x}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn dumps(text: &str) -> String {
        let mut out = String::new();
        json(text, 1000, &mut out).unwrap();
        out
    }

    #[test]
    fn as_python_dumps() {
        for (stored, python) in [
            ("1E5", "100000.0"),
            ("1.0", "1.0"),
            ("0", "0"),
            ("1234567890", "1234567890"),
            (" 12 ", "12"),
            ("-12", "-12"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1e999", "Infinity"),
            ("-1e999", "-Infinity"),
            ("[NaN,Infinity,-Infinity]", "[NaN, Infinity, -Infinity]"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (" { \"a\" :[1,{}],\n\"\":null} ", r#"{"a": [1, {}], "": null}"#),
            ("\"ż\u{1F600}\u{7f}\\/\\u00E9\\ud800\"", r#""\u017c\ud83d\ude00\u007f/\u00e9\ud800""#),
            (r#""\u0001\b\f\n\r\t\"\\""#, r#""\u0001\b\f\n\r\t\"\\""#),
        ] {
            assert_eq!(dumps(stored), python, "{stored}");
        }
    }

    #[test]
    #[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
    fn the_length_is_known_before() {
        for point in (0..=0x300).chain([0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x10_FFFF]) {
            let text = String::from(char::from_u32(point).unwrap()) + "a";
            let mut out = String::new();
            assert!(raw_text(text.as_bytes(), &mut out));
            assert_eq!(raw_length(text.as_bytes()), out.len() - 2, "{point:x}");
        }
        assert_eq!(raw_length(b"\xed\xa0\x80"), 6);
    }

    #[test]
    fn bad_text_is_placed() {
        for (text, position) in
            [("", 0), ("[1,]", 3), ("{\"a\"}", 4), ("1 2", 2), ("01", 1), ("1x", 1), ("nul", 0), ("[1}", 2)]
        {
            let error = json(text, 1000, &mut String::new()).unwrap_err();
            assert_eq!(error.position, position, "{text}");
        }
    }
}
