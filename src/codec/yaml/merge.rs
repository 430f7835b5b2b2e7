//! Merge keys: `<<: *base` and `<<: [*one, *two]` (`SafeConstructor.flatten_mapping`). A map's pairs
//! are made when the map is complete, when everything that it merges is complete too.

use super::shape::Shape;
use super::tree::{Node, Pairs, Tree};
use crate::codec::limits::Bounds;
use crate::model::{Error, Result, Status};
use std::collections::{HashMap, hash_map::Entry};

/// A key and its value, by their places.
pub(super) type Merged = (u32, u32);

/// What looking at a pair counts as against the size that a record may grow to, beside its key's text,
/// which is hashed and compared.
const COST: usize = 16;

/// Makes the pairs of maps that merge others, as long as there is something to spend.
pub(super) struct Merges {
    left: usize,
    too_much: Error,
}

impl Merges {
    /// Within these bounds.
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self { left: bounds.grown, too_much: bounds.outgrown() }
    }

    /// The pairs of a map that is now complete, where it merges others.
    pub(super) fn pairs(&mut self, tree: &Tree<'_>, map: u32) -> Result<Option<Vec<Merged>>> {
        if !Walk::new(tree, map).any(|(key, _)| tree.at(key).1.shape == Shape::Merge) {
            return Ok(None);
        }
        let mut made = Made::default();
        for (key, value) in Walk::new(tree, map) {
            if tree.at(key).1.shape == Shape::Merge {
                self.merge(tree, value, &mut made)?;
            }
        }
        for (key, value) in Walk::new(tree, map) {
            if tree.at(key).1.shape != Shape::Merge {
                self.add(tree, (key, value), &mut made)?;
            }
        }
        Ok(Some(made.pairs))
    }

    /// Adds the pairs of a map, or of a list of maps, of which the first counts.
    fn merge<'a>(&mut self, tree: &'a Tree<'_>, value: u32, made: &mut Made<'a>) -> Result<()> {
        let (place, node) = tree.at(value);
        if node.shape.is_map() {
            return self.merge_map(tree, place, made);
        }
        if !node.shape.is_list() {
            return Err(unmergeable());
        }
        let mut maps = Vec::new();
        let mut next = place + 1;
        while next < node.end {
            let (map, inside) = tree.at(next);
            if !inside.shape.is_map() {
                return Err(unmergeable());
            }
            maps.push(map);
            self.spend(COST)?;
            next = tree.after(next);
        }
        maps.into_iter().rev().try_for_each(|map| self.merge_map(tree, map, made))
    }

    fn merge_map<'a>(&mut self, tree: &'a Tree<'_>, map: u32, made: &mut Made<'a>) -> Result<()> {
        match tree.merged(map) {
            Some(pairs) => pairs.iter().try_for_each(|pair| self.add(tree, *pair, made)),
            None => Walk::new(tree, map).try_for_each(|pair| self.add(tree, pair, made)),
        }
    }

    fn add<'a>(&mut self, tree: &'a Tree<'_>, pair: Merged, made: &mut Made<'a>) -> Result<()> {
        let key = tree.at(pair.0).1;
        self.spend(key.text.len().saturating_add(COST))?;
        made.add(key, pair);
        Ok(())
    }

    fn spend(&mut self, cost: usize) -> Result<()> {
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.too_much.clone()),
        }
    }
}

/// Pairs in the making. Of equal keys the first gives the place and the last the value, as in a
/// Python dict.
#[derive(Default)]
struct Made<'a> {
    pairs: Vec<Merged>,
    places: HashMap<(Shape, &'a str), usize>,
}

impl<'a> Made<'a> {
    fn add(&mut self, key: &'a Node<'_>, pair: Merged) {
        if key.shape.is_scalar() {
            match self.places.entry((key.shape, &key.text)) {
                Entry::Vacant(entry) => _ = entry.insert(self.pairs.len()),
                Entry::Occupied(entry) => {
                    if let Some(known) = self.pairs.get_mut(*entry.get()) {
                        known.1 = pair.1;
                    }
                    return;
                }
            }
        }
        self.pairs.push(pair);
    }
}

/// The pairs of a map as they stand there.
struct Walk<'a, 'b> {
    tree: &'a Tree<'b>,
    pairs: Pairs<'a>,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(tree: &'a Tree<'b>, map: u32) -> Self {
        Self { tree, pairs: tree.own_pairs(map) }
    }
}

impl Iterator for Walk<'_, '_> {
    type Item = Merged;

    fn next(&mut self) -> Option<Merged> {
        self.pairs.next(self.tree)
    }
}

fn unmergeable() -> Error {
    Error::new(Status::Decode, "the yaml record at \"<<\": a map or a list of maps to merge expected")
}
