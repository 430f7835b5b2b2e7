//! Text between JSON quotes as bytes. Python text may hold lone surrogates, so the general form
//! is WTF-8: UTF-8 that allows them. Text without lone surrogates is plain UTF-8 in this form.

use std::borrow::Cow;
use std::fmt::Write;

/// The content of a checked span that includes its quotes, with the escapes resolved.
pub(crate) fn wtf8(span: &[u8]) -> Cow<'_, [u8]> {
    let inner = span.get(1..span.len().saturating_sub(1)).unwrap_or_default();
    let Some(first) = memchr::memchr(b'\\', inner) else {
        return Cow::Borrowed(inner);
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    let mut next = Some(first);
    while let Some(at) = next {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = resolve(escape, &mut out);
        next = memchr::memchr(b'\\', rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Writes what the escape at the start of `text` stands for; gives what follows it.
fn resolve<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let byte = match text.get(1) {
        Some(b'u') => {
            let high = unit(text);
            let low = text.get(6..).map_or(0, unit);
            if (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low) {
                push(out, 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                return text.get(12..).unwrap_or_default();
            }
            push(out, high);
            return text.get(6..).unwrap_or_default();
        }
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(other) => *other,
        None => b'\\',
    };
    out.push(byte);
    text.get(2..).unwrap_or_default()
}

/// The code unit of a `\uXXXX` at the start of `text`, 0 where there is none.
fn unit(text: &[u8]) -> u32 {
    if !text.starts_with(b"\\u") {
        return 0;
    }
    let digits = text.get(2..6).unwrap_or_default();
    digits.iter().fold(0, |unit, digit| unit << 4 | char::from(*digit).to_digit(16).unwrap_or(0))
}

/// Appends a code point, surrogates included, in UTF-8's scheme.
#[allow(clippy::cast_possible_truncation)] // every part is masked to its bits
pub(crate) fn push(out: &mut Vec<u8>, point: u32) {
    let tail = |shift: u32| 0x80 | (point >> shift & 0x3F) as u8;
    match point {
        0..0x80 => out.push(point as u8),
        0x80..0x800 => out.extend([0xC0 | (point >> 6) as u8, tail(0)]),
        0x800..0x1_0000 => out.extend([0xE0 | (point >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend([0xF0 | (point >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// The code points of WTF-8 text, surrogates included.
pub(crate) fn code_points(wtf8: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut rest = wtf8.iter();
    std::iter::from_fn(move || {
        let first = u32::from(*rest.next()?);
        let (mut point, tail) = match first {
            0..0xC0 => (first, 0),
            0xC0..0xE0 => (first & 0x1F, 1),
            0xE0..0xF0 => (first & 0x0F, 2),
            _ => (first & 0x07, 3),
        };
        for _ in 0..tail {
            point = point << 6 | u32::from(rest.next()? & 0x3F);
        }
        Some(point)
    })
}

/// Text for people: lone surrogates are shown as `\ud800`, as Python's logs show them.
pub(crate) fn readable(wtf8: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(wtf8) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(wtf8.len());
    for point in code_points(wtf8) {
        match char::from_u32(point) {
            Some(character) => out.push(character),
            // Writing to a String cannot fail.
            None => _ = write!(out, "\\u{point:04x}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_resolve() {
        for (json, text) in [
            (r#""""#, ""),
            (r#""plain""#, "plain"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""a\u017c\ud83d\ude00b""#, "aż😀b"),
            ("\"ż\\u0000\"", "ż\0"),
        ] {
            assert_eq!(wtf8(json.as_bytes()), text.as_bytes(), "{json}");
            assert_eq!(readable(&wtf8(json.as_bytes())), text, "{json}");
        }
    }

    #[test]
    fn lone_surrogates_survive_as_wtf8() {
        assert_eq!(*wtf8(br#""x\ud800y""#), *b"x\xED\xA0\x80y");
        assert_eq!(*wtf8(br#""\ude00\ud83d""#), *b"\xED\xB8\x80\xED\xA0\xBD");
        let points: Vec<u32> = code_points(&wtf8(br#""\ud83d\ud83d\ude00""#)).collect();
        assert_eq!(points, [0xD83D, 0x1F600]);
        assert_eq!(readable(b"x\xED\xA0\x80y"), r"x\ud800y");
    }
}
