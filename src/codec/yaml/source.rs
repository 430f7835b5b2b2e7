//! The text of a record. Python allows escapes of lone surrogates (`"\ud800"`) and `PyYAML` writes
//! them; the parser's text is Rust's and cannot hold them. So they stand in for by characters of a
//! private plane that the record does not use, and are put back where text is taken out.

use crate::model::{Error, Result, Status};
use memchr::memmem;
use std::borrow::Cow;

/// Planes of private use, by the last digit but four of their escapes.
const PLANES: [(u32, &str); 2] = [(0x10_0000, "10"), (0x0F_0000, "0F")];

/// The text as the parser gets it.
pub(super) struct Source<'a> {
    text: Cow<'a, str>,
    stand_in: Option<StandIn>,
}

/// What surrogates were replaced by: the same character of another plane.
#[derive(Clone, Copy)]
pub(super) struct StandIn {
    plane: u32,
    digits: &'static str,
}

impl<'a> Source<'a> {
    /// Checks that the bytes are text.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let message = format!("the yaml record at byte {}: UTF-8 expected", error.valid_up_to());
            Error::new(Status::Decode, message)
        })?;
        if let Some((position, bad)) = text.char_indices().find(|(_, character)| !is_allowed(*character)) {
            let message = format!(
                "the yaml record at byte {position}: an escape instead of U+{:04X} expected",
                u32::from(bad)
            );
            return Err(Error::new(Status::Decode, message));
        }
        if !surrogates(text).any(|_| true) {
            return Ok(Self { text: Cow::Borrowed(text), stand_in: None });
        }
        let stand_in = PLANES
            .into_iter()
            .map(|(plane, digits)| StandIn { plane, digits })
            .find(|stand_in| !stand_in.is_used(text))
            .ok_or_else(|| {
                let message =
                    "the yaml record has lone surrogates beside characters of both planes of private use";
                Error::new(Status::Decode, message)
            })?;
        Ok(Self { text: Cow::Owned(stand_in.replace(text)), stand_in: Some(stand_in) })
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands in for surrogates.
    pub(super) fn stand_in(&self) -> Option<StandIn> {
        self.stand_in
    }
}

impl StandIn {
    /// A text of the record with its surrogates, in UTF-8's scheme.
    pub(super) fn restore(self, text: &str) -> Vec<u8> {
        // Where a backslash is no escape, the text has it back as it was.
        let text = text.replace(&self.escape('D'), "\\uD").replace(&self.escape('d'), "\\ud");
        let mut out = Vec::with_capacity(text.len());
        for character in text.chars() {
            let point = u32::from(character);
            match point.checked_sub(self.plane) {
                Some(unit @ 0xD800..=0xDFFF) => {
                    let bits = |shift: u32| u8::try_from(unit >> shift & 0x3F).unwrap_or_default() | 0x80;
                    out.extend([0xED, bits(6), bits(0)]);
                }
                _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out
    }

    /// The start of the escape of a stand-in, in the case of the surrogate's own.
    fn escape(self, d: char) -> String {
        format!("\\U00{}{d}", self.digits)
    }

    fn is_used(self, text: &str) -> bool {
        let escape = self.escape('D').into_bytes();
        text.chars().any(|character| {
            u32::from(character).checked_sub(self.plane).is_some_and(|unit| (0xD800..=0xDFFF).contains(&unit))
        }) || text.as_bytes().windows(escape.len()).any(|part| part.eq_ignore_ascii_case(&escape))
    }

    fn replace(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 2);
        let mut after = 0;
        for at in surrogates(text) {
            out.push_str(text.get(after..at).unwrap_or_default());
            out.push_str(&self.escape(if text.get(at + 2..at + 3) == Some("d") { 'd' } else { 'D' }));
            after = at + 3;
        }
        out.push_str(text.get(after..).unwrap_or_default());
        out
    }
}

/// The places of `\uD800` to `\uDFFF`, whose backslash is not one that is escaped itself.
fn surrogates(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    let is_escape = |at: usize| {
        let before = bytes.get(..at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count().is_multiple_of(2)
    };
    memmem::find_iter(bytes, b"\\u").filter(move |at| {
        let is_surrogate = matches!(
            bytes.get(at + 2..at + 6),
            Some([b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', rest @ ..])
                if rest.iter().all(u8::is_ascii_hexdigit)
        );
        is_surrogate && is_escape(*at)
    })
}

/// What `yaml.reader.Reader` lets pass.
fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{1_0000}'..='\u{10_ffff}'
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn surrogates_go_and_come_back() {
        let source = Source::new(br#"["\ud83D\uDE00", \uDFFF, "\ud7ff\ue000\\udabc\\\udabc"]"#).unwrap();
        assert_eq!(
            source.text(),
            r#"["\U0010d83D\U0010DE00", \U0010DFFF, "\ud7ff\ue000\\udabc\\\U0010dabc"]"#
        );
        let stand_in = source.stand_in().unwrap();
        assert_eq!(stand_in.restore("\u{10D83D}a\u{10DE00}"), b"\xED\xA0\xBDa\xED\xB8\x80");
        assert_eq!(stand_in.restore(r"\U0010DFFF\U0010dfff"), br"\uDFFF\udfff");
        assert!(Source::new(br#""\ud7ff\ue000""#).unwrap().stand_in().is_none());
    }

    #[test]
    fn a_plane_in_use_is_left_alone() {
        for used in ["\u{10D800}", r"\U0010DFFF", r"\U0010dfff"] {
            let source = Source::new_of(&format!(r#""\ud800{used}""#));
            assert_eq!(source.stand_in().unwrap().plane, 0x0F_0000);
        }
        assert!(Source::new(r#""\ud800\U0010dfff\U000FD800""#.as_bytes()).is_err());
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a: \0", "a: \u{7f}", "a: \u{9f}", "a: \u{ffff}", "a: \u{1b}"] {
            assert!(Source::new(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Source::new("\u{feff}a: \u{85}\t\r\n😀".as_bytes()).is_ok());
        assert!(Source::new(b"a: \xff").is_err());
    }

    impl Source<'static> {
        fn new_of(text: &str) -> Self {
            let source = Source::new(text.as_bytes()).unwrap();
            Self { text: Cow::Owned(source.text.into_owned()), stand_in: source.stand_in }
        }
    }
}
