//! One key of a record that is JSON text: where it stands, and its value. Kept for every record that
//! a handle remembers, so it is small.

use super::value::text;
use std::ops::Range;

/// A place in a text.
type Place = (u32, u32);

/// Where a key (with its quotes) and its value stand.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    key: Place,
    value: Place,
    /// Whether the key is spelled without escapes, as Celery's are.
    plain: bool,
}

impl Field {
    /// A key, `plain` where it is spelled without escapes. `None` where the text is too large for places
    /// of this size.
    pub(crate) fn new(key: &Range<usize>, plain: bool, value: &Range<usize>) -> Option<Self> {
        let place =
            |range: &Range<usize>| Some((u32::try_from(range.start).ok()?, u32::try_from(range.end).ok()?));
        Some(Self { key: place(key)?, value: place(value)?, plain })
    }

    /// Whether the key is this name.
    pub(crate) fn is(&self, text: &[u8], name: &str) -> bool {
        if !self.plain {
            return *text::wtf8(self.key(text)) == *name.as_bytes();
        }
        // With its quotes; most are known by their length not to be it.
        (self.key.1 - self.key.0) as usize == name.len().saturating_add(2)
            && matches!(self.key(text), [_, key @ .., _] if key == name.as_bytes())
    }

    /// The key with its quotes.
    pub(crate) fn key<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        bytes(text, self.key)
    }

    /// The value.
    pub(crate) fn value<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        bytes(text, self.value)
    }

    /// Where the value stands.
    pub(crate) fn place(&self) -> Range<usize> {
        self.value.0 as usize..self.value.1 as usize
    }
}

fn bytes(text: &[u8], (start, end): Place) -> &[u8] {
    text.get(start as usize..end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_known_however_they_are_spelled() {
        for (inner, is_it) in [
            ("status", true),
            ("st\\u0061tus", true),
            ("status\\n", false),
            ("statu\\n", false),
            ("Status", false),
            ("stat", false),
            ("", false),
        ] {
            let text = format!("{{\"{inner}\": 1}}");
            let key = 1..inner.len() + 3;
            let plain = !inner.contains('\\');
            let field = Field::new(&key, plain, &(key.end + 2..key.end + 3)).unwrap();
            assert_eq!(field.is(text.as_bytes(), "status"), is_it, "{text}");
            assert_eq!(field.value(text.as_bytes()), b"1");
        }
    }
}
