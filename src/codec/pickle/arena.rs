//! The values of a pickle as nodes that refer to each other by number: sixteen bytes each, texts as
//! spans of the pickle. A value that the pickle refers to twice is one node, and a value may be part
//! of itself; whoever walks the nodes has to expect both.

use super::budget::Budget;
use super::cursor::{Fault, Place};
use super::heap::{Heap, Shape, Slot};
use super::literal::{self, Literal};
use crate::codec::limits::Bounds;
use std::ops::RangeInclusive;

/// A node.
pub(super) type Ref = u32;

/// No node, no run, no more.
const NOTHING: u32 = u32::MAX;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    /// A value without parts
    Literal(Literal),
    /// A tuple, list, dict, set or frozenset
    Group { shape: Shape, chain: Chain },
    /// A class or function by its name; the parts are texts
    Name { module: Ref, name: Ref, python2: bool },
    /// What a call would make
    Call(Call),
}

const _: () = assert!(size_of::<Node>() == 16, "a node has grown");

/// An object: the call that would have made it, and what was done to it then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Call {
    /// The class or function
    pub(super) callee: Ref,
    /// A tuple
    pub(super) args: Ref,
    more: u32,
}

/// The rarer parts of an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct More {
    /// Keyword arguments
    pub(super) kwargs: Option<Ref>,
    /// What `__setstate__` or `__dict__` would get
    pub(super) state: Option<Ref>,
    /// What was appended or added
    pub(super) items: Chain,
    /// What was set as keys and values
    pub(super) entries: Chain,
}

/// The elements of a group: runs of nodes in `links`, each after its successor and its length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chain {
    first: u32,
    last: u32,
}

/// An empty one.
impl Default for Chain {
    fn default() -> Self {
        Self { first: NOTHING, last: NOTHING }
    }
}

/// All values of one pickle.
pub(super) struct Arena<'a> {
    pickle: &'a [u8],
    budget: Budget,
    nodes: Vec<Node>,
    links: Vec<u32>,
    more: Vec<More>,
}

/// The nodes that every arena begins with: values that cost one byte or two in a pickle.
const NONE: Ref = 0;
const FALSE: Ref = 1;
const TRUE: Ref = 2;
const EMPTY_TUPLE: Ref = 3;
const ZERO: Ref = 4;
const SMALL: RangeInclusive<i64> = 0..=255;

impl<'a> Arena<'a> {
    /// No values yet.
    pub(super) fn new(pickle: &'a [u8], bounds: &Bounds) -> Self {
        let mut nodes: Vec<Node> =
            [Literal::None, Literal::Bool(false), Literal::Bool(true)].map(Node::Literal).into();
        nodes.push(Node::Group { shape: Shape::Tuple, chain: Chain::default() });
        nodes.extend(SMALL.map(Literal::Int).map(Node::Literal));
        let budget = Budget::new(bounds);
        Self { pickle, budget, nodes, links: Vec::new(), more: Vec::new() }
    }

    /// The bytes that spans are of.
    pub(super) fn pickle(&self) -> &'a [u8] {
        self.pickle
    }

    /// A node.
    pub(super) fn node(&self, node: Ref) -> Node {
        self.nodes.get(node as usize).copied().unwrap_or(Node::Literal(Literal::None))
    }

    /// The rarer parts of an object.
    pub(super) fn more(&self, call: Call) -> More {
        self.more.get(call.more as usize).copied().unwrap_or_default()
    }

    /// The elements of a group.
    pub(super) fn walk(&self, chain: Chain) -> Walk {
        let mut walk = Walk::default();
        walk.enter(self, chain.first);
        walk
    }

    /// The elements of a group as an iterator.
    pub(super) fn elements(&self, chain: Chain) -> impl Iterator<Item = Ref> + '_ {
        let mut walk = self.walk(chain);
        std::iter::from_fn(move || walk.next(self))
    }

    /// The elements of a tuple.
    pub(super) fn tuple(&self, node: Ref) -> Option<Chain> {
        match self.node(node) {
            Node::Group { shape: Shape::Tuple, chain } => Some(chain),
            _ => None,
        }
    }

    fn add(&mut self, node: Node) -> Result<Ref, Fault> {
        let number = number(self.nodes.len())?;
        self.budget.push(&mut self.nodes, node)?;
        Ok(number)
    }

    fn append(&mut self, chain: Chain, items: &[Ref]) -> Result<Chain, Fault> {
        if items.is_empty() {
            return Ok(chain);
        }
        let (count, end) = (number(items.len())?, self.links.len());
        self.budget.room(&mut self.links, items.len() + 2)?;
        number(end + items.len() + 2)?;
        let last = chain.last as usize;
        if let Some(length) = self.links.get_mut(last.saturating_add(1))
            && last + 2 + *length as usize == end
        {
            *length += count;
            self.links.extend_from_slice(items);
            return Ok(chain);
        }
        let run = number(end)?;
        self.links.extend([NOTHING, count]);
        self.links.extend_from_slice(items);
        if let Some(next) = self.links.get_mut(last) {
            *next = run;
        }
        Ok(Chain { first: if chain.first == NOTHING { run } else { chain.first }, last: run })
    }

    /// The rarer parts of an object, to be changed; `None` where the node is no object.
    fn more_of(&mut self, node: Ref) -> Result<Option<&mut More>, Fault> {
        let Some(Node::Call(call)) = self.nodes.get_mut(node as usize) else { return Ok(None) };
        if call.more == NOTHING {
            call.more = number(self.more.len())?;
            self.budget.push(&mut self.more, More::default())?;
        }
        Ok(self.more.get_mut(call.more as usize))
    }
}

impl Heap for Arena<'_> {
    type Ref = Ref;

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn literal(&mut self, _: Place, literal: Literal) -> Result<Ref, Fault> {
        match literal {
            Literal::None => Ok(NONE),
            Literal::Bool(false) => Ok(FALSE),
            Literal::Bool(true) => Ok(TRUE),
            Literal::Int(small) if SMALL.contains(&small) => {
                Ok(ZERO + u32::try_from(small).unwrap_or_default())
            }
            _ => self.add(Node::Literal(literal::classified(literal, self.pickle))),
        }
    }

    fn group(&mut self, shape: Shape, items: &[Ref]) -> Result<Ref, Fault> {
        if shape == Shape::Tuple && items.is_empty() {
            return Ok(EMPTY_TUPLE);
        }
        let chain = self.append(Chain::default(), items)?;
        self.add(Node::Group { shape, chain })
    }

    fn extend(&mut self, target: Ref, slot: Slot, items: &[Ref]) -> Result<(), Fault> {
        match (self.node(target), slot) {
            (Node::Group { shape: shape @ Shape::List, chain }, Slot::Items)
            | (Node::Group { shape: shape @ Shape::Map, chain }, Slot::Entries)
            | (Node::Group { shape: shape @ Shape::Set, chain }, Slot::Members) => {
                let chain = self.append(chain, items)?;
                if let Some(node) = self.nodes.get_mut(target as usize) {
                    *node = Node::Group { shape, chain };
                }
                Ok(())
            }
            (Node::Call(call), _) => {
                let More { items: old_items, entries: old_entries, .. } = self.more(call);
                let entries = slot == Slot::Entries;
                let chain = self.append(if entries { old_entries } else { old_items }, items)?;
                if let Some(more) = self.more_of(target)? {
                    *(if entries { &mut more.entries } else { &mut more.items }) = chain;
                }
                Ok(())
            }
            _ => Err("elements are put into a value that has none of this kind".into()),
        }
    }

    fn name(&mut self, module: Ref, name: Ref, python2: bool) -> Result<Ref, Fault> {
        let text = |node: Ref| matches!(self.node(node), Node::Literal(Literal::Text(..)));
        if text(module) && text(name) {
            self.add(Node::Name { module, name, python2 })
        } else {
            Err("the name of a class must be text".into())
        }
    }

    fn call(&mut self, callee: Ref, args: Ref, kwargs: Option<Ref>) -> Result<Ref, Fault> {
        if !matches!(self.node(callee), Node::Name { .. } | Node::Call(_)) {
            return Err("what is called is no class or function".into());
        }
        if self.tuple(args).is_none() {
            return Err("the arguments of an object must be a tuple".into());
        }
        let object = self.add(Node::Call(Call { callee, args, more: NOTHING }))?;
        if kwargs.is_some()
            && let Some(more) = self.more_of(object)?
        {
            more.kwargs = kwargs;
        }
        Ok(object)
    }

    /// Of two states the last one counts.
    fn build(&mut self, target: Ref, state: Ref) -> Result<(), Fault> {
        match self.more_of(target)? {
            Some(more) => {
                more.state = Some(state);
                Ok(())
            }
            None => Err("a state is given to a value that is no object".into()),
        }
    }
}

/// A place among the elements of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    at: u32,
    left: u32,
    run: u32,
}

/// The end.
impl Default for Walk {
    fn default() -> Self {
        Self { at: 0, left: 0, run: NOTHING }
    }
}

impl Walk {
    /// The next element.
    pub(super) fn next(&mut self, arena: &Arena<'_>) -> Option<Ref> {
        while self.left == 0 {
            let next = *arena.links.get(self.run as usize)?;
            self.enter(arena, next);
        }
        let element = *arena.links.get(self.at as usize)?;
        self.at += 1;
        self.left -= 1;
        Some(element)
    }

    fn enter(&mut self, arena: &Arena<'_>, run: u32) {
        let length = (run as usize).checked_add(1).and_then(|place| arena.links.get(place));
        *self = length.map_or_else(Self::default, |length| Self { at: run + 2, left: *length, run });
    }
}

fn number(count: usize) -> Result<u32, Fault> {
    u32::try_from(count)
        .ok()
        .filter(|number| *number != NOTHING)
        .ok_or_else(|| "more values than can be counted".into())
}
