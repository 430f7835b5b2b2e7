//! Values without parts, as they stand in the pickle: spans and small numbers. Text is decoded when
//! somebody asks for it, so a pickle that refers to one text a million times holds it once.

use super::cursor::{Cursor, Fault, Span};
use super::opcodes as op;
use crate::model::value::text::push;
use std::borrow::Cow;

/// Bytes of the longest escape of one character: `\U00000000`.
pub(super) const LONGEST_ESCAPE: usize = 10;

/// A value without parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Literal {
    /// None
    None,
    /// True or False
    Bool(bool),
    /// An integer of 64 bits
    Int(i64),
    /// A larger integer: two's complement, lowest byte first
    Long(Span),
    /// A larger integer: its checked decimal digits
    Digits(Span),
    /// A float
    Float(f64),
    /// Text, or bytes of Python 2
    Text(Span, Spelling),
    /// bytes or bytearray
    Bytes(Span),
}

/// How a text stands in the pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// UTF-8 with surrogates
    Utf8,
    /// Python's raw-unicode-escape codec
    RawEscape,
    /// Python 2's `str`: any bytes
    Python2,
    /// Python 2's `str` between quotes and with escapes
    Quoted,
    /// The same, known to be no UTF-8
    QuotedBytes,
}

/// The value after its opcode, or nothing where the opcode is of no such value.
pub(super) fn read(cursor: &mut Cursor<'_>, opcode: u8) -> Result<Option<Literal>, Fault> {
    let text = |span: Span, spelling: Spelling| Literal::Text(span, spelling);
    Ok(Some(match opcode {
        op::NONE => Literal::None,
        op::NEWTRUE => Literal::Bool(true),
        op::NEWFALSE => Literal::Bool(false),
        op::INT => {
            let line = cursor.line()?;
            int(cursor.bytes(line), line)?
        }
        op::LONG => {
            let line = cursor.line()?;
            let ends = u32::from(cursor.bytes(line).last() == Some(&b'L'));
            let line = line.shortened(ends);
            digits(cursor.bytes(line), line)?
        }
        op::BININT => Literal::Int(i64::from(i32::from_le_bytes(cursor.fixed()?))),
        op::BININT1 => Literal::Int(i64::from(cursor.byte()?)),
        op::BININT2 => Literal::Int(i64::from(u16::from_le_bytes(cursor.fixed()?))),
        op::LONG1 | op::LONG4 => {
            let span = if opcode == op::LONG1 { cursor.part1()? } else { cursor.part4()? };
            long(cursor.bytes(span), span)
        }
        op::FLOAT => {
            let line = cursor.line()?;
            float(cursor.bytes(line))?
        }
        op::BINFLOAT => Literal::Float(f64::from_be_bytes(cursor.fixed()?)),
        op::STRING => {
            let line = cursor.line()?;
            match cursor.bytes(line) {
                [b'\'', .., b'\''] | [b'"', .., b'"'] => text(line.inner(), Spelling::Quoted),
                _ => return Err("a text in quotes expected".into()),
            }
        }
        op::BINSTRING => text(cursor.part4()?, Spelling::Python2),
        op::SHORT_BINSTRING => text(cursor.part1()?, Spelling::Python2),
        op::UNICODE => text(cursor.line()?, Spelling::RawEscape),
        op::SHORT_BINUNICODE => text(cursor.part1()?, Spelling::Utf8),
        op::BINUNICODE => text(cursor.part4()?, Spelling::Utf8),
        op::BINUNICODE8 => text(cursor.part8()?, Spelling::Utf8),
        op::SHORT_BINBYTES => Literal::Bytes(cursor.part1()?),
        op::BINBYTES => Literal::Bytes(cursor.part4()?),
        op::BINBYTES8 | op::BYTEARRAY8 => Literal::Bytes(cursor.part8()?),
        _ => return Ok(None),
    }))
}

/// A text's content.
pub(super) enum Decoded<'a> {
    /// UTF-8 in which surrogates are allowed, as far as that was checked
    Text(Cow<'a, [u8]>),
    /// A `str` of Python 2 that is not UTF-8
    Bytes(Cow<'a, [u8]>),
}

/// The content of a text.
pub(super) fn decoded(bytes: &[u8], spelling: Spelling) -> Result<Decoded<'_>, Fault> {
    Ok(match spelling {
        Spelling::Utf8 | Spelling::Python2 => Decoded::Text(Cow::Borrowed(bytes)),
        Spelling::RawEscape => Decoded::Text(raw_unescaped(bytes)?),
        Spelling::Quoted => Decoded::Text(unescaped(bytes)?),
        Spelling::QuotedBytes => Decoded::Bytes(unescaped(bytes)?),
    })
}

/// The literal, told whether Python 2's `str` is text or bytes. Asked once for each that stands in the
/// pickle, however often it is referred to.
pub(super) fn classified(literal: Literal, pickle: &[u8]) -> Literal {
    let Literal::Text(span, spelling) = literal else { return literal };
    let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    match spelling {
        Spelling::Python2 if !is_text(span.of(pickle)) => Literal::Bytes(span),
        Spelling::Quoted if unescaped(span.of(pickle)).is_ok_and(|bytes| !is_text(&bytes)) => {
            Literal::Text(span, Spelling::QuotedBytes)
        }
        _ => literal,
    }
}

/// Whether a text is this short ASCII one; costs nothing where it is far longer.
pub(super) fn is_text(bytes: &[u8], spelling: Spelling, expected: &str) -> bool {
    bytes.len() <= expected.len().saturating_mul(LONGEST_ESCAPE)
        && matches!(decoded(bytes, spelling), Ok(Decoded::Text(text)) if *text == *expected.as_bytes())
}

/// The literal of the opcode INT, by which protocols 0 and 1 write booleans too.
fn int(line: &[u8], span: Span) -> Result<Literal, Fault> {
    match line {
        b"00" => Ok(Literal::Bool(false)),
        b"01" => Ok(Literal::Bool(true)),
        _ => digits(line, span),
    }
}

/// An integer by its decimal digits.
fn digits(line: &[u8], span: Span) -> Result<Literal, Fault> {
    let number = line.strip_prefix(b"-").unwrap_or(line);
    let plain = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    if !plain || (number.len() > 1 && number.first() == Some(&b'0')) {
        return Err(format!("an integer expected, not \"{}\"", shown(line)).into());
    }
    let small = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
    Ok(small.map_or(Literal::Digits(span), Literal::Int))
}

/// An integer in two's complement, lowest byte first.
fn long(bytes: &[u8], span: Span) -> Literal {
    let sign = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xFF } else { 0 };
    let mut small = [sign; 8];
    match small.get_mut(..bytes.len()) {
        Some(start) => {
            start.copy_from_slice(bytes);
            Literal::Int(i64::from_le_bytes(small))
        }
        None => Literal::Long(span),
    }
}

/// A float as `repr` writes it.
fn float(line: &[u8]) -> Result<Literal, Fault> {
    let number = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
    number.map(Literal::Float).ok_or_else(|| format!("a float expected, not \"{}\"", shown(line)).into())
}

/// The start of what cannot be read, for a message.
pub(super) fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..40).unwrap_or(bytes).escape_ascii().to_string();
    if bytes.len() > 40 { start + "…" } else { start }
}

fn raw_unescaped(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if bytes.is_ascii() && !bytes.contains(&b'\\') {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let (point, length) = match rest {
            [] => return Ok(Cow::Owned(out)),
            [b'\\', b'u', ..] => (hex(rest, 4)?, 6),
            [b'\\', b'U', ..] => (hex(rest, 8)?, 10),
            // A pair of backslashes takes both, so the second one escapes nothing.
            [b'\\', b'\\', ..] => {
                out.push(b'\\');
                (u32::from(b'\\'), 2)
            }
            [byte, ..] => (u32::from(*byte), 1),
        };
        push(&mut out, point);
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn hex(escape: &[u8], digits: usize) -> Result<u32, Fault> {
    let text = escape.get(2..2 + digits).filter(|text| text.iter().all(u8::is_ascii_hexdigit));
    let point = text
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| u32::from_str_radix(text, 16).ok())
        .filter(|point| *point <= 0x10_FFFF);
    point.ok_or_else(|| "a text with a bad \\u escape".into())
}

/// The inside of a `repr` of Python 2's `str`.
fn unescaped(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if !bytes.contains(&b'\\') {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let (byte, length) = match rest {
            [] => return Ok(Cow::Owned(out)),
            [b'\\', b'x', high, low, ..] => (hex_byte(*high, *low)?, 4),
            [b'\\', b'x', ..] | [b'\\'] => return Err("a text with a bad escape".into()),
            [b'\\', digit @ b'0'..=b'7', ..] => octal(*digit, rest),
            [b'\\', letter, ..] => match escape(*letter) {
                Some(byte) => (byte, 2),
                None => (b'\\', 1),
            },
            [byte, ..] => (*byte, 1),
        };
        out.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn hex_byte(high: u8, low: u8) -> Result<u8, Fault> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => Ok(high << 4 | low),
        _ => Err("a text with a bad \\x escape".into()),
    }
}

fn octal(first: u8, rest: &[u8]) -> (u8, usize) {
    let more = rest.iter().skip(2).take(2).take_while(|byte| matches!(byte, b'0'..=b'7'));
    more.fold((first - b'0', 2), |(value, length), digit| {
        (value.wrapping_shl(3) | (digit - b'0'), length + 1)
    })
}

fn escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'\\' | b'\'' | b'"' => letter,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'v' => 0x0B,
        _ => return None,
    })
}
