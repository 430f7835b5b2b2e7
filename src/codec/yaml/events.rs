//! The parser's events as the parts of one document, each with its shape.

use super::resolve;
use super::shape::Shape;
use super::source::Source;
use crate::codec::limits::Bounds;
use crate::model::{Error, Result, Status};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use std::borrow::Cow;

/// Longest key without `?`. `PyYAML` reads 1024 characters, but writes up to 128 that may take ten each.
const LONGEST_KEY: usize = 2048;

/// The parser gives up on deeper nesting only, so that a value that is too deep to be read hides
/// neither the state nor the other parts.
const DEEPEST: usize = 100_000;

/// One part. An anchor is 0 where there is none.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// A scalar
    Scalar { text: Cow<'a, str>, shape: Shape, anchor: usize },
    /// A list begins
    Seq { shape: Shape, anchor: usize },
    /// A map begins
    Map { shape: Shape, anchor: usize },
    /// A list or map ends
    Close,
    /// The part of this anchor once more
    Alias(usize),
    /// The document ends
    End,
}

/// Gives the parts in order.
pub(super) struct Events<'a> {
    parser: Parser<'a, StrInput<'a>>,
    bounds: &'a Bounds,
    documents: usize,
    foreign: Option<Error>,
}

impl<'a> Events<'a> {
    /// The parts of a text. Those that are nested deeper than the bounds are given too, up to where the
    /// parser gives up.
    pub(super) fn new(source: &'a Source<'_>, bounds: &'a Bounds) -> Self {
        let nesting = bounds.depth.max(DEEPEST);
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: nesting,
            block_nesting_limit: nesting,
            simple_key_max_lookahead: LONGEST_KEY,
            block_scalar_eof_without_line_feed: true,
        };
        let parser = Parser::new_from_str_with_options(source.text(), options);
        Self { parser, bounds, documents: 0, foreign: None }
    }

    /// What is wrong with the tag of the part that was given last, where its shape is foreign.
    pub(super) fn foreign(&mut self) -> Option<Error> {
        self.foreign.take()
    }

    /// The next part.
    pub(super) fn next(&mut self) -> Result<Part<'a>> {
        loop {
            let event = match self.parser.next_event() {
                None => return Ok(Part::End),
                Some(Err(error)) => return Err(self.broken(&error)),
                Some(Ok((event, _))) => event,
            };
            return Ok(match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain;
                    let shape = shape(tag.as_deref(), "a scalar", Shape::is_scalar, |tagged| {
                        if tagged || plain { resolve::plain(&text) } else { Shape::Text }
                    });
                    Part::Scalar { shape: self.known(shape), text, anchor }
                }
                Event::SequenceStart(_, anchor, tag) => {
                    let shape = shape(tag.as_deref(), "a list", Shape::is_list, |_| Shape::Seq);
                    Part::Seq { shape: self.known(shape), anchor }
                }
                Event::MappingStart(_, anchor, tag) => {
                    let shape = shape(tag.as_deref(), "a map", Shape::is_map, |_| Shape::Map);
                    Part::Map { shape: self.known(shape), anchor }
                }
                Event::SequenceEnd | Event::MappingEnd => Part::Close,
                Event::Alias(anchor) => Part::Alias(anchor),
                Event::StreamEnd => Part::End,
                Event::DocumentStart(..) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        let message = "the yaml record has more than one document";
                        return Err(Error::new(Status::Decode, message));
                    }
                    continue;
                }
                _ => continue,
            });
        }
    }

    fn known(&mut self, shape: Result<Shape>) -> Shape {
        shape.unwrap_or_else(|error| {
            self.foreign = Some(error);
            Shape::Foreign
        })
    }

    fn broken(&self, error: &ScanError) -> Error {
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.bounds.too_deep();
        }
        let (line, column) = (error.marker().line(), error.marker().col() + 1);
        let message = format!("the yaml record at line {line}, column {column}: {}", error.info());
        Error::new(Status::Decode, message)
    }
}

/// The shape that a tag names, or the one that a part has without; the tag `!` leaves the choice to
/// how the part is spelled, even where that is in quotes.
fn shape(
    tag: Option<&Tag>,
    what: &str,
    fits: impl FnOnce(Shape) -> bool,
    without: impl FnOnce(bool) -> Shape,
) -> Result<Shape> {
    let Some(tag) = tag else { return Ok(without(false)) };
    let known = tag.suffix_in_namespace("tag:yaml.org,2002:");
    match Shape::tagged(tag.handle(), tag.suffix(), known)? {
        None => Ok(without(true)),
        Some(shape) if fits(shape) => Ok(shape),
        Some(_) => {
            Err(Error::new(Status::Decode, format!("the yaml record: {what} has the tag of something else")))
        }
    }
}
