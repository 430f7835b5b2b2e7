//! Arrays that are put together from values which were checked before: their texts are copied, and
//! what was noted about them is moved along, so that nothing is read twice.

use super::{
    Value,
    document::{Notes, offset},
    reader::Token,
    syntax::Syntax,
};
use crate::model::{Result, Status};

/// An array in the making, with arrays in it to any depth.
#[derive(Default)]
pub(crate) struct Assembly {
    text: Vec<u8>,
    notes: Notes,
    /// Where it became too large; nothing is added any more.
    too_large: Option<Syntax>,
}

impl Assembly {
    /// Begins an array; the first one is the whole.
    pub(crate) fn open(&mut self) {
        self.separate();
        self.bracket(b'[', Token::ArrayStart);
    }

    /// Ends the innermost array.
    pub(crate) fn close(&mut self) {
        self.bracket(b']', Token::ArrayEnd);
    }

    /// Appends a value to the innermost array.
    pub(crate) fn push(&mut self, value: &Value) {
        self.separate();
        self.append(value.bytes(), |notes, start, _| notes.value(&value.document, value.span, start));
    }

    /// The array, once every array has ended; `what` names it.
    pub(crate) fn finish(self, what: &str) -> Result<Value> {
        let end = self.too_large.map_or_else(|| offset(self.text.len()), Err);
        let end = end.map_err(|syntax| syntax.error(what, Status::TooLarge))?;
        Ok(Value { document: self.notes.document(self.text.into()), span: (0, end) })
    }

    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'[')) {
            self.append(b", ", |_, _, _| ());
        }
    }

    fn bracket(&mut self, bracket: u8, token: Token) {
        self.append(&[bracket], |notes, start, end| notes.token(token, start, end));
    }

    fn append(&mut self, text: &[u8], note: impl FnOnce(&mut Notes, u32, u32)) {
        if self.too_large.is_some() {
            return;
        }
        let start = self.text.len();
        match (offset(start), offset(start.saturating_add(text.len()))) {
            (Ok(start), Ok(end)) => {
                self.text.extend_from_slice(text);
                note(&mut self.notes, start, end);
            }
            (Err(syntax), _) | (_, Err(syntax)) => self.too_large = Some(syntax),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(json: &str) -> Value {
        Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap()
    }

    fn assembled(make: impl FnOnce(&mut Assembly)) -> Value {
        let mut assembly = Assembly::default();
        assembly.open();
        make(&mut assembly);
        assembly.close();
        assembly.finish("it").unwrap()
    }

    #[test]
    fn what_is_assembled_has_the_notes_of_what_is_read() {
        let long = format!("[{}]", vec!["[1, [\"a\", null]]"; 200].join(", "));
        let members: Vec<String> = ["1", "\"é\\ud800\"", "[]", "{\"a\": [1, 2]}", "[1, 2]", &long]
            .iter()
            .flat_map(|text| [text.to_string(), format!("{{\"k\": {long}, \"l\": {text}}}")])
            .collect();
        // Taken from inside a larger document, as results are from records.
        let inner: Vec<Value> = members
            .iter()
            .map(|json| value(&format!("{{\"status\": [{long}], \"result\": {json}}}")).get(1).unwrap())
            .collect();
        for count in [0, 1, 2, 12, 300] {
            let some: Vec<&Value> = inner.iter().cycle().take(count).collect();
            let made = assembled(|assembly| {
                for value in &some {
                    assembly.push(value);
                }
                assembly.open();
                for value in &some {
                    assembly.push(value);
                }
                assembly.close();
            });
            let read = value(made.json());
            assert_eq!(made.document.all_notes(), read.document.all_notes(), "{count}");
            assert_eq!(made.span, read.span);
            let texts: Vec<_> = some.iter().map(|value| value.json()).collect();
            let nested = format!("[{}]", texts.join(", "));
            let whole = texts.into_iter().chain([nested.as_str()]).collect::<Vec<_>>().join(", ");
            assert_eq!(made.json(), format!("[{whole}]"));
        }
    }

    #[test]
    fn pairs_are_known_also_where_they_are_assembled() {
        let pair = value("[1, 2]");
        let pairs = assembled(|assembly| (0..40).for_each(|_| assembly.push(&pair)));
        assert!(pairs.document.is_pairs(pairs.span));
        let others = assembled(|assembly| (0..40).for_each(|_| assembly.push(&value("[1]"))));
        assert!(!others.document.is_pairs(others.span));
    }
}
