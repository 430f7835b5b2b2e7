//! The lexical layer of JSON in Python's dialect: where text, numbers and whole values end. Two
//! strengths: the checked steps that [`super::reader`] builds on, and [`skip`], which goes by
//! brackets and quotes alone.

use super::syntax::Syntax;

/// The first position at or after `position` that holds no JSON white space.
#[inline]
pub(crate) fn space(text: &[u8], mut position: usize) -> usize {
    while matches!(text.get(position), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        position += 1;
    }
    position
}

/// How many bytes stand before the first that is not plain in a text: a quote, a backslash or a control
/// character. Eight at a time, which serves the short texts of records better than a vectorised search.
fn plain_length(rest: &[u8]) -> usize {
    let (words, last) = rest.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(at) = first_special(*word) {
            return index * 8 + at;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\') || *byte < 0x20;
    words.len() * 8 + last.iter().position(is_special).unwrap_or(last.len())
}

/// Where the first of these bytes is that is not plain in a text.
#[inline]
fn first_special(word: [u8; 8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 0xFF;
    const HIGHEST: u64 = EACH * 0x80;
    // Sets the highest bit of the bytes that are less than `bound`; above the first of them it may set
    // others.
    let less = |word: u64, bound: u64| word.wrapping_sub(EACH * bound) & !word & HIGHEST;
    let word = u64::from_le_bytes(word);
    let quote = less(word ^ (EACH * u64::from(b'"')), 1);
    let backslash = less(word ^ (EACH * u64::from(b'\\')), 1);
    let special = quote | backslash | less(word, 0x20);
    (special != 0).then(|| special.trailing_zeros() as usize / 8)
}

/// The end of the text whose opening quote is at `position`, where it is plain and of at most seven
/// bytes, as most keys are.
#[inline]
fn short_text(text: &[u8], position: usize) -> Option<usize> {
    let start = position + 1;
    let at = start + first_special(*text.get(start..)?.first_chunk()?)?;
    (text.get(at) == Some(&b'"')).then_some(at + 1)
}

/// The end of the text whose opening quote is at `position`, by quotes and backslashes alone.
#[inline]
pub(crate) fn skip_text(text: &[u8], position: usize) -> Result<usize, Syntax> {
    short_text(text, position).map_or_else(|| skip_long_text(text, position), Ok)
}

fn skip_long_text(text: &[u8], position: usize) -> Result<usize, Syntax> {
    let mut at = position + 1;
    loop {
        at += plain_length(text.get(at..).unwrap_or_default());
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return Err(Syntax::expected(text.len(), "the end of a text (\")")),
        }
    }
}

/// The end of the value that starts at `position`, by brackets and quotes alone: enough to find
/// the keys of a record around a value that cannot be read, and exact for checked text.
pub(crate) fn skip(text: &[u8], position: usize) -> Result<usize, Syntax> {
    match text.get(position) {
        Some(b'"') => skip_text(text, position),
        Some(b'[' | b'{') => skip_container(text, position),
        _ => {
            let rest = text.get(position..).unwrap_or_default();
            let length = rest.iter().position(|byte| !is_in(&BARE, *byte)).unwrap_or(rest.len());
            if length == 0 { Err(Syntax::expected(position, "a value")) } else { Ok(position + length) }
        }
    }
}

/// Whether a number or a word that is thought to end at `position` goes on there.
pub(crate) fn has_more(text: &[u8], position: usize) -> bool {
    text.get(position).is_some_and(|byte| is_in(&BARE, *byte))
}

/// What numbers and words are made of, with room for words nobody knows.
const BARE: [bool; 256] = table(b"+-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/// What a container is stepped over by.
const BRACKETS: [bool; 256] = table(b"\"[]{}");

/// True for these bytes.
#[allow(clippy::indexing_slicing, reason = "done by the compiler, which finds out")]
const fn table(bytes: &[u8]) -> [bool; 256] {
    let (mut table, mut index) = ([false; 256], 0);
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
}

fn is_in(table: &[bool; 256], byte: u8) -> bool {
    table.get(usize::from(byte)) == Some(&true)
}

fn skip_container(text: &[u8], position: usize) -> Result<usize, Syntax> {
    let is_bracket = |byte: &u8| is_in(&BRACKETS, *byte);
    let mut depth = 0_usize;
    let mut at = position;
    while let Some(found) = text.get(at..).and_then(|rest| rest.iter().position(is_bracket)) {
        at += found;
        match text.get(at) {
            Some(b'"') => {
                at = skip_text(text, at)?;
                continue;
            }
            Some(b'[' | b'{') => depth += 1,
            _ => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
        }
        at += 1;
    }
    Err(Syntax::expected(text.len(), "the end of an array or object"))
}

/// The end of the text whose opening quote is at `position`; escapes are checked as Python's
/// strict decoder does, lone surrogates pass.
#[inline]
pub(crate) fn checked_text(text: &[u8], position: usize) -> Result<usize, Syntax> {
    checked_spelling(text, position).map(|(end, _)| end)
}

/// The same, and whether the text is spelled without escapes.
#[inline]
pub(crate) fn checked_spelling(text: &[u8], position: usize) -> Result<(usize, bool), Syntax> {
    short_text(text, position).map_or_else(|| checked_long_text(text, position), |end| Ok((end, true)))
}

fn checked_long_text(text: &[u8], position: usize) -> Result<(usize, bool), Syntax> {
    let (mut at, mut plain) = (position + 1, true);
    loop {
        at += plain_length(text.get(at..).unwrap_or_default());
        match text.get(at) {
            Some(b'"') => return Ok((at + 1, plain)),
            Some(b'\\') => (at, plain) = (checked_escape(text, at)?, false),
            Some(_) => return Err(Syntax::expected(at, "an escape instead of a control character")),
            None => return Err(Syntax::expected(at, "the end of a text (\")")),
        }
    }
}

/// The end of the escape whose backslash is at `position`.
fn checked_escape(text: &[u8], position: usize) -> Result<usize, Syntax> {
    match text.get(position + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(position + 2),
        Some(b'u') => {
            let digits = text.get(position + 2..position + 6).unwrap_or_default();
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit) {
                Ok(position + 6)
            } else {
                Err(Syntax::expected(position, "\\u with four hexadecimal digits"))
            }
        }
        _ => Err(Syntax::expected(position, "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")),
    }
}

/// The end of the number that starts at `position`, and whether it is an integer.
pub(crate) fn checked_number(text: &[u8], position: usize) -> Result<(usize, bool), Syntax> {
    let mut at = position + usize::from(text.get(position) == Some(&b'-'));
    let first = at;
    at = digits(text, at);
    if at == first {
        return Err(Syntax::expected(at, "a digit"));
    }
    if text.get(first) == Some(&b'0') && at > first + 1 {
        return Err(Syntax::expected(first + 1, "no digit after a leading zero"));
    }
    let mut integer = true;
    if text.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits(text, fraction);
        if at == fraction {
            return Err(Syntax::expected(at, "a digit"));
        }
        integer = false;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let exponent = at + 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits(text, exponent);
        if at == exponent {
            return Err(Syntax::expected(at, "a digit"));
        }
        integer = false;
    }
    Ok((at, integer))
}

fn digits(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn skip_finds_the_end() {
        for (text, end) in
            [(r#""a\"b",1"#, 6), (r#"[1,"]",[2]] "#, 11), ("{\"a\":{}}", 8), ("-Infinity,", 9), ("1e+5]", 4)]
        {
            assert_eq!(skip(text.as_bytes(), 0), Ok(end), "{text}");
        }
        for text in ["", ",", "\"", "\"\\", "[", "[\"]", "{\"a\":[}"] {
            assert!(skip(text.as_bytes(), 0).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_found_wherever_it_stands() {
        let odd = |byte: u8| matches!(byte, b'"' | b'\\') || byte < 0x20;
        for length in 0..40_usize {
            for byte in 0..=u8::MAX {
                for at in 0..length {
                    let mut text = vec![b'x'; length];
                    *text.get_mut(at).unwrap() = byte;
                    // Behind the first one anything may stand.
                    for other in text.iter_mut().skip(at + 1).step_by(3) {
                        *other = if odd(byte) { byte ^ 1 } else { 0xFF };
                    }
                    let expected = text.iter().position(|byte| odd(*byte)).unwrap_or(length);
                    assert_eq!(plain_length(&text), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_follow_the_grammar() {
        for (text, integer) in [("0", true), ("-0", true), ("12", true), ("1.0", false), ("1E5", false)] {
            assert_eq!(checked_number(text.as_bytes(), 0), Ok((text.len(), integer)), "{text}");
        }
        for text in ["-", "01", "1.", "1e", "1e+", ".5", "+1"] {
            assert!(checked_number(text.as_bytes(), 0).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes_are_checked() {
        for text in [r#""\u00e9\/\"""#, r#""\ud800""#, "\"\u{7f}\u{e9}\""] {
            assert_eq!(checked_text(text.as_bytes(), 0), Ok(text.len()), "{text}");
        }
        for text in [r#""\x""#, r#""\u12"#, r#""\u12g4""#, "\"\n\"", "\"a", "\"a\\"] {
            assert!(checked_text(text.as_bytes(), 0).is_err(), "{text}");
        }
    }
}
