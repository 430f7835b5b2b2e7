//! The parts of a record in the order in which they stand, each with the place behind it, so that a
//! part can be stepped over and written again where an alias names it. Aliases name what stands
//! before them and is complete, so nothing holds itself.

use super::events::{Events, Part};
use super::merge::{Merged, Merges};
use super::shape::Shape;
use super::source::{Source, StandIn};
use crate::codec::Limits;
use crate::model::{Error, Result, Status};
use std::borrow::Cow;
use std::collections::HashMap;

/// One part.
pub(super) struct Node<'a> {
    /// The text of a scalar.
    pub(super) text: Cow<'a, str>,
    /// The place behind it and all that is inside it; of an alias the part that it names.
    pub(super) end: u32,
    pub(super) shape: Shape,
}

/// The parts of a record.
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    merges: Merges,
    stand_in: Option<StandIn>,
}

impl<'a> Tree<'a> {
    /// Reads all parts; keeps no more of them than a record of `stored` bytes may become.
    pub(super) fn read(source: &'a Source<'_>, stored: usize, limits: &Limits) -> Result<Self> {
        let most = (limits.grown(stored) / size_of::<Node<'_>>()).min(u32::MAX as usize - 1);
        let mut events = Events::new(source, limits.depth);
        let mut tree =
            Self { nodes: Vec::new(), merges: Merges::new(limits, stored), stand_in: source.stand_in() };
        let mut anchors = HashMap::new();
        let mut open: Vec<u32> = Vec::new();
        loop {
            let place = tree.len()?;
            let (node, anchor) = match events.next()? {
                Part::End => break,
                Part::Close => {
                    if let Some(start) = open.pop() {
                        tree.close(start, place)?;
                    }
                    continue;
                }
                Part::Alias(anchor) => {
                    let end = *anchors.get(&anchor).ok_or_else(unknown)?;
                    if tree.node(end).end == 0 {
                        let message = "the yaml record has an alias inside of what it names";
                        return Err(Error::new(Status::Decode, message));
                    }
                    (Node { text: Cow::Borrowed(""), end, shape: Shape::Alias }, 0)
                }
                Part::Scalar { text, shape, anchor } => (Node { text, end: place + 1, shape }, anchor),
                Part::Seq { shape, anchor } | Part::Map { shape, anchor } => {
                    open.push(place);
                    (Node { text: Cow::Borrowed(""), end: 0, shape }, anchor)
                }
            };
            if tree.nodes.len() >= most {
                return Err(limits.outgrown(stored));
            }
            if anchor != 0 {
                anchors.insert(anchor, place);
            }
            tree.nodes.push(node);
        }
        Ok(tree)
    }

    /// The part at a place, whatever an alias names there.
    pub(super) fn at(&self, place: u32) -> (u32, &Node<'a>) {
        let node = self.node(place);
        match node.shape {
            Shape::Alias => (node.end, self.node(node.end)),
            _ => (place, node),
        }
    }

    /// The place behind the part at a place.
    pub(super) fn after(&self, place: u32) -> u32 {
        let node = self.node(place);
        if node.shape == Shape::Alias { place + 1 } else { node.end }
    }

    /// The pairs of a map, keys and values by their places, with what is merged into it.
    pub(super) fn pairs(&self, map: u32) -> Pairs<'_> {
        match self.merges.of(map) {
            Some(merged) => Pairs::Merged(merged.iter()),
            None => self.own_pairs(map),
        }
    }

    /// The pairs of a map as they stand there.
    pub(super) fn own_pairs(&self, map: u32) -> Pairs<'_> {
        Pairs::Own { next: map + 1, end: self.node(map).end }
    }

    /// What stands in for surrogates in the texts.
    pub(super) fn stand_in(&self) -> Option<StandIn> {
        self.stand_in
    }

    /// Whether there is no part at all.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn node(&self, place: u32) -> &Node<'a> {
        const NONE: &Node<'static> = &Node { text: Cow::Borrowed(""), end: u32::MAX, shape: Shape::Null };
        self.nodes.get(place as usize).unwrap_or(NONE)
    }

    fn len(&self) -> Result<u32> {
        u32::try_from(self.nodes.len())
            .map_err(|_| Error::new(Status::TooLarge, "the yaml record is too large"))
    }

    /// As a key, a plain `=` is a text.
    fn name_default_keys(&mut self, map: u32) {
        let mut pairs = Pairs::Own { next: map + 1, end: self.node(map).end };
        while let Some((key, _)) = pairs.next(self) {
            let (place, node) = self.at(key);
            if node.shape == Shape::Default
                && let Some(node) = self.nodes.get_mut(place as usize)
            {
                node.shape = Shape::Text;
            }
        }
    }

    fn close(&mut self, start: u32, end: u32) -> Result<()> {
        if let Some(node) = self.nodes.get_mut(start as usize) {
            node.end = end;
        }
        if self.node(start).shape.is_map() {
            self.name_default_keys(start);
            let mut merges = std::mem::take(&mut self.merges);
            let done = merges.close(self, start);
            self.merges = merges;
            done?;
        }
        Ok(())
    }
}

/// Walks the pairs of a map.
pub(super) enum Pairs<'a> {
    /// As they stand there
    Own { next: u32, end: u32 },
    /// With what is merged
    Merged(std::slice::Iter<'a, Merged>),
}

impl Pairs<'_> {
    /// The next key and its value.
    pub(super) fn next(&mut self, tree: &Tree<'_>) -> Option<(u32, u32)> {
        match self {
            Self::Own { next, end } if *next < *end => {
                let (key, value) = (*next, tree.after(*next));
                *next = tree.after(value);
                Some((key, value))
            }
            Self::Own { .. } => None,
            Self::Merged(pairs) => pairs.next().copied(),
        }
    }
}

fn unknown() -> Error {
    Error::new(Status::Decode, "the yaml record has an alias without its anchor")
}
