//! The values of a pickle as JSON text, worked off from a stack: values may be shared or part of
//! themselves, and the text's bounds of size and nesting end what would not end otherwise.

use super::arena::{Arena, Chain, Node, Ref, Walk};
use super::cursor::Span;
use super::heap::Shape;
use super::literal::{Decoded, Literal, Spelling, decoded};
use super::objects::{self, Meaning, Pairs, meaning};
use super::{exceptions, integers, machine, outline};
use crate::codec::limits::{Bounds, Subject};
use crate::codec::transcript::{Part, Transcript};
use crate::codec::transcription::Transcription;
use crate::model::value::python::json_float;
use crate::model::{Error, Result, State, Status};
use std::borrow::Cow;

/// A pickled record as JSON text.
pub(super) fn text(pickle: &[u8], bounds: &Bounds) -> Result<Transcription> {
    let mut arena = Arena::new(pickle, bounds);
    let root = match machine::run(pickle, &mut arena) {
        Ok(root) => root,
        Err(error) if error.status() == Status::TooLarge => {
            drop(arena);
            return outline::texts(pickle, bounds, error);
        }
        Err(error) => return Err(error),
    };
    let out = Transcript::new(bounds, pickle.len());
    let mut render = Render { arena: &arena, out, steps: vec![Step::Record(root)], part: None };
    while let Some(step) = render.steps.pop() {
        if let Err(error) = render.step(step) {
            render.refuse(error)?;
        }
    }
    Ok(render.out.finish())
}

/// A text in the making.
pub(super) struct Render<'a> {
    pub(super) arena: &'a Arena<'a>,
    pub(super) out: Transcript<'a>,
    steps: Vec<Step>,
    /// The part of the record that is being written, and how many steps come after it.
    part: Option<(Part, usize)>,
}

/// What is still to be written.
pub(super) enum Step {
    /// The outermost map
    Record(Ref),
    Value(Ref),
    /// The `result` of a task that did not succeed: exceptions as Celery's map
    Outcome(Ref),
    Elements(Walk),
    /// Keys and values of the record; of one that did not succeed
    Parts(Pairs, bool),
    /// Keys and values of an object
    Members(Pairs),
    /// Keys and values as arrays of two
    Pairs(Pairs),
    Null,
    Integer(i64),
    Text(String),
    TypedText(&'static str, String),
    Key(&'static str),
    OpenTyped(&'static str),
    OpenArray,
    OpenObject,
    CloseTyped,
    CloseArray,
    CloseObject,
    /// The end of a group or object
    Leave(Ref),
}

impl<'a> Render<'a> {
    fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Record(node) => self.record(node),
            Step::Value(node) => self.value(node),
            Step::Outcome(node) => self.outcome(node),
            Step::Elements(mut walk) => {
                if let Some(element) = walk.next(self.arena) {
                    self.steps.extend([Step::Elements(walk), Step::Value(element)]);
                }
                Ok(())
            }
            Step::Parts(pairs, failed) => self.next_part(pairs, failed),
            Step::Members(pairs) => self.member(pairs),
            Step::Pairs(mut pairs) => {
                if let Some((key, value)) = pairs.next(self.arena) {
                    self.plan([
                        Step::OpenArray,
                        Step::Value(key),
                        Step::Value(value),
                        Step::CloseArray,
                        Step::Pairs(pairs),
                    ]);
                }
                Ok(())
            }
            Step::Null => self.out.null(),
            Step::Integer(number) => self.out.integer(&number.to_string()),
            Step::Text(text) => self.out.text(text.as_bytes()),
            Step::TypedText(name, text) => self.out.typed_text(name, &text),
            Step::Key(key) => self.out.key(key.as_bytes()),
            Step::OpenTyped(name) => self.out.open_typed(name),
            Step::OpenArray => self.out.open_array(),
            Step::OpenObject => self.out.open_object(),
            Step::CloseTyped => self.out.close_typed(),
            Step::CloseArray => self.out.close_array(),
            Step::CloseObject => self.out.close_object(),
            Step::Leave(_) => Ok(()),
        }
    }

    /// Writes these next, the first one first.
    pub(super) fn plan(&mut self, steps: impl IntoIterator<Item = Step, IntoIter: DoubleEndedIterator>) {
        self.steps.extend(steps.into_iter().rev());
    }

    fn record(&mut self, node: Ref) -> Result<()> {
        let Node::Group { shape: Shape::Map, chain } = self.arena.node(node) else { return self.value(node) };
        let mut pairs = Pairs::of(self.arena, chain);
        let mut state = None;
        while let Some((key, value)) = pairs.next(self.arena) {
            if objects::is_text(self.arena, key, "status") {
                state = Some(value);
            }
        }
        let state = state.and_then(|state| objects::text(self.arena, state));
        let failed = state.is_some_and(|state| State::from_name(&state).is_exception());
        let pairs = Pairs::of(self.arena, chain);
        if !self.has_plain_keys(pairs) {
            let message = format!("{} has a key that is neither text nor a number", self.subject());
            return Err(Error::new(Status::Decode, message));
        }
        self.steps.push(Step::Leave(node));
        self.plan([Step::OpenObject, Step::Parts(pairs, failed), Step::CloseObject]);
        Ok(())
    }

    fn value(&mut self, node: Ref) -> Result<()> {
        match self.arena.node(node) {
            Node::Literal(literal) => self.literal(literal),
            Node::Group { shape, chain } => {
                self.steps.push(Step::Leave(node));
                match shape {
                    Shape::Map => self.map(Pairs::of(self.arena, chain)),
                    _ => self.group(shape, chain),
                }
                Ok(())
            }
            Node::Name { module, name, python2 } => {
                let (module, name) = objects::renamed(self.arena, module, name, python2)
                    .ok_or_else(|| bad_name(self.subject()))?;
                self.out.typed_text("name", &format!("{module}.{name}"))
            }
            Node::Call(call) => {
                self.steps.push(Step::Leave(node));
                self.meaning(meaning(self.arena, node, call))
            }
        }
    }

    /// What is no exception stays what it is.
    fn outcome(&mut self, node: Ref) -> Result<()> {
        let Node::Call(call) = self.arena.node(node) else { return self.value(node) };
        self.steps.push(Step::Leave(node));
        let exception = match meaning(self.arena, node, call) {
            Meaning::Exception(exception) => exception,
            Meaning::Object(object) => exceptions::exception(self.arena, object),
            other => return self.meaning(other),
        };
        self.exception(exception);
        Ok(())
    }

    fn literal(&mut self, literal: Literal) -> Result<()> {
        let pickle = self.arena.pickle();
        match literal {
            Literal::None => self.out.null(),
            Literal::Bool(value) => self.out.boolean(value),
            Literal::Float(value) => self.out.float(value),
            Literal::Bytes(span) => self.out.bytes(span.of(pickle)),
            Literal::Text(span, spelling) => match self.decoded(span, spelling)? {
                Decoded::Text(text) => self.out.text(&text),
                Decoded::Bytes(bytes) => self.out.bytes(&bytes),
            },
            Literal::Int(number) => self.out.integer(&number.to_string()),
            Literal::Digits(span) => self.out.integer(&String::from_utf8_lossy(span.of(pickle))),
            Literal::Long(span) => self.out.integer(&self.long(span)?),
        }
    }

    /// A list, tuple, set or frozenset.
    pub(super) fn group(&mut self, shape: Shape, chain: Chain) {
        let array = [Step::OpenArray, Step::Elements(self.arena.walk(chain)), Step::CloseArray];
        let name = match shape {
            Shape::Set => "set",
            Shape::FrozenSet => "frozenset",
            _ => return self.plan(array),
        };
        self.steps.push(Step::CloseTyped);
        self.plan(array);
        self.steps.push(Step::OpenTyped(name));
    }

    /// A dict: an object where all keys can be keys of one.
    pub(super) fn map(&mut self, pairs: Pairs) {
        if self.has_plain_keys(pairs) {
            self.plan([Step::OpenObject, Step::Members(pairs), Step::CloseObject]);
        } else {
            self.plan([
                Step::OpenTyped("map"),
                Step::OpenArray,
                Step::Pairs(pairs),
                Step::CloseArray,
                Step::CloseTyped,
            ]);
        }
    }

    /// The next key and value of the record.
    fn next_part(&mut self, mut pairs: Pairs, failed: bool) -> Result<()> {
        self.part = None;
        let Some((key, value)) = pairs.next(self.arena) else { return Ok(()) };
        self.key(key)?;
        self.steps.push(Step::Parts(pairs, failed));
        self.part = Some((self.out.part(), self.steps.len()));
        let outcome = failed && objects::is_text(self.arena, key, "result");
        self.steps.push(if outcome { Step::Outcome(value) } else { Step::Value(value) });
        Ok(())
    }

    /// Leaves out the part that is being written; what is between the parts is the record's own.
    fn refuse(&mut self, error: Error) -> Result<()> {
        let error = self.explained(error);
        let Some((part, steps)) = self.part.take() else { return Err(error) };
        self.steps.truncate(steps);
        self.out.refuse(part, error)
    }

    fn member(&mut self, mut pairs: Pairs) -> Result<()> {
        let Some((key, value)) = pairs.next(self.arena) else { return Ok(()) };
        self.key(key)?;
        self.steps.extend([Step::Members(pairs), Step::Value(value)]);
        Ok(())
    }

    fn key(&mut self, key: Ref) -> Result<()> {
        let Node::Literal(literal) = self.arena.node(key) else { return Ok(()) };
        let key = self.key_text(literal)?;
        self.out.key(&key)
    }

    fn has_plain_keys(&self, mut pairs: Pairs) -> bool {
        std::iter::from_fn(|| pairs.next(self.arena)).all(|(key, _)| match self.arena.node(key) {
            Node::Literal(Literal::Bytes(_) | Literal::Text(_, Spelling::QuotedBytes)) => false,
            Node::Literal(_) => true,
            _ => false,
        })
    }

    /// The error, or that a value is part of itself where that is why.
    fn explained(&self, error: Error) -> Error {
        let mut open: Vec<Ref> = self
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Leave(node) => Some(*node),
                _ => None,
            })
            .collect();
        open.sort_unstable();
        let recursive = open.windows(2).any(|pair| pair.first() == pair.last());
        if recursive && matches!(error.status(), Status::TooDeep | Status::TooLarge) {
            let message =
                format!("{} is recursive, a value is part of itself: {}", self.subject(), error.message());
            return Error::new(error.status(), message);
        }
        error
    }

    /// A key as `json.dumps` spells it.
    fn key_text(&self, literal: Literal) -> Result<Cow<'a, [u8]>> {
        let pickle = self.arena.pickle();
        Ok(match literal {
            Literal::Text(span, spelling) => match self.decoded(span, spelling)? {
                Decoded::Text(text) | Decoded::Bytes(text) => text,
            },
            Literal::Bytes(span) | Literal::Digits(span) => Cow::Borrowed(span.of(pickle)),
            Literal::None => Cow::Borrowed(b"null"),
            Literal::Bool(true) => Cow::Borrowed(b"true"),
            Literal::Bool(false) => Cow::Borrowed(b"false"),
            Literal::Int(number) => Cow::Owned(number.to_string().into_bytes()),
            Literal::Long(span) => Cow::Owned(self.long(span)?.into_bytes()),
            Literal::Float(number) => Cow::Owned(json_float(number).into_owned().into_bytes()),
        })
    }

    fn long(&self, span: Span) -> Result<String> {
        let bytes = span.of(self.arena.pickle());
        integers::decimal(bytes).ok_or_else(|| {
            let (subject, bits) = (self.subject(), bytes.len() * 8);
            let message =
                format!("{subject} holds an integer of {bits} bits; 32768 are the most that is read");
            Error::new(Status::TooLarge, message)
        })
    }

    fn decoded(&self, span: Span, spelling: Spelling) -> Result<Decoded<'a>> {
        decoded(span.of(self.arena.pickle()), spelling).map_err(|fault| {
            Error::new(Status::Decode, format!("{}, a pickle, holds {fault}", self.subject()))
        })
    }

    fn subject(&self) -> Subject {
        self.out.subject()
    }
}

fn bad_name(subject: Subject) -> Error {
    Error::new(Status::Decode, format!("{subject}, a pickle, holds a class whose name is not text"))
}
