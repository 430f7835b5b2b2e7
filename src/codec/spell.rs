//! JSON as Python's `json.dumps` spells it: ASCII only, `", "` and `": "`, floats by `repr`. Text
//! that came from C is brought into this spelling, so stored records look like a worker's.

use crate::model::value::python::{float, float_repr, integer};
use crate::model::value::reader::Token;
use crate::model::value::rewrite::{Spelling, rewrite};
use crate::model::value::scan;
use crate::model::value::syntax::Syntax;
use crate::model::value::text::{code_points, wtf8};
use std::fmt::Write;

/// Appends `json` as Python would dump it after loading it.
pub(super) fn json(json: &str, depth: usize, out: &mut String) -> Result<(), Syntax> {
    let bytes = json.as_bytes();
    let end = scan::space(bytes, rewrite(bytes, 0, depth, &mut Dumps, out)?);
    if end == bytes.len() { Ok(()) } else { Err(Syntax::expected(end, "the end of the text")) }
}

/// Appends a text as a JSON string.
pub(super) fn text(text: &str, out: &mut String) {
    quoted(text.as_bytes(), out);
}

/// Appends a text in UTF-8 with lone surrogates as a JSON string, or nothing that can be used where
/// it is not such text.
#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
#[must_use]
pub(super) fn raw_text(bytes: &[u8], out: &mut String) -> bool {
    let valid = is_wtf8(bytes);
    if valid {
        quoted(bytes, out);
    }
    valid
}

#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
fn is_wtf8(mut bytes: &[u8]) -> bool {
    while let Err(error) = std::str::from_utf8(bytes) {
        match bytes.get(error.valid_up_to()..) {
            Some([0xED, 0xA0..=0xBF, 0x80..=0xBF, rest @ ..]) => bytes = rest,
            _ => return false,
        }
    }
    true
}

/// Standard base64 with padding.
#[cfg(any(feature = "msgpack", feature = "pickle", feature = "yaml"))]
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or_default();
            out.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

struct Dumps;

impl Spelling for Dumps {
    fn scalar(&mut self, token: Token, stored: &[u8], out: &mut String) {
        let plain = std::str::from_utf8(stored).unwrap_or_default();
        match token {
            Token::Key | Token::Text => quoted(&wtf8(stored), out),
            Token::Int => out.push_str(integer(plain)),
            Token::Float => out.push_str(match float(plain) {
                f64::INFINITY => "Infinity",
                f64::NEG_INFINITY => "-Infinity",
                number => return out.push_str(&float_repr(number)),
            }),
            _ => out.push_str(plain),
        }
    }
}

/// Appends a text in UTF-8 with lone surrogates: what needs no escape in runs.
fn quoted(mut text: &[u8], out: &mut String) {
    out.push('"');
    loop {
        let plain = text.iter().position(|byte| !is_plain(*byte)).unwrap_or(text.len());
        let (run, rest) = text.split_at(plain);
        out.push_str(std::str::from_utf8(run).unwrap_or_default());
        // Ends before an ASCII character, so that no other is torn apart.
        let odd = rest.iter().position(|byte| is_plain(*byte)).unwrap_or(rest.len());
        let (escaped, rest) = rest.split_at(odd);
        if escaped.is_empty() {
            break;
        }
        code_points(escaped).for_each(|point| escaped_point(point, out));
        text = rest;
    }
    out.push('"');
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn escaped_point(point: u32, out: &mut String) {
    match char::from_u32(point) {
        Some('"') => out.push_str("\\\""),
        Some('\\') => out.push_str("\\\\"),
        Some('\n') => out.push_str("\\n"),
        Some('\r') => out.push_str("\\r"),
        Some('\t') => out.push_str("\\t"),
        Some('\u{8}') => out.push_str("\\b"),
        Some('\u{c}') => out.push_str("\\f"),
        _ => match point.checked_sub(0x1_0000) {
            None => escape(point, out),
            Some(rest) => {
                escape(0xD800 + (rest >> 10), out);
                escape(0xDC00 + (rest & 0x3FF), out);
            }
        },
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
    fn bad_text_is_placed() {
        for (text, position) in [("", 0), ("[1,]", 3), ("{\"a\"}", 4), ("1 2", 2), ("nul", 0), ("[1}", 2)] {
            let error = json(text, 1000, &mut String::new()).unwrap_err();
            assert_eq!(error.position, position, "{text}");
        }
    }
}
