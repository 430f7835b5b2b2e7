//! The buffer that values point into, and what was noted about it while it was checked: where
//! long containers end, which long arrays hold nothing but pairs, and in containers of many elements
//! where every 64th stands. With that, skipping and indexing are quick although nothing is parsed
//! into a tree.

use super::reader::{Lexeme, Reader, Token};
use super::scan::{has_more, skip, space};
use super::syntax::{Problem, Syntax};
use smallvec::SmallVec;
use std::sync::Arc;

/// Shorter containers are cheaper to step over than to note.
const LONG: u32 = 64;
/// Elements from one mark to the next.
const STRIDE: u32 = 64;

/// A place in a document: start and end.
pub(crate) type Span = (u32, u32);

/// One element of a container.
pub(crate) struct Element {
    /// The key's span with its quotes, in objects.
    pub(crate) key: Option<Span>,
    /// The value's span.
    pub(crate) value: Span,
}

/// Checked text with its notes. A clone shares both.
#[derive(Clone)]
pub(crate) struct Document {
    text: Arc<[u8]>,
    /// Nothing is noted about most values.
    marked: Option<Arc<Marked>>,
}

/// What was noted about a text.
struct Marked {
    /// The long containers, by start.
    long: Vec<Span>,
    /// Starts of the long arrays whose elements are arrays of two, in order.
    pairs: Vec<u32>,
    /// The containers of more than [`STRIDE`] elements, by start.
    counted: Vec<Counted>,
    /// Starts of every [`STRIDE`]th element of the counted containers.
    marks: Vec<u32>,
}

struct Counted {
    start: u32,
    count: u32,
    first_mark: u32,
}

/// A container that is still open while the document is checked.
struct Open {
    entry: usize,
    array: bool,
    /// Whether every element so far is an array of two.
    pairs: bool,
    count: u32,
    marks: Vec<u32>,
}

impl Document {
    /// Checks that `text` holds one value of the dialect between `start` and `end`, nested at
    /// most `depth` deep. Gives the document and the span of the value.
    pub(crate) fn check(
        text: Arc<[u8]>,
        start: usize,
        end: usize,
        depth: usize,
    ) -> Result<(Self, Span), Syntax> {
        let part = text.get(..end).unwrap_or_default();
        check_utf8(part, start)?;
        let start = space(part, start);
        let mut reader = Reader::new(part, start, depth);
        let marked = if end.saturating_sub(start) > LONG as usize {
            let mut notes = Notes::default();
            while let Some(Lexeme { token, start, end }) = reader.next()? {
                notes.token(token, offset(start)?, offset(end)?);
            }
            notes.marked()
        } else {
            // There is nothing to note about what is short, as most results are.
            while reader.next()?.is_some() {}
            None
        };
        let after = reader.position();
        let rest = space(part, after);
        if rest != end {
            return Err(Syntax::expected(rest, "the end of the text"));
        }
        let span = (offset(start)?, offset(after)?);
        Ok((Self { text, marked }, span))
    }

    /// The value that starts at `start`, where it is a short one without fault. Of others nothing is said,
    /// and nothing is known but by [`Self::check`].
    pub(crate) fn short(text: &Arc<[u8]>, start: usize, depth: usize) -> Option<(Self, Span)> {
        let mut reader = Reader::new(text, start, depth);
        while reader.next().ok()?.is_some() {}
        let end = reader.position();
        if end.saturating_sub(start) > LONG as usize || has_more(text, end) {
            return None;
        }
        check_utf8(text.get(..end)?, start).ok()?;
        Some((Self { text: Arc::clone(text), marked: None }, (offset(start).ok()?, offset(end).ok()?)))
    }

    /// The document `null`.
    pub(crate) fn null() -> (Self, Span) {
        let text: &[u8] = b"null";
        (Self { text: text.into(), marked: None }, (0, 4))
    }

    /// The bytes of a span.
    pub(crate) fn bytes(&self, (start, end): Span) -> &[u8] {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The buffer up to the end of a span, for readers that start inside it.
    pub(crate) fn until(&self, (_, end): Span) -> &[u8] {
        self.text.get(..end as usize).unwrap_or_default()
    }

    /// Whether this is an array of nothing but arrays of two.
    pub(crate) fn is_pairs(&self, span: Span) -> bool {
        if span.1 - span.0 > LONG {
            return self.marked().pairs.binary_search(&span.0).is_ok();
        }
        self.bytes(span).first() == Some(&b'[')
            && Elements::new(span).walk(self).all(|element| self.is_pair(element.value))
    }

    /// Whether this is an array of two.
    fn is_pair(&self, span: Span) -> bool {
        self.bytes(span).first() == Some(&b'[') && Elements::new(span).walk(self).take(3).count() == 2
    }

    /// How many elements the container has.
    pub(crate) fn count(&self, container: Span) -> usize {
        match self.counted(container.0) {
            Some(counted) => counted.count as usize,
            None => Elements::new(container).walk(self).count(),
        }
    }

    /// The elements of a container from `index` on.
    pub(crate) fn elements_from(&self, container: Span, index: usize) -> Elements {
        let mut elements = Elements::new(container);
        let mut left = index;
        if let Some(counted) = self.counted(container.0) {
            let mark = (index / STRIDE as usize).min((counted.count as usize - 1) / STRIDE as usize);
            if let Some(before) = mark.checked_sub(1)
                && let Some(position) = self.marked().marks.get(counted.first_mark as usize + before)
            {
                elements.position = *position;
                left -= mark * STRIDE as usize;
            }
        }
        for _ in 0..left {
            if elements.next(self).is_none() {
                break;
            }
        }
        elements
    }

    /// All that was noted.
    #[cfg(test)]
    #[allow(clippy::type_complexity, reason = "lists to compare")]
    pub(crate) fn all_notes(&self) -> (Vec<Span>, Vec<u32>, Vec<(u32, u32, Vec<u32>)>) {
        let marked = self.marked();
        let marks = |counted: &Counted| {
            let count = (counted.count - 1) / STRIDE;
            let marks = marked.marks.iter().skip(counted.first_mark as usize).take(count as usize);
            (counted.start, counted.count, marks.copied().collect())
        };
        (marked.long.clone(), marked.pairs.clone(), marked.counted.iter().map(marks).collect())
    }

    /// How many long containers and marks were noted.
    #[cfg(test)]
    pub(crate) fn notes(&self) -> (usize, usize) {
        (self.marked().long.len(), self.marked().marks.len())
    }

    fn marked(&self) -> &Marked {
        static NOTHING: Marked =
            Marked { long: Vec::new(), pairs: Vec::new(), counted: Vec::new(), marks: Vec::new() };
        self.marked.as_deref().unwrap_or(&NOTHING)
    }

    fn counted(&self, start: u32) -> Option<&Counted> {
        let counted = &self.marked().counted;
        counted.get(counted.binary_search_by_key(&start, |container| container.start).ok()?)
    }

    /// The end of the value at `position`.
    #[allow(clippy::cast_possible_truncation)] // the document is shorter than 4 GiB
    pub(crate) fn end(&self, position: u32) -> u32 {
        let long = &self.marked().long;
        if let Ok(index) = long.binary_search_by_key(&position, |(start, _)| *start) {
            return long.get(index).map_or(position, |(_, end)| *end);
        }
        skip(&self.text, position as usize).map_or(self.text.len() as u32, |end| end as u32)
    }

    #[allow(clippy::cast_possible_truncation)] // the document is shorter than 4 GiB
    fn space(&self, position: u32) -> u32 {
        space(&self.text, position as usize) as u32
    }
}

/// Where a walk over the elements of a container stands.
#[derive(Clone)]
pub(crate) struct Elements {
    position: u32,
    end: u32,
    object: Option<bool>,
}

impl Elements {
    /// All elements of the array or object with this span.
    pub(crate) fn new((start, end): Span) -> Self {
        Self { position: start + 1, end: end.saturating_sub(1), object: None }
    }

    /// The next element.
    pub(crate) fn next(&mut self, document: &Document) -> Option<Element> {
        let object = *self.object.get_or_insert_with(|| document.text.get(self.end as usize) == Some(&b'}'));
        let start = document.space(self.position);
        if start >= self.end {
            return None;
        }
        let (key, value) = if object {
            let key = (start, document.end(start));
            let colon = document.space(key.1);
            (Some(key), document.space(colon + 1))
        } else {
            (None, start)
        };
        let span = (value, document.end(value));
        let comma = document.space(span.1);
        self.position = comma + 1;
        Some(Element { key, value: span })
    }

    fn walk(mut self, document: &Document) -> impl Iterator<Item = Element> {
        std::iter::from_fn(move || self.next(document))
    }
}

/// Collects the notes while the tokens go by.
#[derive(Default)]
pub(super) struct Notes {
    long: SmallVec<[Span; 8]>,
    pairs: Vec<u32>,
    counted: Vec<Counted>,
    marks: Vec<u32>,
    open: SmallVec<[Open; 4]>,
    after_key: bool,
}

impl Notes {
    /// The checked text with these notes.
    pub(super) fn document(self, text: Arc<[u8]>) -> Document {
        Document { text, marked: self.marked() }
    }

    fn marked(self) -> Option<Arc<Marked>> {
        let Self { long, mut pairs, mut counted, marks, .. } = self;
        pairs.sort_unstable();
        counted.sort_unstable_by_key(|container| container.start);
        let is_marked = !(long.is_empty() && counted.is_empty());
        is_marked.then(|| Arc::new(Marked { long: long.into_vec(), pairs, counted, marks }))
    }

    /// A value of another document goes by, which stands at `start` in this one.
    #[allow(clippy::cast_possible_truncation)] // there are fewer marks than bytes
    pub(super) fn value(&mut self, document: &Document, span: Span, start: u32) {
        self.element(start);
        let moved = |position: u32| position - span.0 + start;
        let marked = document.marked();
        self.long.extend(
            within(&marked.long, |(start, _)| *start, span)
                .iter()
                .map(|(start, end)| (moved(*start), moved(*end))),
        );
        self.pairs.extend(within(&marked.pairs, |start| *start, span).iter().map(|start| moved(*start)));
        for Counted { start, count, first_mark } in within(&marked.counted, |container| container.start, span)
        {
            let marks =
                marked.marks.iter().skip(*first_mark as usize).take((count - 1) as usize / STRIDE as usize);
            let first_mark = self.marks.len() as u32;
            self.marks.extend(marks.map(|mark| moved(*mark)));
            self.counted.push(Counted { start: moved(*start), count: *count, first_mark });
        }
        self.closed(document.is_pair(span));
    }

    pub(super) fn token(&mut self, token: Token, start: u32, end: u32) {
        match token {
            Token::ArrayEnd | Token::ObjectEnd => {
                let pair = self.close(end);
                self.closed(pair);
            }
            Token::Key => {
                self.element(start);
                self.after_key = true;
            }
            _ => {
                if !std::mem::take(&mut self.after_key) {
                    self.element(start);
                }
                if matches!(token, Token::ArrayStart | Token::ObjectStart) {
                    let (entry, array) = (self.long.len(), token == Token::ArrayStart);
                    self.open.push(Open { entry, array, pairs: array, count: 0, marks: Vec::new() });
                    self.long.push((start, 0));
                } else {
                    self.closed(false);
                }
            }
        }
    }

    fn element(&mut self, start: u32) {
        if let Some(open) = self.open.last_mut() {
            if open.count > 0 && open.count.is_multiple_of(STRIDE) {
                open.marks.push(start);
            }
            open.count += 1;
        }
    }

    /// An element ended; `pair` tells whether it is an array of two.
    fn closed(&mut self, pair: bool) {
        if let Some(open) = self.open.last_mut() {
            open.pairs &= pair;
        }
    }

    /// Ends the innermost container; tells whether it was an array of two.
    #[allow(clippy::cast_possible_truncation)] // there are fewer marks than bytes
    fn close(&mut self, end: u32) -> bool {
        let Some(Open { entry, array, pairs, count, marks }) = self.open.pop() else { return false };
        let Some(span) = self.long.get_mut(entry) else { return false };
        let start = span.0;
        if end - start > LONG {
            span.1 = end;
            if pairs {
                self.pairs.push(start);
            }
        } else {
            // What is inside a short container is short too, so this entry is the last one.
            self.long.truncate(entry);
        }
        if !marks.is_empty() {
            self.counted.push(Counted { start, count, first_mark: self.marks.len() as u32 });
            self.marks.extend(marks);
        }
        array && count == 2
    }
}

/// Whether the text is UTF-8 from `start` on.
fn check_utf8(text: &[u8], start: usize) -> Result<(), Syntax> {
    let text = text.get(start..).unwrap_or_default();
    // Which most is, and which takes fewer steps to see.
    if text.is_ascii() {
        return Ok(());
    }
    let not_utf8 = |position| Syntax { position, problem: Problem::NotUtf8 };
    std::str::from_utf8(text).map(|_| ()).map_err(|error| not_utf8(start + error.valid_up_to()))
}

/// Those of a sorted list that begin inside a span.
fn within<T>(all: &[T], start: impl Fn(&T) -> u32, span: Span) -> &[T] {
    let from = all.partition_point(|one| start(one) < span.0);
    let to = all.partition_point(|one| start(one) < span.1);
    all.get(from..to).unwrap_or_default()
}

/// A place in a document.
pub(super) fn offset(position: usize) -> Result<u32, Syntax> {
    u32::try_from(position).map_err(|_| Syntax { position, problem: Problem::TooLarge })
}
