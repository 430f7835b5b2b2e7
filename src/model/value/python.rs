//! Values as Python shows them: `str`, and the `repr` of scalars and of typed forms without elements,
//! for the message of a remote exception. Nothing is looked up: what Python would build from a typed
//! form is written down as its `repr`. Containers are in `repr`, exceptions in `exception`.

use super::text::{code_points, readable, wtf8};
use super::{Kind, Value};
use crate::model::{iso, timedelta::TimeDelta};
use std::{borrow::Cow, fmt::Write};

impl Value {
    /// What Python's `str` shows for this value; lone surrogates are escaped.
    pub fn python_str(&self) -> String {
        match self.kind() {
            Kind::String => readable(&wtf8(self.bytes())),
            Kind::DateTime => {
                self.as_str().map_or_else(|_| self.python_repr(), |text| text.replacen('T', " ", 1))
            }
            Kind::Date | Kind::Time | Kind::Decimal | Kind::Uuid | Kind::TimeDelta => {
                self.as_str().map_or_else(|_| self.python_repr(), std::borrow::Cow::into_owned)
            }
            Kind::Exception => self.exception_str(),
            _ => self.python_repr(),
        }
    }
}

/// Appends the `repr` of what has no elements and is no typed form.
pub(super) fn scalar_repr(text: &[u8], out: &mut String) {
    let plain = std::str::from_utf8(text).unwrap_or_default();
    match text.first() {
        Some(b'"') => text_repr(&wtf8(text), out),
        Some(b'n') => out.push_str("None"),
        Some(b't') => out.push_str("True"),
        Some(b'f') => out.push_str("False"),
        _ if text.iter().all(|byte| matches!(byte, b'-' | b'0'..=b'9')) => out.push_str(integer(plain)),
        _ => out.push_str(&float_repr(float(plain))),
    }
}

/// Appends the `repr` of what Python builds from a typed form without elements.
pub(super) fn typed_repr(value: &Value, out: &mut String) {
    // A value of one of these kinds has all that is read from it here.
    let _ = try_typed_repr(value, out);
}

fn try_typed_repr(value: &Value, out: &mut String) -> Option<()> {
    match value.kind() {
        Kind::Bytes => bytes_repr(&value.as_bytes().ok()?, out),
        Kind::DateTime => {
            let (date, time) = iso::date_time(&value.as_str().ok()?)?;
            let _ = write!(out, "datetime.datetime({}, {}, {}, ", date.year, date.month, date.day);
            time_parts(time, out);
        }
        Kind::Time => {
            out.push_str("datetime.time(");
            time_parts(iso::time(&value.as_str().ok()?)?, out);
        }
        Kind::Date => {
            let date = iso::date(&value.as_str().ok()?)?;
            let _ = write!(out, "datetime.date({}, {}, {})", date.year, date.month, date.day);
        }
        Kind::Decimal => {
            let _ = write!(out, "Decimal('{}')", value.as_str().ok()?);
        }
        Kind::Uuid => {
            let _ = write!(out, "UUID('{}')", value.as_str().ok()?);
        }
        Kind::TimeDelta => {
            let timedelta = super::typed::Typed::of(value)?.timedelta()?;
            out.push_str(&timedelta.repr());
        }
        Kind::PythonName => {
            let _ = write!(out, "<{}>", value.as_str().ok()?);
        }
        _ => return None,
    }
    Some(())
}

fn time_parts(time: iso::Time, out: &mut String) {
    let _ = write!(out, "{}, {}", time.hour, time.minute);
    if time.second != 0 || time.micro != 0 {
        let _ = write!(out, ", {}", time.second);
    }
    if time.micro != 0 {
        let _ = write!(out, ", {}", time.micro);
    }
    match time.offset {
        None => {}
        Some(0) => out.push_str(", tzinfo=datetime.timezone.utc"),
        Some(offset) => {
            let _ = write!(out, ", tzinfo=datetime.timezone({})", TimeDelta::of_micros(offset).repr());
        }
    }
    out.push(')');
}

/// Appends the `repr` of text.
pub(crate) fn text_repr(wtf8: &[u8], out: &mut String) {
    let quote = if wtf8.contains(&b'\'') && !wtf8.contains(&b'"') { '"' } else { '\'' };
    out.push(quote);
    for point in code_points(wtf8) {
        match char::from_u32(point) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\\') => out.push_str("\\\\"),
            Some(shown) if shown == quote => out.extend(['\\', shown]),
            Some(shown) if is_printable(shown) => out.push(shown),
            _ => push_escape(point, out),
        }
    }
    out.push(quote);
}

fn push_escape(point: u32, out: &mut String) {
    let _ = match point {
        0..=0xFF => write!(out, "\\x{point:02x}"),
        0x100..=0xFFFF => write!(out, "\\u{point:04x}"),
        _ => write!(out, "\\U{point:08x}"),
    };
}

/// `str.isprintable` of one character. Rust's debug escapes follow the same Unicode categories;
/// the letter in front keeps combining marks from being taken as the start of a text.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\0'..='\u{7f}' => false,
        _ => {
            let mut pair = String::from("a");
            pair.push(character);
            pair.escape_debug().nth(1) != Some('\\')
        }
    }
}

fn bytes_repr(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    out.push('b');
    out.push(char::from(quote));
    for byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            _ if *byte == quote => out.extend(['\\', char::from(quote)]),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => push_escape(u32::from(*byte), out),
        }
    }
    out.push(char::from(quote));
}

/// An integer's digits as Python writes them back.
pub(crate) fn integer(text: &str) -> &str {
    if text == "-0" { "0" } else { text }
}

/// The float that a number or word of the dialect means.
pub(crate) fn float(text: &str) -> f64 {
    match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// A float as `json.dumps` writes it: the way back from [`float`].
pub(crate) fn json_float(number: f64) -> Cow<'static, str> {
    match number {
        f64::INFINITY => Cow::Borrowed("Infinity"),
        f64::NEG_INFINITY => Cow::Borrowed("-Infinity"),
        _ if number.is_nan() => Cow::Borrowed("NaN"),
        _ => Cow::Owned(float_repr(number)),
    }
}

/// `repr` of a float: the shortest digits that read back, with an exponent outside 1e-4 to 1e16.
pub(crate) fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn repr(json: &str) -> String {
        Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap().python_repr()
    }

    #[test]
    fn floats_as_python() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_repr(number), text);
        }
    }

    #[test]
    fn reprs_as_python() {
        for (json, python) in [
            (r#"{"a":[1,true,false,null,1.50],"b":{}}"#, "{'a': [1, True, False, None, 1.5], 'b': {}}"),
            (r#"["it's","\"","'\""]"#, r#"["it's", '"', '\'"']"#),
            (r#""\u017c\n\u0000\u200b\u2028\ud800\u007f\u00ad""#, r"'ż\n\x00\u200b\u2028\ud800\x7f\xad'"),
            (r#""e\u0301""#, "'e\u{301}'"),
            (
                r#"{"__type__":"datetime","__value__":"2024-02-29T23:59:58.000001-02:30"}"#,
                "datetime.datetime(2024, 2, 29, 23, 59, 58, 1, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=77400)))",
            ),
            (
                r#"[{"__type__":"time","__value__":"00:00:00"},{"__type__":"date","__value__":"2020-01-02"}]"#,
                "[datetime.time(0, 0), datetime.date(2020, 1, 2)]",
            ),
            (r#"{"__type__":"base64","__value__":"/wA="}"#, r"b'\xff\x00'"),
            (r#"{"__type__":"nope","__value__":1}"#, "{'__type__': 'nope', '__value__': 1}"),
            ("-0", "0"),
        ] {
            assert_eq!(repr(json), python, "{json}");
        }
    }
}
