//! A record of yaml as JSON text.

use super::scalar::{Scalar, is_plain_key};
use super::shape::Shape;
use super::source::Source;
use super::tree::{Node, Pairs, Tree};
use crate::codec::limits::Bounds;
use crate::codec::transcript::{Part, Transcript};
use crate::codec::transcription::Transcription;
use crate::model::{Error, Result, Status};

/// What of a container is still to come.
enum Open<'a> {
    /// The elements of a list.
    Elements { next: u32, end: u32 },
    /// The maps of one pair each of a list of pairs.
    SinglePairs { next: u32, end: u32 },
    /// The pairs of an object.
    Object(Pairs<'a>),
    /// The pairs of a map that is written as an array of pairs.
    PairArray(Pairs<'a>),
    /// The keys of a set.
    Keys(Pairs<'a>),
    /// A pair as an array: the value is still to come, or nothing.
    Pair(Option<u32>),
}

/// The record as JSON text.
pub(in crate::codec) fn text(bytes: &[u8], bounds: &Bounds) -> Result<Transcription> {
    let source = Source::new(bytes)?;
    let tree = Tree::read(&source, bounds)?;
    let mut out = Transcript::new(bounds, bytes.len());
    if tree.is_empty() {
        out.null()?;
        return Ok(out.finish());
    }
    let mut writer = Writer { tree: &tree, out, open: Vec::new(), part: None };
    let mut next = Ok(Some(0));
    loop {
        next = match next {
            Ok(Some(place)) => writer.part(place).and_then(|()| writer.advance()),
            Ok(None) => return Ok(writer.out.finish()),
            Err(error) => {
                writer.refuse(error)?;
                writer.advance()
            }
        };
    }
}

struct Writer<'a, 'b> {
    tree: &'a Tree<'b>,
    out: Transcript<'a>,
    open: Vec<Open<'a>>,
    /// The part of the record that is being written.
    part: Option<Part>,
}

impl Writer<'_, '_> {
    /// Writes a scalar, or opens a container.
    fn part(&mut self, place: u32) -> Result<()> {
        let (place, node) = self.tree.at(place);
        match node.shape {
            Shape::Seq => {
                self.out.open_array()?;
                self.open.push(Open::Elements { next: place + 1, end: node.end });
            }
            Shape::Pairs => {
                self.out.open_array()?;
                self.open.push(Open::SinglePairs { next: place + 1, end: node.end });
            }
            Shape::Set => {
                self.out.open_typed("set")?;
                self.out.open_array()?;
                self.open.push(Open::Keys(self.tree.pairs(place)));
            }
            Shape::Map if self.has_plain_keys(place) => {
                self.out.open_object()?;
                self.open.push(Open::Object(self.tree.pairs(place)));
            }
            Shape::Map => {
                self.out.open_typed("map")?;
                self.out.open_array()?;
                self.open.push(Open::PairArray(self.tree.pairs(place)));
            }
            Shape::Refused => return Err(self.tree.refusal(place)),
            _ => self.scalar(node)?.write(&mut self.out)?,
        }
        Ok(())
    }

    /// Leaves out the part that is being written; what is between the parts is the record's own.
    fn refuse(&mut self, error: Error) -> Result<()> {
        let Some(part) = self.part.take() else { return Err(error) };
        self.open.truncate(1);
        self.out.refuse(part, error)
    }

    /// Closes what is complete and gives the part that comes next.
    fn advance(&mut self) -> Result<Option<u32>> {
        loop {
            let is_record = self.open.len() == 1;
            let Some(top) = self.open.last_mut() else { return Ok(None) };
            if is_record {
                self.part = None;
            }
            match top {
                Open::Elements { next, end } if *next < *end => {
                    let place = *next;
                    *next = self.tree.after(place);
                    return Ok(Some(place));
                }
                Open::SinglePairs { next, end } if *next < *end => {
                    let map = *next;
                    *next = self.tree.after(map);
                    let (key, value) = single_pair(self.tree, map)?;
                    return self.pair(key, value);
                }
                Open::Object(pairs) => {
                    if let Some((key, value)) = pairs.next(self.tree) {
                        let node = self.tree.at(key).1;
                        self.key(node)?;
                        self.part = self.part.or_else(|| is_record.then(|| self.out.part()));
                        return Ok(Some(value));
                    }
                    self.out.close_object()?;
                }
                Open::PairArray(pairs) => {
                    if let Some((key, value)) = pairs.next(self.tree) {
                        return self.pair(key, value);
                    }
                    self.out.close_array()?;
                    self.out.close_typed()?;
                }
                Open::Keys(pairs) => {
                    if let Some((key, _)) = pairs.next(self.tree) {
                        return Ok(Some(key));
                    }
                    self.out.close_array()?;
                    self.out.close_typed()?;
                }
                Open::Pair(value) => {
                    if let Some(value) = value.take() {
                        return Ok(Some(value));
                    }
                    self.out.close_array()?;
                }
                Open::Elements { .. } | Open::SinglePairs { .. } => self.out.close_array()?,
            }
            self.open.pop();
        }
    }

    fn pair(&mut self, key: u32, value: u32) -> Result<Option<u32>> {
        self.out.open_array()?;
        self.open.push(Open::Pair(Some(value)));
        Ok(Some(key))
    }

    fn key(&mut self, node: &Node<'_>) -> Result<()> {
        self.scalar(node)?.write_key(&mut self.out)
    }

    fn scalar<'c>(&self, node: &'c Node<'_>) -> Result<Scalar<'c>> {
        Scalar::read(node.shape, &node.text, self.tree.stand_in())
    }

    fn has_plain_keys(&self, map: u32) -> bool {
        let mut pairs = self.tree.pairs(map);
        while let Some((key, _)) = pairs.next(self.tree) {
            if !is_plain_key(self.tree.at(key).1.shape) {
                return false;
            }
        }
        true
    }
}

/// The pair of a map that has just one.
fn single_pair(tree: &Tree<'_>, map: u32) -> Result<(u32, u32)> {
    let (place, node) = tree.at(map);
    let mut pairs = tree.own_pairs(place);
    match (node.shape.is_map(), pairs.next(tree), pairs.next(tree)) {
        (true, Some(pair), None) => Ok(pair),
        _ => {
            Err(Error::new(Status::Decode, "the yaml record: a map of one pair expected in a list of pairs"))
        }
    }
}
