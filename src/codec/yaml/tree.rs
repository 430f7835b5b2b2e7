//! The parts of a record in the order in which they stand, each with the place behind it, so that a
//! part can be stepped over and written again where an alias names it. Aliases name what stands
//! before them and is complete, so nothing holds itself.

use super::events::{Events, Part};
use super::merge::{Merged, Merges};
use super::shape::Shape;
use super::source::{Source, StandIn};
use crate::codec::limits::Bounds;
use crate::codec::transcript::MOST_REFUSED;
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
    /// The maps that merge others, with all their pairs.
    merged: HashMap<u32, Vec<Merged>>,
    stand_in: Option<StandIn>,
    /// The parts of the record that cannot be read, by their places.
    refused: Vec<(u32, Error)>,
}

impl<'a> Tree<'a> {
    /// Reads all parts; keeps no more of them than the record may become.
    pub(super) fn read(source: &'a Source<'_>, bounds: &'a Bounds) -> Result<Self> {
        let tree = Self {
            nodes: Vec::new(),
            merged: HashMap::new(),
            stand_in: source.stand_in(),
            refused: Vec::new(),
        };
        let most = (bounds.grown / size_of::<Node<'_>>()).min(u32::MAX as usize - 1);
        let mut builder = Builder {
            events: Events::new(source, bounds),
            tree,
            merges: Merges::new(bounds),
            bounds,
            room: (most, bounds.outgrown()),
            anchors: HashMap::new(),
            open: Vec::new(),
            part: None,
            before_value: false,
        };
        while let Some(part) = builder.next()? {
            if let Err(error) = builder.take(part) {
                builder.refuse(error)?;
            }
        }
        Ok(builder.tree)
    }

    /// Why the part of the record at a place cannot be read.
    pub(super) fn refusal(&self, place: u32) -> Error {
        let found = self.refused.iter().find(|(refused, _)| *refused == place);
        found.map_or_else(unknown, |(_, error)| error.clone())
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
        match self.merged(map) {
            Some(merged) => Pairs::Merged(merged.iter()),
            None => self.own_pairs(map),
        }
    }

    /// The pairs of a map that merges others.
    pub(super) fn merged(&self, map: u32) -> Option<&[Merged]> {
        self.merged.get(&map).map(Vec::as_slice)
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
}

/// A tree in the making.
struct Builder<'a> {
    events: Events<'a>,
    tree: Tree<'a>,
    merges: Merges,
    /// How deep parts may be nested.
    bounds: &'a Bounds,
    /// How many parts may be kept, and the error where there are more.
    room: (usize, Error),
    anchors: HashMap<usize, u32>,
    /// The lists and maps that are still open.
    open: Vec<u32>,
    /// The part of the record that is being read: the value of a key.
    part: Option<u32>,
    /// Whether a key of the record has come whose value has not.
    before_value: bool,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<Part<'a>>> {
        let part = self.events.next()?;
        Ok(if matches!(part, Part::End) { None } else { Some(part) })
    }

    fn take(&mut self, part: Part<'a>) -> Result<()> {
        let place = self.tree.len()?;
        if self.open.len() == 1 {
            let is_value = std::mem::take(&mut self.before_value);
            let is_key = !is_value && !matches!(part, Part::Close) && self.tree.node(0).shape == Shape::Map;
            self.before_value = is_key;
            self.part = is_value.then_some(place);
        }
        let (node, anchor) = match part {
            Part::End => return Ok(()),
            Part::Close => {
                let start = self.open.pop();
                return start.map_or(Ok(()), |start| self.close(start, place));
            }
            Part::Alias(anchor) => {
                let end = *self.anchors.get(&anchor).ok_or_else(unknown)?;
                if self.tree.node(end).end == 0 {
                    let message = "the yaml record has an alias inside of what it names";
                    return Err(Error::new(Status::Decode, message));
                }
                (Node { text: Cow::Borrowed(""), end, shape: Shape::Alias }, 0)
            }
            Part::Scalar { text, shape, anchor } => (Node { text, end: place + 1, shape }, anchor),
            Part::Seq { shape, anchor } | Part::Map { shape, anchor } => {
                self.open.push(place);
                if self.open.len() > self.bounds.depth {
                    return Err(self.bounds.too_deep());
                }
                (Node { text: Cow::Borrowed(""), end: 0, shape }, anchor)
            }
        };
        if node.shape == Shape::Foreign
            && let Some(error) = self.events.foreign()
        {
            return Err(error);
        }
        if self.tree.nodes.len() >= self.room.0 {
            return Err(self.room.1.clone());
        }
        if anchor != 0 {
            self.anchors.insert(anchor, place);
        }
        self.tree.nodes.push(node);
        Ok(())
    }

    fn close(&mut self, start: u32, end: u32) -> Result<()> {
        if let Some(node) = self.tree.nodes.get_mut(start as usize) {
            node.end = end;
        }
        if self.tree.node(start).shape.is_map() {
            self.tree.name_default_keys(start);
            if let Some(pairs) = self.merges.pairs(&self.tree, start)? {
                self.tree.merged.insert(start, pairs);
            }
        }
        Ok(())
    }

    /// Leaves out the part of the record that is being read, and reads over the rest of it.
    fn refuse(&mut self, error: Error) -> Result<()> {
        let Some(start) = self.part.take().filter(|_| self.tree.refused.len() < MOST_REFUSED) else {
            return Err(error);
        };
        let mut depth = self.open.len().saturating_sub(1);
        while depth > 0 {
            match self.next()? {
                Some(Part::Seq { .. } | Part::Map { .. }) => depth += 1,
                Some(Part::Close) => depth -= 1,
                Some(_) => {}
                None => break,
            }
        }
        self.open.truncate(1);
        self.anchors.retain(|_, place| *place < start);
        self.tree.merged.retain(|map, _| *map < start);
        self.tree.nodes.truncate(start as usize);
        self.tree.nodes.push(Node { text: Cow::Borrowed(""), end: start + 1, shape: Shape::Refused });
        self.tree.refused.push((start, error));
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
